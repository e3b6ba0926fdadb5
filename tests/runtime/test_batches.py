"""A batch of SNS envelopes from a queue of arrivals, as Lambda hands it over with `intake: batched`.

The event: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html; the body without raw delivery:
https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html.
"""

from __future__ import annotations

import json
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from alertrelay.dispatch.assembly import Pipeline
from alertrelay.ports import NotAccountedFor
from alertrelay.runtime.forwarder import Built, _handle
from alertrelay.runtime.observe import Observer
from alertrelay.sources import Envelope

from tests.dispatch.world import World
from tests.runtime.test_sent_back import Observing, notification, sqs_event

TOPIC = "arn:aws:sns:eu-central-1:111122223333:alertrelay-prod-warning"
QUEUE = "arn:aws:sqs:eu-central-1:111122223333:alertrelay-prod-slack-forwarder-arrivals"


class Refusing:
    """A pipeline that does not account for the alert Poison."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.clock = pipeline.clock
        self._pipeline = pipeline

    def take(self, envelope: Envelope, *, deadline: datetime) -> None:
        if "Poison" in envelope.text:
            raise NotAccountedFor
        self._pipeline.take(envelope, deadline=deadline)


def batch(*names: str) -> dict[str, Any]:
    """An event with a message each, of one alert."""
    records = []
    for name in names:
        alerts = [{"labels": {"alertname": name, "severity": "critical", "service": "orders"}}]
        text = json.dumps({"receiver": "alertrelay-intake", "alerts": alerts})
        envelope = Envelope(text=text, message_id=f"sns-{name}", topic_arn=TOPIC)
        (record,) = sqs_event(json.dumps(notification(envelope)))["Records"]
        records.append({**record, "messageId": f"sqs-{name}", "eventSourceARN": QUEUE})
    return {"Records": records}


def handled(world: World, event: Any, *, forwarder: int = 0) -> tuple[Any, list[Exception]]:
    observing = Observing()
    pipeline = cast(Pipeline, Refusing(world.relays[forwarder].pipeline))
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000, aws_request_id="r")
    return _handle(Built(pipeline, cast(Observer, observing), dict), event, context), observing.errors


def stored(world: World) -> list[str]:
    return sorted(item.alert.labels["alertname"] for item in world.memory.firing(world.clock.now()))


def test_each_envelope_of_a_batch_is_an_alert() -> None:
    world = World()
    names = [f"Alert{number}" for number in range(10)]
    assert handled(world, batch(*names)) == ({"batchItemFailures": []}, [])
    assert stored(world) == names


def test_of_a_batch_only_what_is_not_accounted_for_comes_again() -> None:
    world = World()
    answer, errors = handled(world, batch("One", "Poison", "Two"))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "sqs-Poison"}]}
    assert [type(error) for error in errors] == [NotAccountedFor]
    assert stored(world) == ["One", "Two"]


def test_a_batch_that_comes_again_changes_nothing() -> None:
    world = World()
    handled(world, batch("One", "Two"))
    before = {name: dict(members) for name, members in world.memory._members.items()}
    assert handled(world, batch("One", "Two")) == ({"batchItemFailures": []}, [])
    assert {name: dict(members) for name, members in world.memory._members.items()} == before
