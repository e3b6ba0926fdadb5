"""Shapes that real senders write and that no parser knew, or one took for its own: reworded, one test a kind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alertrelay.sources import Envelope, unwrap

NAMED = {"alertname": "QueueLong"}


@pytest.mark.parametrize("beside", [{"severity": "critical"}, {"priority": "P1"}, {"severity": {"label": "CRITICAL"}}])
def test_a_severity_beside_the_labels_of_the_api_counts(one: Any, beside: dict[str, Any]) -> None:
    message = {"labels": NAMED, "status": "firing", "title": "Queue of the shop is long", **beside}
    fired = one(message)
    assert (fired.source, fired.kind, fired.labels["severity"]) == ("alertmanager", "alert", "critical")
    assert fired.annotations["summary"] == "Queue of the shop is long"
    ended = one({"labels": NAMED, "status": "resolved"})
    assert (ended.status, ended.state_key) == ("resolved", fired.state_key)


def test_the_severity_of_the_labels_wins_over_the_one_beside_them(one: Any) -> None:
    assert one([{"labels": {**NAMED, "severity": "info"}, "severity": "critical"}]).labels["severity"] == "info"


def test_what_an_annotation_says_wins_over_a_title_beside_it(one: Any) -> None:
    found = one([{"labels": NAMED, "summary": "beside", "annotations": {"summary": "within"}}])
    assert found.annotations["summary"] == "within"


@pytest.mark.parametrize("text", [{"title": "Queue of the shop is long"}, {}])
def test_an_alertname_among_labels_alone_is_own_json(one: Any, text: dict[str, str]) -> None:
    found = one({"severity": "critical", "labels": NAMED, **text})
    assert (found.source, found.kind, found.name, found.labels["severity"]) == (
        "custom",
        "event",
        "QueueLong",
        "critical",
    )
    assert found.annotations["summary"] == text.get("title", "QueueLong")


@pytest.mark.parametrize("topic", ["", "critical"])
def test_a_notification_without_alerts_is_at_most_what_its_topic_gives(one: Any, topic: str) -> None:
    found = one({"receiver": "relay", "status": "firing", "alerts": []}, topic)
    assert (found.kind, found.labels["severity"]) == ("event", topic or "info")


@pytest.mark.parametrize(
    ("group", "severity", "said"),
    [
        ({"commonLabels": {**NAMED, "severity": "critical"}}, "critical", "QueueLong"),
        ({"groupLabels": NAMED, "commonAnnotations": {"summary": "12 queues"}}, "warning", "12 queues"),
        ({"truncatedAlerts": 7}, "warning", "7 more alerts"),
    ],
)
def test_a_notification_whose_alerts_were_left_out_is_graded_by_what_they_share(
    one: Any, group: dict[str, Any], severity: str, said: str
) -> None:
    found = one({"receiver": "relay", "status": "firing", "alerts": [], **group})
    assert (found.name, found.labels["severity"]) == ("EmptyNotification", severity)
    assert said in found.annotations["summary"]


@pytest.mark.parametrize("name", ["", "  ", "\t"])
def test_a_blank_alertname_is_none(one: Any, name: str) -> None:
    found = one({"receiver": "r", "alerts": [{"labels": {"alertname": name, "rulename": "QueueLong"}}]})
    assert found.name == "QueueLong"
    assert one({"receiver": "r", "alerts": [{"labels": {"alertname": name, "team": "a"}}]}).name == "UnnamedAlert"


def event(**fields: Any) -> dict[str, Any]:
    return {
        "id": "e-1",
        "source": "aws.braket",
        "detail-type": "Braket Task Change",
        "account": "111122223333",
        "region": "eu-west-1",
        "time": "2026-11-20T08:50:00Z",
        "resources": [],
        **fields,
    }


@pytest.mark.parametrize(
    ("detail", "shown"),
    [("The task lost its device", "The task lost its device"), (["device", {"id": "d-7"}], "d-7"), (12, "12")],
)
@pytest.mark.parametrize("kind", ["Braket Task Change", "CloudWatch Alarm State Change", "ECS Task State Change"])
def test_a_detail_that_is_no_object_is_shown(one: Any, detail: object, shown: str, kind: str) -> None:
    found = one(event(detail=detail, **{"detail-type": kind}))
    assert found.source == "aws-event"
    assert shown in f"{found.annotations['summary']} {found.annotations.get('description', '')}"


def test_a_detail_that_is_a_sentence_is_in_the_summary(one: Any) -> None:
    found = one(event(detail="The task lost its device"))
    assert found.annotations["summary"] == "Braket Task Change: The task lost its device (eu-west-1)"


@pytest.mark.parametrize(("word", "state"), [("Opened Qubits", False), ("QUBITS_OPENED", True)])
def test_an_act_of_several_words_is_no_state(one: Any, word: str, state: bool) -> None:
    found = one(event(detail={"name": "task-7", "eventType": word, "message": "Calibration of the device"}))
    said = found.annotations["summary"]
    assert (word.lower().replace("_", " ") in said.lower()) is state
    assert "Calibration of the device" in said


DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        (DEEP, "A message that is nested too deep to be read: {"),
        ("[" * 100_000 + "]" * 100_000, "A message that is nested too deep to be read: ["),
        (f'{{"title": "Disk of db-1 is full", "x": {DEEP}}}', "Disk of db-1 is full"),
        ('{"a": [1, 2', "A message that is broken JSON: {"),
        ("[Open] Post: night watch", "[Open] Post: night watch"),
        ("[1/2] Report of the night", "[1/2] Report of the night"),
        ("[null, 1", "A message that is broken JSON: [null"),
    ],
)
def test_json_that_cannot_be_read_is_called_what_it_is(one: Any, text: str, summary: str) -> None:
    assert one(text).annotations["summary"].startswith(summary)


def test_the_problem_of_deep_json_is_its_depth(parsed: Any) -> None:
    assert parsed(DEEP).problem == "JSON that is nested too deep to be read"
    assert parsed(DEEP[:-1]).problem == "JSON that is nested too deep to be read"
    assert parsed('{"a": [1, 2').problem == "not JSON"


@pytest.mark.parametrize(
    ("message", "summary"),
    [
        ({"Error": "States.Timeout", "Cause": "The nightly run took too long"}, "The nightly run took too long"),
        ({"errorMessage": "no such table", "errorType": "KeyError"}, "no such table"),
        ({"kind": 3, "data": {"issue": {"title": "TypeError in the cart"}}}, "TypeError in the cart"),
    ],
)
def test_unknown_json_is_named_by_its_own_sentence(one: Any, message: object, summary: str) -> None:
    found = one(message)
    assert (found.name, found.annotations["summary"]) == ("RawMessage", summary)


def both(one: Any, begin: dict[str, Any], end: dict[str, Any]) -> Any:
    fired, ended = one(begin), one(end)
    assert (fired.kind, fired.status, ended.status) == ("alert", "firing", "resolved")
    assert fired.state_key == ended.state_key
    return fired


def test_an_uptime_check_is_resolved_by_its_check(one: Any) -> None:
    down = {"check_id": 41, "check_name": "Shop", "importance_level": "HIGH", "long_description": "Timeout of 30 s"}
    fired = both(one, {**down, "current_state": "DOWN"}, {**down, "current_state": "UP"})
    assert (fired.name, fired.annotations["summary"], fired.labels["severity"]) == ("Shop", "Timeout of 30 s", "error")


def test_a_monitor_is_resolved_by_its_friendly_state(one: Any) -> None:
    down = {"monitorID": "41", "monitorFriendlyName": "Shop", "alertDetails": "Timeout of 30 s", "alertType": "1"}
    fired = both(one, {**down, "alertTypeFriendlyName": "Down"}, {**down, "alertTypeFriendlyName": "Up"})
    assert (fired.name, fired.annotations["summary"]) == ("Shop", "Timeout of 30 s")


def test_a_type_that_ends_in_a_state_has_one(one: Any) -> None:
    begin = {"event_type": "incident.created", "incident_id": "i-9", "severity": "high", "description": "Cart is slow"}
    fired = both(one, begin, {"event_type": "incident.resolved", "incident_id": "i-9", "reason": "it is fast again"})
    assert fired.labels["severity"] == "error"


@pytest.mark.parametrize("kind", ["account.closed", "order.created", "resolved"])
def test_a_type_of_anything_else_has_none(one: Any, kind: str) -> None:
    found = one({"type": kind, "severity": "high", "alert_id": "7", "description": "The account of a shop"})
    assert (found.kind, found.annotations["summary"]) == ("event", "The account of a shop")


def test_the_id_of_an_incident_wins_over_that_of_its_message(one: Any) -> None:
    def message(number: str, kind: str, status: str) -> dict[str, Any]:
        incident = {"id": "INC-7", "title": "Cart is slow", "status": status, "urgency": "high"}
        return {"messages": [{"id": number, "event": f"incident.{kind}", "incident": incident}]}

    fired = both(one, message("m1", "trigger", "triggered"), message("m2", "resolve", "resolved"))
    assert fired.state_key == "json:INC-7"


def test_an_acknowledgement_is_no_new_alert(one: Any) -> None:
    alert = {"alertId": "a-1", "message": "Cart is slow", "priority": "P2"}
    fired, seen = one({"action": "Create", "alert": alert}), one({"action": "Acknowledge", "alert": alert})
    assert (fired.state_key, seen.status) == (seen.state_key, "firing")


def test_a_name_and_a_severity_without_a_text_are_own_json(one: Any) -> None:
    found = one({"alert_name": "Link is down", "severity": "critical", "device": "router-7"})
    assert (found.source, found.labels["severity"], found.labels["host"]) == ("custom", "critical", "router-7")
    assert found.annotations["summary"] == "Link is down"


def test_marks_of_a_title_are_read_in_own_json(one: Any) -> None:
    found = one({"title": "[P1] [Triggered] Cart is slow", "alert_id": "77"})
    assert (found.kind, found.state_key, found.labels["severity"]) == ("alert", "json:77", "critical")


def test_an_alert_is_named_without_its_state_and_an_event_with_it(one: Any) -> None:
    alert = one({"title": "[Alerting] Memory of the database", "state": "alerting", "rule_id": 7})
    assert (alert.kind, alert.annotations["summary"]) == ("alert", "Memory of the database")
    event = one({"title": "[Pending] Memory of the database", "state": "pending", "url": "https://x.example.com"})
    assert (event.kind, event.annotations["summary"]) == ("event", "[Pending] Memory of the database")


def test_the_output_of_a_rule_is_its_sentence(one: Any) -> None:
    found = one({"rule": "Shell in a container", "priority": "Error", "output": "A shell was opened in cart-0"})
    assert (found.name, found.labels["severity"]) == ("Shell in a container", "error")
    assert found.annotations["summary"] == "A shell was opened in cart-0"


@pytest.mark.parametrize("state", ["Firing", "RESOLVED"])
def test_the_default_text_is_read_whatever_case_its_heading_has(one: Any, state: str) -> None:
    found = one(f"ALERTS {state}:\nLabels:\n - alertname = QueueLong\nAnnotations:\n - summary = 12 queues\n")
    assert (found.source, found.name, found.status) == ("amp", "QueueLong", state.lower())


def test_an_event_source_of_others_is_no_notice_of_a_database(one: Any) -> None:
    found = one({"event_source": "0", "event_id": "461", "event_name": "Load of node7 is high", "host_name": "node7"})
    assert (found.source, found.annotations["summary"]) == ("raw", "Load of node7 is high")


def test_a_recovery_without_an_id_is_named_as_one(one: Any) -> None:
    found = one({"title": "Cart is slow", "alert_transition": "Recovered"})
    assert (found.kind, found.annotations["summary"]) == ("event", "Resolved: Cart is slow")


KEY = "0123456789abcdef0123456789abcdef"
WEBHOOK = "https://hooks.slack.com/services/T0/B0/abcdefghijkl"


@pytest.mark.parametrize(
    "secret",
    [
        f'{{"routing_key": "{KEY}"}}',
        f"routingKey={KEY}",
        f"X-Routing-Key: {KEY}",
        f"service_key: {KEY}",
        f"curl {WEBHOOK} failed",
        "token xoxb-123456789012-abcdefghijkl",
        f'{{"secretAccessKey": "{KEY}abcdefgh"}}',
        f"AWS_SECRET_ACCESS_KEY={KEY}abcdefgh",
    ],
)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda said: event(detail={"message": said, "state": "FAILED"}),
        lambda said: {"receiver": "r", "alerts": [{"labels": NAMED, "annotations": {"summary": "x", "note": said}}]},
        lambda said: {"AlarmName": "a", "NewStateValue": "ALARM", "NewStateReason": said, "AlarmDescription": said},
        lambda said: {"source": "custom", "content": {"title": "x", "description": said}},
        lambda said: {"title": "Deploy failed", "severity": "high", "message": said},
        lambda said: f"Deploy failed\n{said}",
    ],
)
def test_no_key_gets_past_the_place_where_text_enters(parsed: Any, wrap: Any, secret: str) -> None:
    (found,) = parsed(wrap(secret), subject=secret[:90]).alerts
    shown = json.dumps([dict(found.labels), dict(found.annotations), found.generator_url])
    assert KEY[:20] not in shown
    assert "abcdefghijkl" not in shown
    assert "***" in shown


def test_a_stored_envelope_holds_no_key() -> None:
    record = {"Sns": {"Message": json.dumps({"routing_key": KEY}), "Subject": f"routing_key={KEY}", "MessageId": "m"}}
    (envelope,) = unwrap({"Records": [record]})
    stored = envelope.to_json()
    assert KEY not in json.dumps(stored)
    assert KEY not in json.dumps(Envelope.from_json({**stored, "text": f"routing_key: {KEY}"}).to_json())


@pytest.mark.parametrize("name", ["routing_key", "routingKey"])
def test_a_routing_key_of_a_queue_is_no_secret_and_keeps_alerts_apart(one: Any, parsed: Any, name: str) -> None:
    found = one({"title": "Queue of the shop is long", "severity": "high", name: "orders.created"})
    assert "orders.created" in found.annotations["description"]
    entries = [{"labels": {**NAMED, "routing_key": key}} for key in ("orders.created", "orders.cancelled")]
    first, second = parsed({"receiver": "r", "alerts": entries}).alerts
    assert (first.labels["routing_key"], first.state_key != second.state_key) == ("orders.created", True)


def test_the_beginning_of_a_key_is_hidden_where_the_message_was_cut(one: Any) -> None:
    said = json.dumps(dict(one(f'{{"title": "x of y", "routing_key": "{KEY[:20]}').annotations))
    assert KEY[:20] not in said


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff{alarm}",
        "{alarm}\n\n-- \nTo receive no more of these, write to us",
        "ALARM: orders-cpu\n{alarm}",
        "Look at this:\r\n{alarm}\r\nYours, the team",
    ],
)
def test_an_object_beside_other_words_is_read(parsed: Any, alarm: Any, text: str) -> None:
    found = parsed(text.replace("{alarm}", json.dumps(alarm())))
    assert (found.source, found.problem, found.alerts[0].name) == ("cloudwatch", "", "orders-cpu")


def test_one_object_a_line_is_a_list(parsed: Any, alarm: Any) -> None:
    first, second = (json.dumps(alarm(AlarmName=name, AlarmArn=...)) for name in ("a", "b"))
    assert [alert.name for alert in parsed(f"{first}\n{second}\n").alerts] == ["a", "b"]


def test_own_json_beside_other_words_is_read(one: Any) -> None:
    found = one('From the shop:\n{"title": "Queue is long", "severity": "critical"}')
    assert (found.source, found.labels["severity"]) == ("custom", "critical")


@pytest.mark.parametrize("text", ['[\n{alarm},\n{"AlarmName": ', '{alarm}\n{"AlarmName": ', "See:\n{alarm}\n{"])
def test_what_was_cut_stays_whole_as_a_raw_event(parsed: Any, alarm: Any, text: str) -> None:
    found = parsed(text.replace("{alarm}", json.dumps(alarm())))
    assert (found.source, len(found.alerts)) == ("raw", 1)


@pytest.mark.parametrize("text", ['Look:\n{"a": ', "Set {x} to 1\n{y}", '{"a": 1}\n{"b": 2}'])
def test_objects_that_nobody_knows_stay_raw(parsed: Any, text: str) -> None:
    found = parsed(text)
    assert (found.source, len(found.alerts)) == ("raw", 1)


def test_a_page_is_named_by_its_words(one: Any) -> None:
    page = "<!DOCTYPE html><html><style>p {color: red}</style>\n<body><p>Disk of db-1 is full</p></body></html>"
    assert one(page).annotations["summary"] == "Disk of db-1 is full"
