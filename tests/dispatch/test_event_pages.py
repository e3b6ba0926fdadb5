"""An event that comes in pages: every page is announced, none replaces another, and each has an outcome of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.sources import Envelope

from tests.dispatch.world import START, World, config, timed

ARN = "arn:aws:health:eu-west-1::event/EC2/AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED/7f35"
TICK = 310


def page(number: int, *entities: str, status: str = "upcoming", message_id: str = "") -> Envelope:
    """One page of a planned change: the same clock and ARN in all of them."""
    detail: dict[str, Any] = {
        "eventArn": ARN,
        "service": "EC2",
        "eventTypeCode": "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED",
        "eventTypeCategory": "scheduledChange",
        "startTime": "Fri, 27 Nov 2026 06:02:51 GMT",
        "lastUpdatedTime": "Fri, 20 Nov 2026 02:59:00 GMT",
        "statusCode": status,
        "eventRegion": "eu-west-1",
        "eventDescription": [{"language": "en_US", "latestDescription": "The hardware is degraded."}],
        "affectedEntities": [{"entityValue": entity, "status": "PENDING"} for entity in entities],
        "page": str(number),
        "totalPages": "2",
    }
    event = {
        "version": "0",
        "id": f"h{number}",
        "detail-type": "AWS Health Event",
        "source": "aws.health",
        "account": "123456789012",
        "time": "2026-11-20T03:00:00Z",
        "region": "eu-west-1",
        "resources": list(entities),
        "detail": detail,
    }
    return Envelope(
        text=json.dumps(event),
        message_id=message_id or f"m{number}",
        topic_arn="arn:aws:sns:eu-central-1:111122223333:alertrelay-test-warning",
        sent_at=START,
    )


def said(world: World) -> str:
    return json.dumps(world.sent("slack"))


def test_each_page_of_an_event_is_named_to_people() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(page(1, "i-0aaa", "i-0bbb"), page(2, "i-0ccc", "i-0ddd"))
    world.run(TICK)
    assert [entity for entity in ("i-0aaa", "i-0bbb", "i-0ccc", "i-0ddd") if entity not in said(world)] == []
    announced = {o.state_key for o in world.outcomes if o.outcome in ("delivered", "merged")}
    assert len(announced) == 2


def test_a_page_that_comes_after_the_first_was_announced_is_announced() -> None:
    world = World()
    world.publish(page(1, "i-0aaa"))
    world.run(TICK)
    world.publish(page(2, "i-0ccc"))
    world.run(TICK)
    assert "i-0ccc" in said(world)


def test_the_same_page_from_two_regions_is_announced_once() -> None:
    world = World()
    world.publish(page(1, "i-0aaa", "i-0bbb"), page(1, "i-0bbb", "i-0aaa", message_id="backup"))
    world.run(TICK)
    assert len(world.sent("slack")) == 1


def anomaly(resource: str, *, impact: float, minutes: int, message_id: str = "", topic: str = "warning") -> Envelope:
    """One cost anomaly as it goes on: the same id, another cause."""
    detail = {
        "anomalyId": "a-1",
        "accountId": "123456789012",
        "anomalyStartDate": "2026-11-20T02:00:00Z",
        "dimensionalValue": resource,
        "impact": {"totalImpact": impact},
        "rootCauses": [{"service": resource}],
    }
    event = {
        "version": "0",
        "id": f"c{minutes}",
        "detail-type": "Anomaly Detected",
        "source": "aws.ce",
        "account": "123456789012",
        "time": f"2026-11-20T03:{minutes:02d}:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }
    return Envelope(
        text=json.dumps(event),
        message_id=message_id or f"c{minutes}",
        topic_arn=f"arn:aws:sns:eu-central-1:111122223333:alertrelay-test-{topic}",
        sent_at=START + timedelta(minutes=minutes),
    )


@pytest.mark.parametrize("wait", [30, 0])
def test_an_event_of_one_identity_that_names_another_thing_is_announced_too(wait: int) -> None:
    world = World(config=timed(config(), group_wait=wait))
    world.publish(anomaly("Amazon Bedrock", impact=100, minutes=0), anomaly("Amazon Athena", impact=900, minutes=0))
    world.run(TICK)
    assert "Amazon Bedrock" in said(world)
    assert "Amazon Athena" in said(world)
    found = [(o.outcome, o.reason) for o in world.outcomes if o.receiver == "slack" and o.outcome != "pending"]
    assert len(found) == 2
    assert {outcome for outcome, _ in found} <= {"delivered", "merged"}


def test_an_event_that_only_counts_on_is_announced_once() -> None:
    world = World()
    world.publish(anomaly("Amazon Bedrock", impact=100, minutes=0))
    world.run(TICK)
    world.publish(anomaly("Amazon Bedrock", impact=250, minutes=10))
    world.run(TICK)
    assert len(world.sent("slack")) == 1


def test_copies_of_an_event_from_two_topics_are_one() -> None:
    world = World(config=timed(config(), group_wait=30))
    copies = [anomaly("Amazon Bedrock", impact=100, minutes=0, topic=topic) for topic in ("warning", "infrastructure")]
    world.publish(*copies)
    world.run(TICK)
    assert said(world).count("Cost anomaly") == said(world).count("Cost anomaly in Amazon Bedrock") > 0
    assert len({o.notification_id for o in world.outcomes if o.notification_id and o.receiver == "slack"}) == 1


def retold(text: str, *, clock: str = "02:59:00") -> Envelope:
    """The same page with another text, which names what no label names."""
    first = page(1, "i-0aaa", message_id=f"m-{text}")
    changed = first.text.replace("The hardware is degraded.", text).replace("02:59:00", clock)
    return replace(first, text=changed)


@pytest.mark.parametrize("clock", ["02:59:00", "02:59:30"])
@pytest.mark.parametrize("wait", [30, 0])
def test_an_event_that_differs_in_its_text_alone_is_announced_too(wait: int, clock: str) -> None:
    world = World(config=timed(config(), group_wait=wait))
    world.publish(page(1, "i-0aaa"), retold("It moves to host-7 on Friday.", clock=clock))
    world.run(TICK)
    assert "hardware is degraded" in said(world)
    assert "host-7" in said(world)
    ends = [o.outcome for o in world.outcomes if o.receiver == "slack" and o.outcome != "pending"]
    assert ends == (["delivered", "merged"] if wait else ["delivered", "delivered"])


@pytest.mark.parametrize(("count", "named"), [("1 of 9", False), ("111122223333", True), ("ID (111122223333).", True)])
def test_a_number_that_names_an_account_keeps_events_apart_and_a_count_does_not(count: str, named: bool) -> None:
    world = World(config=timed(config(), group_wait=30))
    first = f"Affected: {count}"
    world.publish(retold(first), retold(first.replace("1", "2")))
    world.run(TICK)
    assert (first in said(world)) is named
    assert first.replace("1", "2") in said(world)


def test_more_resources_than_a_label_names_are_announced() -> None:
    world = World(config=timed(config(), group_wait=30))
    many = [f"i-0{n}" for n in range(6)]
    world.publish(page(1, *many), page(1, *many[:5], "i-0zzz", message_id="other"))
    world.run(TICK)
    assert "i-05" in said(world)
    assert "i-0zzz" in said(world)
