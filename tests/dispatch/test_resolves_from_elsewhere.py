"""A resolve that comes from another source, account or region than its alert counts, and its message says so."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.sources import Envelope

from tests.dispatch.world import START, World, alarm

ARN = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:cpu"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:alertrelay-test-critical"
LATER = START + timedelta(seconds=30)


def by_eventbridge(state: str) -> Envelope:
    """The same alarm's change by an EventBridge rule."""
    event = {
        "version": "0",
        "id": "e-1",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "111122223333",
        "region": "eu-central-1",
        "time": "2026-11-20T03:00:30Z",
        "resources": [ARN],
        "detail": {
            "alarmName": "cpu",
            "state": {"value": state, "reason": "r", "timestamp": "2026-11-20T03:00:30.000+0000"},
            "previousState": {"value": "ALARM"},
            "configuration": {"metrics": []},
        },
    }
    return Envelope(text=json.dumps(event), message_id="m-eb", topic_arn=TOPIC, sent_at=LATER)


def incident(event: str, account: str) -> Envelope:
    """What DevOps Guru says of one insight, out of one account."""
    body: dict[str, Any] = {
        "version": "0",
        "id": f"{event}-{account}",
        "detail-type": f"DevOps Guru {event}",
        "source": "aws.devops-guru",
        "account": account,
        "region": "eu-central-1",
        "time": "2026-11-20T03:00:00Z" if event == "New Insight Open" else "2026-11-20T03:10:00Z",
        "resources": [],
        "detail": {
            "accountId": account,
            "region": "eu-central-1",
            "insightId": "AO-1",
            "insightDescription": "Latency of orders is anomalous",
            "insightSeverity": "high",
            "insightType": "REACTIVE",
            "insightUrl": "https://console.aws.amazon.com/devops-guru/#/insights/reactive/AO-1",
        },
    }
    at = START if event == "New Insight Open" else START + timedelta(minutes=10)
    return Envelope(text=json.dumps(body), message_id=f"m-{event}-{account}", topic_arn=TOPIC, sent_at=at)


def texts(world: World) -> str:
    return json.dumps([world.sent("slack"), world.sent("email")], ensure_ascii=False)


def marks(world: World) -> list[tuple[str, str]]:
    return [(f["opened_by"], f["resolved_by"]) for event, f in world.log if event == "resolve_from_elsewhere"]


def test_a_resolve_by_another_way_is_marked_in_its_message_and_logged_by_name() -> None:
    world = World()
    world.publish(alarm("cpu"))
    assert "not come from where the alert was opened" not in texts(world)
    world.publish(by_eventbridge("OK"))
    world.run(400)
    assert set(marks(world)) == {("cloudwatch 111122223333 eu-central-1", "eventbridge 111122223333 eu-central-1")}
    assert (
        "The resolve of this alert did not come from where the alert was opened: it came from eventbridge of account"
        " 111122223333 in eu-central-1, its alert from cloudwatch of account 111122223333 in eu-central-1."
        " Check that it is over."
    ) in texts(world)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_a_resolve_of_the_alarm_itself_is_not_marked() -> None:
    world = World()
    world.publish(alarm("cpu"))
    world.publish(alarm("cpu", "OK", at=LATER, topic="info"))
    world.run(400)
    assert marks(world) == []
    assert "not from where" not in texts(world)


@pytest.mark.parametrize("account", ["111122223333", "444455556666"])
def test_a_resolve_out_of_another_account_is_marked(account: str) -> None:
    world = World()
    world.publish(incident("New Insight Open", "111122223333"))
    world.publish(incident("Insight Closed", account))
    world.run(400)
    assert bool(marks(world)) == (account != "111122223333")
    assert ("not come from where the alert was opened" in texts(world)) == (account != "111122223333")


def test_an_alarm_that_fires_again_and_resolves_as_it_fired_is_not_marked() -> None:
    world = World()
    world.publish(alarm("cpu"))
    world.publish(by_eventbridge("OK"))
    world.run(400)
    before = len(marks(world))
    world.publish(alarm("cpu", at=START + timedelta(minutes=20)))
    world.publish(alarm("cpu", "OK", at=START + timedelta(minutes=21)))
    world.run(400)
    assert len(marks(world)) == before


def test_an_alarm_that_vanished_is_resolved_without_a_mark() -> None:
    world = World()
    world.publish(alarm("cpu"))
    world.vanished = frozenset({ARN})
    world.run(3700)
    assert "not from where" not in texts(world)
    assert [action for action, _ in world.pages()][-1] == "resolve"
