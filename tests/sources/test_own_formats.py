"""JSON and text of people's own: what is read, what stays raw, and which Subject hides nothing."""

from __future__ import annotations

from typing import Any

import pytest

OPENED = {"severity": "HIGH", "status": "firing", "id": 42, "title": "DB down", "url": "https://x.example.com/42"}


def test_own_json_with_a_state_and_an_id_is_ended_by_that_id(one: Any) -> None:
    fired, ended = one(OPENED), one({**OPENED, "status": "resolved"})
    assert (fired.status, ended.status, fired.state_key) == ("firing", "resolved", ended.state_key)
    assert (fired.labels["severity"], fired.generator_url) == ("error", "https://x.example.com/42")
    assert ended.annotations["summary"] == "DB down"


def test_own_json_without_an_id_is_an_event_of_its_message(one: Any) -> None:
    found = one({"severity": "critical", "status": "resolved", "title": "DB down"}, message_id="m")
    assert (found.kind, found.status, found.state_key) == ("event", "firing", "sns:m")
    assert found.annotations["summary"] == "Resolved: DB down"


def test_an_id_of_anything_without_a_severity_opens_no_alert(one: Any) -> None:
    found = one({"id": "7", "status": "active", "name": "Volume of the shop", "description": "A volume was made"})
    assert found.kind == "event"
    assert found.annotations["summary"] == "A volume was made"


@pytest.mark.parametrize(
    ("fields", "topic", "severity"),
    [
        ({"severity": "info"}, "critical", "info"),
        ({"severity": {"label": "CRITICAL"}}, "warning", "critical"),
        ({"priority": "low"}, "critical", "critical"),
        ({"priority": "P1"}, "warning", "critical"),
        ({"level": "error"}, "warning", "error"),
        ({"level": "debug"}, "", "warning"),
    ],
)
def test_a_severity_counts_and_a_priority_or_level_only_raises(
    one: Any, fields: dict[str, Any], topic: str, severity: str
) -> None:
    assert one({"message": "cannot connect to db", **fields}, topic).labels["severity"] == severity


def test_an_alert_one_level_down_is_read_with_the_action_above_it(one: Any) -> None:
    inner = {"alertId": "a1", "message": "Disk is full", "priority": "P1"}
    fired, ended = (one({"action": action, "alert": inner}) for action in ("Create", "Close"))
    assert (fired.status, ended.status, fired.state_key) == ("firing", "resolved", ended.state_key)


def test_what_holds_a_known_message_is_not_taken_for_own_json(parsed: Any, alarm: Any) -> None:
    import json

    assert parsed({"severity": "high", "title": "An alarm came", "message": json.dumps(alarm())}).source == "cloudwatch"


@pytest.mark.parametrize("message", [{"message": "hello there"}, {"severity": "banana", "title": "hello there"}])
def test_json_without_severity_state_or_link_stays_raw(parsed: Any, message: object) -> None:
    assert parsed(message).source == "raw"


@pytest.mark.parametrize(
    ("subject", "body", "summary"),
    [
        ("[FIRING:1]", "The disk of db-1 is full", "The disk of db-1 is full"),
        ("AWS Notification Message", "The disk of db-1 is full", "The disk of db-1 is full"),
        ("Alert", '{"message": "The disk of db-1 is full"}', "The disk of db-1 is full"),
        ("[FIRING:1]", '{"summary": "The disk of db-1 is full", "x": ', "The disk of db-1 is full"),
        ("Disk report", "Hello\nall is well", "Disk report"),
        ("Notification", "", "Notification"),
    ],
)
def test_a_generic_subject_never_hides_the_body(one: Any, subject: str, body: str, summary: str) -> None:
    assert one(body, subject=subject).annotations["summary"] == summary


def test_a_quoted_input_transformer_is_read_without_its_quotation_marks(one: Any, parsed: Any) -> None:
    found = one('"Finding HIGH: port 22 is open"')
    assert found.annotations["summary"] == found.annotations["description"] == "Finding HIGH: port 22 is open"
    lines = parsed('"Severity: HIGH"\n"Title: Port 22 is \\"open\\""\n')
    assert lines.source == "custom"
    assert lines.alerts[0].labels["severity"] == "error"


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("[FIRING:2] HighErrors checkout (critical prod)", "[RESOLVED] HighErrors checkout (prod)"),
        ("[Triggered] High CPU on host:a", "[Recovered] High CPU on host:a"),
        ("[P1] [Triggered] High CPU on host:a", "[P1] [Recovered] High CPU on host:a"),
        ("Problem: Disk full on db-1", "Resolved: Disk full on db-1"),
        ("** PROBLEM Service Alert: web1/HTTP is CRITICAL **", "** RECOVERY Service Alert: web1/HTTP is OK **"),
    ],
)
def test_a_subject_that_names_the_alert_finds_its_begin_by_its_end(one: Any, begin: str, end: str) -> None:
    fired, ended = one("Look at it", subject=begin), one("It is well", subject=end)
    assert (fired.kind, fired.status, ended.status) == ("alert", "firing", "resolved")
    assert fired.state_key == ended.state_key


def test_a_subject_of_a_bare_state_without_any_name_is_an_event(one: Any) -> None:
    found = one("It is well again", subject="[RESOLVED]")
    assert (found.kind, found.status) == ("event", "firing")
    assert found.annotations["summary"] == "Resolved: It is well again"


def test_two_alerts_in_one_text_are_two(parsed: Any) -> None:
    first_text = "*Alert:* A - `critical`\n*Description:* pod ns/a-1 died"
    text = f"{first_text}\n\n*Alert:* B - `warning`\n*Description:* pod ns/b-2 died"
    first, second = parsed(text, subject="[FIRING:2]").alerts
    assert (first.labels["alertname"], first.labels["severity"]) == ("A", "critical")
    assert (second.labels["alertname"], second.annotations["summary"]) == ("B", "pod ns/b-2 died")
    assert first.state_key != second.state_key


def test_alerts_that_one_text_does_not_tell_apart_do_not_replace_each_other(parsed: Any) -> None:
    text = "\n".join(f"Alert: A\nDescription: the {word} disk is full" for word in ("first", "second"))
    alerts = parsed(text, subject="[FIRING:2]").alerts
    assert len({alert.state_key for alert in alerts}) == 2
    events = parsed("\n".join(["Alert: DiskFull\nSeverity: high"] * 2), message_id="m").alerts
    assert [event.state_key for event in events] == ["sns:m", "sns:m#2"]


def test_a_text_of_too_many_alerts_names_that_there_are_more(parsed: Any) -> None:
    alerts = parsed("\n".join(f"Alert: A{n}" for n in range(300)), subject="[FIRING:300]").alerts
    assert len(alerts) == 200
    assert "200 alerts were read" in alerts[0].annotations["truncated"]


def test_two_pods_of_one_alertname_are_two_alerts(one: Any) -> None:
    texts = [f"*Alert:* CrashLoop - `critical`\n*Description:* Pod shop/checkout-{n} is down" for n in (0, 1)]
    first, second = (one(text, subject="[FIRING:1]") for text in texts)
    assert first.state_key != second.state_key


@pytest.mark.parametrize(
    ("text", "subject"),
    [("Hello team,\nthe invoice is ready", "Invoice 12"), ("Note: call Bob", ""), ("a: b\nc: d", "")],
)
def test_prose_with_colons_stays_raw(parsed: Any, text: str, subject: str) -> None:
    assert parsed(text, subject=subject).source == "raw"


def test_a_long_list_of_unknown_things_is_one_raw_event(parsed: Any) -> None:
    assert len(parsed([{"a": "b"}] * 10_000).alerts) == 1
    assert len(parsed(["word"] * 10_000, subject="[FIRING:1] Disk full").alerts) == 1


def test_entries_without_labels_are_counted_after_the_first_of_them(parsed: Any) -> None:
    alerts = parsed({"receiver": "r", "alerts": ["x"] * 10_000}).alerts
    assert len(alerts) == 20
    assert "9,981 more entries" in alerts[-1].annotations["summary"]
