"""Whatever arrives, somebody reads it: nothing crashes, nothing is dropped, and each update is accounted for."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from local.stack.day import DayRun
from local.stack.history import Day

Live = Callable[..., Day]
PLATFORM = {("slack-platform", "slack"): ["delivered"], ("email-platform", "email"): ["delivered"]}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        pytest.param(b'{"AlarmName": "cut off in the mid', "cut off in the mid", id="truncated JSON"),
        pytest.param(b"null", "null", id="JSON null"),
        pytest.param(b"42", "42", id="JSON number"),
        pytest.param(b'[1, "two"]', "two", id="JSON list"),
        pytest.param(b"A" * 262_144, "AAAA", id="256 KB of text"),
        pytest.param(b"disk \xff\xfe full", "disk", id="invalid UTF-8"),
        pytest.param(b'{"Records": [{"EventSource": "aws:sns", "Sns": {"Subject": "lost"}}]}', "lost", id="no Message"),
    ],
)
def test_what_no_parser_knows_reaches_slack_and_email_as_a_raw_message(
    lived: Live, told: Callable[[Day], object], content: bytes, shown: str
) -> None:
    day = lived(content)

    assert told(day) == PLATFORM
    assert day.lost == ()
    bodies = [json.dumps(r.body) for r in day.received]
    assert len(bodies) == 2
    assert all(shown in body for body in bodies)


def test_a_record_without_a_message_is_told_with_what_it_has(
    begin: Callable[[], DayRun], told: Callable[[Day], object]
) -> None:
    run = begin()
    record = {"EventSource": "aws:sns", "Sns": {"Subject": "a subject alone", "Message": None, "MessageId": "m-1"}}

    for forwarder in ("slack-forwarder", "email-forwarder"):
        run.stack.invoke(forwarder, {"Records": [record]})
    run.stack.run_on()

    assert {r.channel for r in run.stack.received if "a subject alone" in json.dumps(r.body)} == {"slack", "email"}


def test_a_hostile_description_mentions_nobody_and_breaks_no_formatting(
    lived: Live, message_of: Callable[[bytes], dict[str, Any]], critical: bytes
) -> None:
    alarm = message_of(critical)
    hostile = ("<!channel> <@U1> `rm -rf` ```" * 40)[:1024]
    alarm["AlarmDescription"] = hostile

    day = lived(json.dumps(alarm).encode())

    slack = [json.dumps(r.body, ensure_ascii=False) for r in day.received if r.channel == "slack"]
    assert slack
    assert not any("<!channel>" in body or "<@U1>" in body for body in slack)
    assert any("&lt;!channel&gt;" in body for body in slack)
    mails = [r.body for r in day.received if r.channel == "email"]
    assert mails
    assert all("<!channel>" not in mail["html"] for mail in mails)
    assert day.lost == ()


def test_an_alarm_of_an_unknown_topic_goes_by_its_severity(lived: Live, critical: bytes) -> None:
    event = json.loads(critical)
    event["Records"][0]["Sns"]["TopicArn"] = "arn:aws:sns:eu-central-1:111122223333:somebody-elses-topic"

    day = lived(json.dumps(event).encode())

    assert day.events[0].topic.endswith(":alertrelay-prod-critical")
    assert any(r.channel == "pagerduty" for r in day.received)


def test_the_same_event_twice_notifies_nobody_twice(lived: Live, told: Callable[..., object], critical: bytes) -> None:
    once = lived(critical)
    twice = lived(critical, critical, apart=60)

    assert len(twice.received) == len(once.received) > 1
    assert told(twice) == told(once)
    assert {d.outcome.reason for d in twice.events[1].deliveries} == {"duplicate"}
    assert len(twice.events[1].deliveries) == len(once.events[0].deliveries)
    assert twice.lost == ()


def test_the_same_text_twice_is_two_messages(lived: Live) -> None:
    day = lived(b"backup failed", b"backup failed", apart=60)

    assert [d.outcome.outcome for event in day.events for d in event.deliveries] == ["delivered"] * 4


def test_the_same_text_twice_at_once_is_one_message_that_has_both(lived: Live) -> None:
    day = lived(b"backup failed", b"backup failed")

    outcomes = [[d.outcome.outcome for d in event.deliveries] for event in day.events]
    assert sorted(itertools.chain(*outcomes)) == ["delivered"] * 2 + ["merged"] * 2
    assert [len(of_file) for of_file in outcomes] == [2, 2]


def test_an_end_before_its_begin_announces_nothing_afterwards(lived: Live, critical: bytes, critical_ok: bytes) -> None:
    day = lived(critical_ok, critical)

    # The begin is older by a quarter of an hour than the end that is known: only the operators of the relay hear of it.
    # PagerDuty is silent about a resolve of an incident that is not open.
    heard = [r for r in day.received if "StaleUpdate" not in json.dumps(r.body)]
    assert {(one.channel, one.body["event_action"]) for one in heard} <= {("pagerduty", "resolve")}
    assert "resolve_of_unannounced" in {d.outcome.reason for d in day.events[0].deliveries}
    assert {d.outcome.reason for d in day.events[1].deliveries} == {"stale"}
    assert day.lost == ()


def test_one_alarm_on_two_topics_is_one_incident(lived: Live, events: Any) -> None:
    names = ("rds-cpu-critical-alarm", "rds-cpu-critical-alarm-second-topic", "rds-cpu-critical-ok-info-topic")

    day = lived(*((events / f"{name}.json").read_bytes() for name in names), apart=60)

    pages = [r.body for r in day.received if r.channel == "pagerduty"]
    assert [page["event_action"] for page in pages] == ["trigger", "resolve"]
    assert len({page["dedup_key"] for page in pages}) == 1
    assert {d.outcome.outcome for d in day.events[1].deliveries} == {"suppressed"}
    assert day.lost == ()


def test_a_message_beyond_256_kb_is_refused_by_sns_and_named(lived: Live) -> None:
    day = lived(b"x" * 300_000)

    assert day.unpublished[0].endswith(
        "SNS does not take this message: Invalid parameter: Message too long: shorten it to 256 KB"
    )
    assert day.events[0].deliveries == []


def test_what_came_back_to_us_notifies_nobody_but_the_ops_topic(lived: Live, events: Any) -> None:
    day = lived((events / "own-message-come-back.json").read_bytes())

    assert {d.outcome.reason for d in day.events[0].deliveries} == {"alertrelay_loop"}
    assert {r.body["topic_arn"].rpartition(":")[2] for r in day.received if r.request_id == ""} >= {
        "alertrelay-prod-ops"
    }
    assert not any(r.channel in ("pagerduty", "slack", "email") for r in day.received)
