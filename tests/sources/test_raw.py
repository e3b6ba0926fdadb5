from __future__ import annotations

from typing import Any

import pytest
from alertrelay.alert import fingerprint

WHOLE = {
    "truncated JSON": '{"AlarmName": "orders-cpu", "NewStateValue": "AL',
    "null": "null",
    "number": "42",
    "list": "[1, 2]",
    "empty list": "[]",
    "text": '"only text"',
    "true": "true",
    "empty": "",
    "spaces": "  \n ",
    "object": '{"a": 1}',
    "replacement characters": "\ufffd\ufffd",
    "deep": "[" * 100_000,
    "digits": "9" * 10_000,
    "lone surrogate": '{"message": "\\ud83d"}',
    "NUL": "a\x00b",
    "NaN": "NaN",
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE.keys())
def test_whatever_it_is_it_is_one_event_that_a_person_can_read(parsed: Any, text: str) -> None:
    result = parsed(text, "critical", message_id="m-1")
    (alert,) = result.alerts
    assert (result.source, alert.source, alert.kind, alert.status) == ("raw", "raw", "event", "firing")
    assert (alert.labels["alertname"], alert.state_key) == ("RawMessage", "sns:m-1")
    assert alert.annotations["summary"]
    assert result.problem
    for value in (*alert.labels.values(), *alert.annotations.values()):
        assert value.encode()
        assert "\x00" not in value


def test_the_fingerprint_is_that_of_its_labels_as_it_is_for_any_alert(one: Any) -> None:
    """Who reads a webhook of ours computes it again; the identity is the state key."""
    first, second = one("text", "critical", message_id="m-1"), one("text", "critical", message_id="m-2")
    assert first.fingerprint == second.fingerprint == fingerprint(first.labels)
    assert first.state_key != second.state_key


def test_severity_and_category_come_from_the_topic_else_warning(one: Any) -> None:
    assert one("x", "critical").labels["severity"] == "critical"
    assert one("x", "slo-violations").labels["category"] == "slo"
    assert one("x").labels == {"alertname": "RawMessage", "severity": "warning"}


def test_where_it_came_from_is_labelled(one: Any) -> None:
    labels = one("x", "info").labels
    assert (labels["topic"], labels["region"]) == ("alertrelay-prod-info", "eu-central-1")
    assert labels["account_id"] == "111122223333"


def test_the_same_text_without_a_message_id_is_the_same_event(one: Any) -> None:
    assert one("a").state_key == one("a").state_key != one("b").state_key
    assert one("a", record_id="r-1").state_key == "sqs:r-1"


@pytest.mark.parametrize(
    ("text", "subject", "summary"),
    [
        ("body\nmore", "Subject of it", "Subject of it"),
        ("\n  first   line \nmore", "", "first line"),
        ('{"message": "from the message"}', "", "from the message"),
        ('{"detail-type": "Some Event"}', "", "Some Event"),
        ("null", "", "A message that is only null"),
        ("", "", "An empty message"),
    ],
)
def test_the_summary_is_what_the_message_says_of_itself(one: Any, text: str, subject: str, summary: str) -> None:
    assert one(text, subject=subject).annotations["summary"] == summary


def test_a_long_text_is_cut_and_says_how_much_is_gone(one: Any) -> None:
    notes = one("x" * 262_144).annotations
    assert notes["description"].startswith("x" * 20_000 + "\n[cut here: 242,144 of 262,144 characters")
    assert len(notes["summary"]) == 250


def test_the_text_is_kept_whole_where_it_fits(one: Any) -> None:
    assert one("a < b & `c`\nd").annotations["description"] == "a < b & `c`\nd"


def test_json_that_was_encoded_twice_is_read(parsed: Any, alarm: Any) -> None:
    import json

    assert parsed(json.dumps(json.dumps(alarm()))).source == "cloudwatch"


def test_a_parser_that_fails_leaves_the_message_to_people(
    parsed: Any, alarm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> str:
        raise LookupError("no such region")

    monkeypatch.setattr("alertrelay.sources.cloudwatch.region_of_place", broken)
    result = parsed(alarm(AlarmArn=...), subject="ALARM: orders-cpu")
    assert result.source == "raw"
    assert result.problem == "the cloudwatch parser failed: LookupError: no such region"
    assert result.alerts[0].annotations["summary"] == "ALARM: orders-cpu"


def test_what_we_sent_ourselves_is_parsed_and_marked(parsed: Any, alarm: Any) -> None:
    result = parsed(alarm(), attributes={"alertrelay-hop": "1"})
    assert (result.source, result.hop) == ("cloudwatch", True)
    assert not parsed(alarm()).hop
