"""An event that comes in pages: every page is announced, none replaces another, and each has an outcome of its own."""

from __future__ import annotations

import json
from typing import Any

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
