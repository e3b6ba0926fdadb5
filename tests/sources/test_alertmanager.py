from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.alert import fingerprint

LABELS = {"alertname": "InstanceDown", "instance": "a:9100", "severity": "page"}
ZERO = "0001-01-01T00:00:00Z"
SENT = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


def entry(**fields: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "status": "firing",
        "labels": LABELS,
        "annotations": {"summary": "a is down"},
        "startsAt": "2026-11-20T08:00:00.123456789Z",
        "endsAt": ZERO,
        "generatorURL": "http://prometheus.example.com/graph",
        "fingerprint": fingerprint(LABELS),
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def group(*entries: Any, **fields: Any) -> dict[str, Any]:
    whole = {
        "version": "4",
        "status": "firing",
        "receiver": "relay",
        "groupKey": "{}:{}",
        "alerts": list(entries),
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def test_an_entry_is_an_alert_without_a_clock_of_its_own(one: Any) -> None:
    alert = one(group(entry()))
    assert (alert.source, alert.kind, alert.status) == ("alertmanager", "alert", "firing")
    assert alert.starts_at == datetime(2026, 11, 20, 8, 0, 0, 123456, tzinfo=UTC)
    assert (alert.ends_at, alert.updated_at) == (None, None)
    assert alert.generator_url == "http://prometheus.example.com/graph"


def test_labels_are_kept_exactly_as_they_came(one: Any) -> None:
    """The team's own Alertmanager file matches on them: `severity="page"` must stay that."""
    labels = {"alertname": "X", "severity": "Page", "padded": " x ", "numeric": "3"}
    assert one(group(entry(labels=labels))).labels == labels


def test_the_senders_fingerprint_is_the_identity(one: Any) -> None:
    alert = one(group(entry(fingerprint="0123456789abcdef")))
    assert alert.fingerprint == alert.state_key == "0123456789abcdef"


@pytest.mark.parametrize("sent", [..., None, "", "xyz", "0123456789ABCDEFF", 12, []])
def test_without_a_fingerprint_it_is_computed_from_the_labels(one: Any, sent: object) -> None:
    alert = one(group(entry(fingerprint=sent)))
    assert alert.fingerprint == alert.state_key == fingerprint(LABELS)


def test_what_the_topic_adds_is_not_in_the_fingerprint(one: Any) -> None:
    bare = {"alertname": "X", "instance": "a"}
    alert = one(group(entry(labels=bare, fingerprint=...)), "slo-violations")
    assert alert.labels == {**bare, "severity": "warning", "category": "slo"}
    assert alert.fingerprint == alert.state_key == fingerprint(bare)


def test_the_topic_does_not_replace_a_severity(one: Any) -> None:
    assert one(group(entry()), "critical").labels["severity"] == "page"


def test_without_severity_and_topic_none_is_invented(one: Any) -> None:
    """A route that matches alerts without severity must see what Alertmanager would."""
    assert "severity" not in one(group(entry(labels={"alertname": "X"}))).labels


def test_a_group_may_mix_firing_and_resolved(parsed: Any) -> None:
    ended = entry(status="resolved", endsAt="2026-11-20T08:10:00Z", labels={**LABELS, "instance": "b"}, fingerprint=...)
    alerts = parsed(group(entry(), ended)).alerts
    assert [alert.status for alert in alerts] == ["firing", "resolved"]
    assert [alert.ends_at for alert in alerts] == [None, datetime(2026, 11, 20, 8, 10, tzinfo=UTC)]


def test_resolved_without_an_end_ended_when_it_was_sent(one: Any) -> None:
    alert = one(group(entry(status="resolved")), sent_at=SENT)
    assert (alert.status, alert.ends_at) == ("resolved", SENT)


@pytest.mark.parametrize(
    ("fields", "whole", "status"),
    [
        ({"status": None}, "resolved", "resolved"),
        ({"status": None}, None, "firing"),
        ({"status": ..., "endsAt": "2026-11-20T08:10:00Z"}, "firing", "resolved"),
        ({"status": ..., "endsAt": "2026-11-20T10:10:00Z"}, "resolved", "firing"),
        ({"status": "firing", "endsAt": "2026-11-20T08:10:00Z"}, "resolved", "firing"),
        ({"status": {"state": "active"}, "endsAt": "2026-11-20T10:10:00Z"}, ..., "firing"),
        ({"status": "OK"}, "firing", "resolved"),
        ({"status": "alerting"}, "resolved", "firing"),
    ],
)
def test_an_entrys_own_status_counts_then_its_end_then_the_groups(
    one: Any, fields: dict[str, Any], whole: object, status: str
) -> None:
    assert one(group(entry(**fields), status=whole)).status == status


@pytest.mark.parametrize("version", ["4", "3", "0", 0, None, ...])
@pytest.mark.parametrize("left_out", ["receiver", "groupKey", "status"])
def test_older_and_shorter_bodies_are_known(parsed: Any, version: object, left_out: str) -> None:
    result = parsed(group(entry(), version=version, **{left_out: ...}))
    assert (result.source, len(result.alerts)) == ("alertmanager", 1)


def test_an_empty_group_is_one_event(one: Any) -> None:
    alert = one(group(), message_id="m-1")
    assert (alert.labels["alertname"], alert.kind, alert.source) == ("EmptyNotification", "event", "alertmanager")
    assert alert.state_key == "sns:m-1"
    assert "relay" in alert.annotations["summary"]


def test_empty_labels_are_absent_and_values_are_text(one: Any) -> None:
    alert = one(group(entry(labels={"alertname": "X", "empty": "", "null": None, "n": 3, "": "x"}, fingerprint=...)))
    assert alert.labels == {"alertname": "X", "n": "3"}
    assert alert.fingerprint == fingerprint({"alertname": "X", "n": "3"})


def test_an_alert_without_alertname_gets_one_after_its_fingerprint(one: Any) -> None:
    alert = one(group(entry(labels={"job": "node"}, fingerprint=...)))
    assert alert.labels == {"alertname": "UnnamedAlert", "job": "node"}
    assert alert.fingerprint == fingerprint({"job": "node"})


@pytest.mark.parametrize(
    "odd", [None, 7, "text", [], {}, {"labels": {}}, {"labels": None, "annotations": {"summary": "s"}}]
)
def test_an_entry_without_labels_is_announced_once_and_disturbs_no_other(parsed: Any, odd: object) -> None:
    first, second = parsed(group(odd, entry()), message_id="m-1").alerts
    assert (first.labels["alertname"], first.kind, first.state_key) == ("UnnamedAlert", "event", "sns:m-1#0")
    assert first.annotations["summary"]
    assert (second.labels, second.kind) == (LABELS, "alert")


def test_alerts_of_different_labels_under_one_fingerprint_stay_apart(parsed: Any) -> None:
    shared = "0123456789abcdef"
    a, b = entry(fingerprint=shared), entry(fingerprint=shared, labels={**LABELS, "instance": "b"})
    alerts = parsed(group(a, b)).alerts
    assert len({alert.state_key for alert in alerts}) == 2
    assert {alert.fingerprint for alert in alerts} == {shared}
    assert [alert.state_key for alert in parsed(group(a, a)).alerts] == [shared, shared]


@pytest.mark.parametrize(
    ("notes", "summary"),
    [
        ({"summary": "s", "description": "d"}, "s"),
        ({"title": "t", "description": "d"}, "t"),
        ({"message": "m"}, "m"),
        ({"description": "first\nsecond"}, "first"),
        ({}, "InstanceDown on a:9100"),
        (None, "InstanceDown on a:9100"),
    ],
)
def test_the_summary_is_the_best_that_was_written(one: Any, notes: object, summary: str) -> None:
    assert one(group(entry(annotations=notes))).annotations["summary"] == summary


def test_other_spellings_of_runbook_and_dashboard_are_known(one: Any) -> None:
    notes = one(group(entry(annotations={"runbook": "https://r", "dashboardURL": "https://d"}))).annotations
    assert (notes["runbook_url"], notes["dashboard_url"]) == ("https://r", "https://d")


@pytest.mark.parametrize(
    ("fields", "envelope"),
    [({"truncatedAlerts": 3}, {}), ({}, {"attributes": {"truncated": "true"}})],
)
def test_a_group_that_was_cut_says_so(one: Any, fields: dict[str, Any], envelope: dict[str, Any]) -> None:
    assert "more alerts" in one(group(entry(), **fields), **envelope).annotations["truncated"]


def test_a_whole_group_does_not_say_that_it_was_cut(one: Any) -> None:
    assert "truncated" not in one(group(entry(), truncatedAlerts=0)).annotations


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "/graph"])
def test_only_a_web_address_is_a_link(one: Any, url: object) -> None:
    assert one(group(entry(generatorURL=url))).generator_url == ""


def test_a_long_label_is_cut_but_told_apart_by_all_of_it(parsed: Any) -> None:
    entries = [entry(labels={"alertname": "X", "q": "x" * 2000 + end}, fingerprint=...) for end in "ab"]
    a, b = parsed(group(*entries)).alerts
    assert len(a.labels["q"]) == 1024
    assert a.state_key != b.state_key


@pytest.mark.parametrize("alerts", [None, {}, "x", 3])
def test_a_body_whose_alerts_are_no_list_is_not_ours(parsed: Any, alerts: object) -> None:
    assert parsed({"alerts": alerts, "receiver": "relay"}).source == "raw"
