"""What the history of alarms says, and what it lacks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from local.backtest.before import messages_before, readers_of
from local.backtest.history import AlarmHistory, StateChange, read_history

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=14)


def _item(name: str, minute: int, before: str, after: str, **more: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "AlarmType": "MetricAlarm",
        "Timestamp": (START + timedelta(minutes=minute)).isoformat(),
        "HistoryItemType": "StateUpdate",
        "HistorySummary": f"Alarm updated from {before} to {after}",
        "HistoryData": json.dumps({"newState": {"stateValue": after, "stateReason": "why"}}),
        **more,
    }


def _update(name: str, minute: int, kind: str, alarm: dict[str, Any]) -> dict[str, Any]:
    data = {"type": kind, f"{kind.lower()}dAlarm": {"alarmName": name, **alarm}}
    return _item(name, minute, "", "", HistoryItemType="ConfigurationUpdate", HistoryData=json.dumps(data))


def _read(*items: dict[str, Any]) -> AlarmHistory:
    return read_history(items, start=START, end=END)


def test_changes_come_in_order_of_time_each_once() -> None:
    late, early = _item("a", 9, "OK", "ALARM"), _item("b", 3, "ALARM", "OK")
    found = _read(late, early, dict(early))
    assert [(one.alarm, one.state, one.reason) for one in found.changes] == [("b", "OK", "why"), ("a", "ALARM", "why")]
    assert found.notes == []


def test_data_that_is_cut_off_leaves_the_state_of_the_summary() -> None:
    (change,) = _read(_item("a", 1, "OK", "ALARM", HistoryData='{"newState":{"sta')).changes
    assert (change.state, change.reason) == ("ALARM", "")


def test_an_alarm_with_contributors_notifies_for_each_and_not_itself() -> None:
    contributed = {"HistoryItemType": "AlarmContributorStateUpdate", "AlarmContributorId": "c1"}
    found = _read(
        _item("a", 1, "OK", "ALARM"),
        _item("a", 1, "OK", "ALARM", **contributed, AlarmContributorAttributes={"host": "h1"}),
        _item("b", 2, "OK", "ALARM"),
    )
    assert [(one.alarm, one.contributor, dict(one.attributes)) for one in found.changes] == [
        ("a", "c1", {"host": "h1"}),
        ("b", "", {}),
    ]


def test_a_history_shorter_than_asked_is_said() -> None:
    (note,) = _read(_item("a", 4 * 24 * 60 + 5, "OK", "ALARM")).notes
    assert note.startswith("the history begins on 2026-11-05 00:05 UTC: of the first 4 days there is nothing")


def test_items_without_a_time_or_a_name_are_counted() -> None:
    found = _read({"HistoryItemType": "StateUpdate"}, _item("a", 1, "OK", "ALARM", Timestamp="yesterday"))
    assert (list(found.changes), found.notes) == (
        [],
        ["2 items of the history have no time or no alarm, and are left out"],
    )


def test_a_renamed_alarm_is_joined_where_the_history_names_one_arn() -> None:
    arn = {"AlarmArn": "arn:aws:cloudwatch:eu-west-1:1:alarm:x"}
    found = _read(_item("old", 1, "OK", "ALARM", **arn), _item("new", 9, "ALARM", "OK", **arn))
    assert [one.alarm for one in found.changes] == ["new", "new"]
    assert found.notes == ["old and new are one alarm: the history names the same ARN"]


def test_a_renamed_alarm_is_two_and_said_where_it_was_deleted_and_made_anew() -> None:
    definition = {"metricName": "CPU", "threshold": 80}
    items = [
        _item("old", 1, "OK", "ALARM"),
        _update("old", 5, "Delete", {**definition, "alarmActions": []}),
        _update("new", 6, "Create", {**definition, "alarmActions": []}),
        _update("other", 6, "Create", {"metricName": "Memory"}),
        _item("new", 9, "OK", "ALARM"),
    ]
    found = _read(*items)
    assert [one.alarm for one in found.changes] == ["old", "new"]
    assert found.notes == ["old and new look like one alarm under two names: they are counted as two"]
    assert found.deleted["old"]["MetricName"] == "CPU"


def test_each_reader_of_each_topic_had_a_message_of_each_change() -> None:
    topic, unread = "arn:aws:sns:eu-west-1:1:mails", "arn:aws:sns:eu-west-1:1:unread"
    chat, pager = "https://global.sns-api.chatbot.amazonaws.com", "https://events.pagerduty.com/x"
    said = [("email", "a"), ("email-json", "b"), ("https", chat), ("https", pager), ("sms", "+1"), ("lambda", "f")]
    readers = readers_of({"TopicArn": topic, "Protocol": of, "Endpoint": end} for of, end in said)
    changes = [StateChange(at=START, alarm="a", state=state) for state in ("ALARM", "OK", "INSUFFICIENT_DATA")]
    changes.append(StateChange(at=START, alarm="off", state="ALARM"))
    scaling = "arn:aws:autoscaling:eu-west-1:1:scalingPolicy:x"
    alarms: dict[str, dict[str, Any]] = {
        "a": {"AlarmActions": [topic, scaling], "OKActions": [unread], "InsufficientDataActions": [topic]},
        "off": {"AlarmActions": [topic], "ActionsEnabled": False},
    }
    assert messages_before(changes, alarms, readers) == {
        ("email", "a"): 4,
        ("slack", "a"): 2,
        ("pagerduty", "a"): 1,  # an incident that opens; the rest rings nobody there
        ("sns", "a"): 3,
        ("lambda", "a"): 2,
    }
