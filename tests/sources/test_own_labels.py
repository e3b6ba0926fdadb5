"""JSON of people's own that has labels or tags: its severity, title and id are read, and it is no alert of an API."""

from __future__ import annotations

from typing import Any

import pytest

QUEUE = {
    "title": "Queue is long",
    "message": "12000 waiting",
    "severity": "critical",
    "labels": {"service": "q"},
    "status": "firing",
    "dedup_key": "9",
}


def test_labels_beside_a_title_are_labels_of_own_json(one: Any) -> None:
    fired, ended = one(QUEUE), one({**QUEUE, "status": "resolved"})
    assert (fired.source, fired.state_key, ended.state_key) == ("custom", "json:9", "json:9")
    assert (fired.labels["severity"], fired.labels["service"]) == ("critical", "q")
    assert fired.annotations["summary"] == "Queue is long"
    assert fired.annotations["description"].startswith("12000 waiting")
    assert ended.status == "resolved"


@pytest.mark.parametrize(
    ("message", "severity", "summary"),
    [
        ({"description": "12000 jobs wait", "severity": "critical"}, "critical", "12000 jobs wait"),
        ({"text": "12000 jobs wait", "severity": "high", "endsAt": "2026-11-20T08:50:00Z"}, "error", "12000 jobs wait"),
        ({"title": "Alert", "severity": "critical"}, "critical", "Alert"),
        ({"severity": "critical"}, "critical", "service=q"),
        ({"message": "12000 jobs wait"}, "warning", "12000 jobs wait"),
    ],
)
def test_labels_with_a_text_or_a_severity_are_own_json(
    one: Any, message: dict[str, Any], severity: str, summary: str
) -> None:
    found = one({**message, "labels": {"service": "q"}})
    assert (found.source, found.labels["severity"], found.labels["service"]) == ("custom", severity, "q")
    assert found.annotations["summary"] == summary


def test_an_alertname_beside_the_labels_names_it(one: Any) -> None:
    found = one({**QUEUE, "alertname": "QueueLong"})
    assert (found.source, found.name) == ("custom", "QueueLong")


@pytest.mark.parametrize(
    "message",
    [
        {"labels": {"alertname": "QueueLong", "severity": "critical"}, "status": "firing", "message": "x is long"},
        {"labels": {"service": "q", "severity": "critical"}, "startsAt": "2026-11-20T08:50:00Z"},
        {"labels": {"service": "q", "severity": "critical"}, "annotations": {"summary": "q is long"}},
        [{"labels": {"service": "q", "severity": "critical"}, "title": "Queue is long"}],
    ],
)
def test_what_the_api_takes_stays_an_alert_by_its_labels(one: Any, message: object) -> None:
    found = one(message)
    assert (found.source, found.kind, found.labels["severity"]) == ("alertmanager", "alert", "critical")


@pytest.mark.parametrize(
    "tags",
    [
        {"tags": {"severity": "critical", "team": "a"}},
        {"tags": ["severity:critical", "team:a"]},
        {"tags": "severity:critical, team:a"},
        {"labels": {"Severity": "P1"}, "tags": {"team": "a"}},
        {"labels": {}, "tags": {"severity": "critical", "team": "a"}},
        {"severity": "banana", "tags": {"severity": "critical", "team": "a"}},
    ],
)
def test_a_severity_of_the_tags_counts_where_no_field_has_one(one: Any, tags: dict[str, Any]) -> None:
    found = one({"summary": "Queue is long", "state": "alerting", "id": "9", **tags})
    assert (found.source, found.state_key) == ("custom", "json:9")
    assert (found.labels["severity"], found.labels["team"]) == ("critical", "a")


@pytest.mark.parametrize(
    ("fields", "severity"),
    [({"severity": "info"}, "info"), ({"priority": "low"}, "warning"), ({"priority": "P1"}, "critical")],
)
def test_a_severity_of_the_tags_lowers_no_field(one: Any, fields: dict[str, str], severity: str) -> None:
    message = {"summary": "Queue is long", "tags": {"severity": "warning"}, **fields}
    assert one(message, "info").labels["severity"] == severity


def test_a_severity_of_the_tags_alone_makes_it_own_json(one: Any) -> None:
    found = one({"summary": "Queue is long", "tags": ["severity:critical"]})
    assert (found.source, found.labels["severity"]) == ("custom", "critical")


KEY = "0123456789abcdef0123456789abcdef"
TRIGGER = {
    "routing_key": KEY,
    "event_action": "trigger",
    "dedup_key": "d1",
    "payload": {"summary": "Queue is long", "severity": "critical", "source": "q-1"},
}


def test_an_event_for_pagerduty_is_resolved_by_its_dedup_key(one: Any) -> None:
    fired, ended = one(TRIGGER), one({"routing_key": KEY, "event_action": "resolve", "dedup_key": "d1"})
    assert (fired.status, fired.state_key, fired.labels["severity"]) == ("firing", "json:d1", "critical")
    assert (ended.status, ended.state_key) == ("resolved", "json:d1")
    assert fired.annotations["summary"] == "Queue is long"
    assert ended.annotations["summary"] == "PagerDuty event d1"


@pytest.mark.parametrize(
    "message",
    [
        TRIGGER,
        {"routing_key": KEY, "event_action": "acknowledge", "dedup_key": "d1"},
        {"routing_key": KEY, "event_action": "acknowledge", "message": "seen by Ann"},
        [{"routing_key": KEY, "a": 1}],
        f'{{"routing_key" : "{KEY}", "event_action": "trig',
        f'{{"note": "{{\\"routing_key\\": \\"{KEY}\\"}}"}}',
        f"routing_key={KEY}&event_action=trigger",
        f"curl failed\nrouting_key: {KEY}",
        f"severity: critical\nsummary: Queue is long\nrouting_key: {KEY}",
        {"severity": "critical", "message": f'failed: curl -d \'{{"routing_key": "{KEY}"}}\''},
    ],
)
def test_a_routing_key_is_shown_to_nobody(parsed: Any, message: object) -> None:
    (found,) = parsed(message, subject="").alerts
    shown = {**found.labels, **found.annotations}
    assert not [name for name, said in shown.items() if KEY[:8] in said]
    assert any("routing_key" in said and "***" in said for said in shown.values())
