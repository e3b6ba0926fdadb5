"""Datadog, New Relic, PagerDuty, Grafana OnCall and Amazon Q in the forms that their documentation has."""

from __future__ import annotations

from typing import Any

import pytest


def partner(source: str, detail: dict[str, Any]) -> dict[str, Any]:
    event = {"version": "0", "id": "e-1", "detail-type": "x", "account": "111122223333", "region": "eu-central-1"}
    return {**event, "source": f"aws.partner/{source}/x", "time": "2026-11-20T08:00:00Z", "detail": detail}


def monitor(state: str, *, change: str = "", query: str = "avg(last_5m):x{*} > 1", **more: Any) -> dict[str, Any]:
    meta = {
        "monitor": {"id": 7, "name": "High CPU", "query": query, "message": "CPU is too high. @slack-ops", **more},
        "states": {"dest_state": state},
        "transition": {"trans_name": change},
    }
    return partner("datadog.com", {"meta": meta, "tags": ["env:prod", "host:web-1", "monitor", "team:shop"]})


@pytest.mark.parametrize(
    ("state", "change", "status"),
    [
        ("Alert", "Triggered", "firing"),
        ("Warn", "Recovered", "firing"),
        ("No Data", "No Data", "firing"),
        ("OK", "Recovered", "resolved"),
        ("", "Recovered", "resolved"),
        ("", "Re-Triggered", "firing"),
    ],
)
def test_a_datadog_monitors_new_state_counts_before_the_change(one: Any, state: str, change: str, status: str) -> None:
    found = one(monitor(state, change=change))
    assert (found.source, found.status, found.state_key) == ("third-party", status, "datadog:7")


def test_a_group_of_a_datadog_monitor_is_an_alert_of_its_own(one: Any) -> None:
    found = one(monitor("Alert", query="avg(last_5m):x{*} by {host,env} > 1"))
    assert found.state_key == "datadog:7#host:web-1,env:prod"
    assert {"host": "web-1", "team": "shop", "env": "prod"}.items() <= found.labels.items()


@pytest.mark.parametrize(
    ("state", "priority", "topic", "severity"),
    [
        ("Alert", 1, "warning", "critical"),
        ("Alert", "P3", "critical", "warning"),
        ("Alert", None, "warning", "error"),
        ("Alert", None, "critical", "critical"),
        ("Warn", None, "warning", "warning"),
        ("Warn", None, "critical", "critical"),
    ],
)
def test_a_datadog_priority_counts_and_its_state_is_a_guess(
    one: Any, state: str, priority: object, topic: str, severity: str
) -> None:
    assert one(monitor(state, priority=priority), topic).labels["severity"] == severity


def test_a_runbook_among_the_tags_is_the_runbook(one: Any) -> None:
    message = monitor("Alert")
    message["detail"]["tags"].append("runbook:https://wiki.example.com/cpu")
    assert one(message).annotations["runbook_url"] == "https://wiki.example.com/cpu"


def test_a_datadog_message_is_read_without_its_handles(one: Any) -> None:
    assert one(monitor("Alert")).annotations["summary"] == "High CPU: CPU is too high."


@pytest.mark.parametrize(("word", "status"), [("Triggered", "firing"), ("Recovered", "resolved")])
def test_datadogs_default_webhook_body_has_its_monitor_in_the_page(one: Any, word: str, status: str) -> None:
    body = "%%%\nCPU is too high\n[![graph](https://p.example.com/a.png)](https://app.datadoghq.eu/monitors/7?a=b)\n%%%"
    title = f"[{word} on {{host:web-1}}] High CPU"
    fields = {"id": word, "last_updated": "1795143845000", "event_type": "query_alert_monitor", "org": {"id": "1"}}
    found = one({**fields, "title": title, "body": body})
    assert (found.status, found.state_key) == (status, "datadog:7#host:web-1")
    assert (found.labels["alertname"], found.generator_url) == ("High CPU", "https://app.datadoghq.eu/monitors/7")


@pytest.mark.parametrize(("word", "status"), [("Triggered", "firing"), ("Recovered", "resolved")])
def test_datadogs_variables_are_known_in_a_body_of_ones_own(one: Any, word: str, status: str) -> None:
    fields = {"alert_id": "7", "alert_transition": word, "alert_title": "High CPU", "alert_priority": "P1"}
    found = one({**fields, "alert_scope": "host:a", "tags": "env:prod,service:web", "link": "https://d.example.com"})
    assert (found.status, found.state_key) == (status, "datadog:7#host:a")
    assert (found.labels["service"], found.labels["severity"]) == ("web", "critical")


@pytest.mark.parametrize(
    ("state", "status"),
    [("CREATED", "firing"), ("ACTIVATED", "firing"), ("ACKNOWLEDGED", "firing"), ("CLOSED", "resolved")],
)
def test_a_new_relic_issue_lives_from_its_activation_to_its_close(one: Any, state: str, status: str) -> None:
    issue = {"issueUrl": "https://x.newrelic.com/i", "title": ["Latency > 3 s"], "priority": "HIGH", "state": state}
    for message in (partner("newrelic.com", {"id": "i1", **issue}), {"issueId": "i1", **issue}):
        found = one(message)
        assert (found.status, found.state_key, found.labels["severity"]) == (status, "newrelic:i1", "error")


def test_the_older_new_relic_channel_is_read(one: Any) -> None:
    old = {"current_state": "closed", "condition_name": "CPU", "incident_id": 99, "severity": "CRITICAL"}
    found = one({**old, "details": "CPU > 90%", "incident_url": "https://alerts.newrelic.com/i/99"})
    assert (found.status, found.state_key) == ("resolved", "newrelic:99")
    assert found.annotations["summary"] == "CPU > 90%"


def pagerduty(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"event": {"id": "1", "event_type": kind, "occurred_at": "2026-11-20T08:00:00Z", "data": data}}


@pytest.mark.parametrize(
    ("state", "status"), [("triggered", "firing"), ("acknowledged", "firing"), ("resolved", "resolved")]
)
def test_a_pagerduty_incident_has_its_state_and_priority(one: Any, state: str, status: str) -> None:
    incident = {"id": "P1X", "status": state, "title": "Down", "priority": {"summary": "P1"}, "urgency": "high"}
    message = pagerduty(f"incident.{state}", incident)
    for each in (message, partner("pagerduty.com", message)):
        found = one(each)
        assert (found.status, found.state_key) == (status, "pagerduty:P1X")
        assert found.labels["severity"] == "critical"


def test_a_note_on_a_pagerduty_incident_neither_opens_nor_ends_it(one: Any) -> None:
    note = {"id": "N1", "content": "looking", "incident": {"id": "P1X", "summary": "Down"}}
    found = one(pagerduty("incident.annotated", note))
    assert (found.kind, found.state_key) == ("event", "pagerduty-event:1")
    assert found.annotations["summary"] == "PagerDuty incident.annotated: Down: looking"


@pytest.mark.parametrize(
    ("state", "status"),
    [("firing", "firing"), ("acknowledged", "firing"), ("silenced", "firing"), ("resolved", "resolved")],
)
def test_an_oncall_alert_group_ends_when_it_is_resolved(one: Any, state: str, status: str) -> None:
    entry = {"labels": {"alertname": "HighErrors", "severity": "critical"}, "annotations": {"summary": "5xx"}}
    group = {"id": "I1", "state": state, "title": "[FIRING] HighErrors", "permalinks": {"web": "https://x.example.com"}}
    found = one({"event": {"type": state}, "alert_group": group, "alert_payload": {"alerts": [entry]}})
    assert (found.status, found.state_key) == (status, "grafana-oncall:I1")
    assert (found.labels["severity"], found.annotations["summary"]) == ("critical", "5xx")


def test_a_custom_notification_of_amazon_q_keeps_times_and_loses_marks(one: Any) -> None:
    content = {"title": ":tada: Deploy at 12:30:45 of *shop* done", "description": "See [log](https://l.example.com)."}
    found = one({"version": "1.0", "source": "custom", "content": content})
    assert found.annotations["summary"] == "Deploy at 12:30:45 of shop done"
    assert found.annotations["description"] == "See log (https://l.example.com)."
    assert (found.kind, found.generator_url) == ("event", "https://l.example.com")


def test_two_notifications_of_amazon_q_with_one_id_are_two_events(one: Any) -> None:
    message = {"version": "1.0", "source": "custom", "id": "always", "content": {"description": "A thing happened"}}
    assert one(message, message_id="1").state_key != one(message, message_id="2").state_key
