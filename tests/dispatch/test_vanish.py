"""Alarms that vanish are not repeated for ever."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.notification import Reason
from alertrelay.sources import Envelope

from tests.dispatch.world import START, World, alarm

ARN = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:cpu"
HOUR = 3600


def test_what_still_fires_is_repeated_at_its_interval() -> None:
    world = World()
    world.publish(alarm("cpu"))
    world.run(HOUR + 400)
    assert [action for action, _ in world.pages()] == ["trigger", "trigger"]
    assert [o.reason for o in world.outcomes if o.receiver == "pager"] == [Reason.FIRST, Reason.REPEAT]


def test_an_alarm_that_cloudwatch_no_longer_knows_is_ended_instead_of_repeated() -> None:
    world = World()
    world.publish(alarm("cpu"))
    world.vanished = frozenset({ARN})
    world.run(HOUR + 400)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]
    assert all(header.schedule.next_due is None for header in world.memory._headers.values())
    assert any(event == "alarm_vanished" for event, _ in world.log)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "MetricAlarm"),
        ({"Trigger": None, "AlarmRule": 'ALARM("child")'}, "CompositeAlarm"),
        ({"Trigger": {"Threshold": 90.0}}, ""),
        ({"Trigger": None, "AlarmContributorId": "6d44", "AlarmContributorAttributes": {"host": "a"}}, ""),
        ({"AlarmContributorId": "6d44", "AlarmContributorAttributes": {"namespace": "a", "metric": "b"}}, ""),
    ],
    ids=["metric", "composite", "of no metric", "contributor", "contributor with labels of a metric"],
)
def test_cloudwatch_is_asked_with_the_type_that_the_alarm_itself_showed(changes: Mapping[str, Any], kind: str) -> None:
    world, kinds = World(), set[str]()

    def ended(alarms: Mapping[str, str]) -> frozenset[str]:
        kinds.update(alarms.values())
        return frozenset()

    world.relays = [replace(relay, resolved_alarms=ended) for relay in world.relays]
    sent = alarm("cpu")
    world.publish(replace(sent, text=json.dumps({**json.loads(sent.text), **changes})))
    world.run(HOUR + 400)
    assert kinds == {kind}


def test_an_alarm_that_comes_back_after_it_vanished_is_notified_again() -> None:
    world = World()
    world.publish(alarm("cpu"))
    world.vanished = frozenset({ARN})
    world.run(HOUR + 400)
    world.vanished = frozenset()
    world.publish(alarm("cpu", at=world.clock.now() + timedelta(minutes=1)))
    assert [action for action, _ in world.pages()] == ["trigger", "resolve", "trigger"]


def test_a_deleted_alarm_ends_its_alert_by_the_event_of_its_deletion() -> None:
    world = World()
    world.publish(alarm("cpu"))
    event = {
        "version": "0",
        "id": "c1",
        "detail-type": "CloudWatch Alarm Configuration Change",
        "source": "aws.cloudwatch",
        "account": "111122223333",
        "time": "2026-11-20T03:10:00Z",
        "region": "eu-central-1",
        "resources": [ARN],
        "detail": {"alarmName": "cpu", "operation": "delete", "state": {"value": "ALARM"}},
    }
    world.publish(Envelope(text=json.dumps(event), message_id="e1", sent_at=START + timedelta(minutes=10)))
    world.run(400)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]
