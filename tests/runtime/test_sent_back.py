"""What our dead-letter queues hold, sent back whole: to the timers' queue, to a topic, or to the function itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from alertrelay.groups.messages import TICK
from alertrelay.ports import Retryable
from alertrelay.runtime.forwarder import Built, _handle
from alertrelay.runtime.observe import Observer
from alertrelay.sources import Envelope, unwrap

from tests.dispatch.world import START, World, alarm

FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function:alertrelay-prod-pagerduty:$LATEST"


class Observing:
    """runtime.observe.Observer that keeps errors."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []

    def begin(self, context: Any) -> None:
        pass

    def end(self) -> None:
        pass

    def failed(self, event: str, error: Exception) -> None:
        self.errors.append(error)


def handle(world: World, event: Any, forwarder: int = 0) -> Any:
    """What one forwarder answers to an event."""
    observing = Observing()
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000, aws_request_id="r")
    built = Built(world.relays[forwarder].pipeline, cast(Observer, observing), dict)
    answer = _handle(built, event, context)
    assert observing.errors == []
    return answer


def notification(envelope: Envelope) -> dict[str, Any]:
    """The SNS envelope, as SNS writes it to a subscription's dead-letter queue."""
    return {
        "Type": "Notification",
        "MessageId": envelope.message_id,
        "TopicArn": envelope.topic_arn,
        "Message": envelope.text,
        "Timestamp": START.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
    }


def sns_event(message: Any) -> dict[str, Any]:
    """A Lambda event of SNS."""
    record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:x", "Sns": message}
    return {"Records": [record]}


def sqs_event(body: str) -> dict[str, Any]:
    """A Lambda event of the timers' queue."""
    record = {
        "messageId": "q-1",
        "receiptHandle": "r",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(START.timestamp() * 1000))},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:111122223333:alertrelay-prod-pagerduty-timers",
        "awsRegion": "eu-central-1",
    }
    return {"Records": [record]}


def failed(payload: Any, *, function: str = FUNCTION) -> dict[str, Any]:
    """Lambda's record of an event that it gave up."""
    return {
        "version": "1.0",
        "timestamp": "2026-11-20T03:04:00.000Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": function,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "1 of 1 records failed", "errorType": "RecordsFailed"},
    }


def printed(body: str) -> dict[str, Any]:
    """A message as `aws sqs receive-message` prints it."""
    return {"Messages": [{"MessageId": "q", "ReceiptHandle": "r", "MD5OfBody": "0", "Body": body, "Attributes": {}}]}


def _sent_back(record: dict[str, Any], *, times: int) -> dict[str, Any]:
    for _ in range(times):
        record = failed(sns_event({**notification(CPU), "Message": json.dumps(record)}))
    return record


CPU = alarm("cpu")
_SUBSCRIBED = json.dumps(notification(CPU))
LEFT_OVER: dict[str, Any] = {
    "a subscription's dead letter": notification(CPU),
    "an event of a function's dead-letter queue": sns_event(notification(CPU)),
    "a record of Lambda's destination": failed(sns_event(notification(CPU))),
    "a record of a direct invocation with a message": failed(notification(CPU)),
    "a message that waited for the table": {"do": "receive", "envelope": CPU.to_json(), "told": {}},
    "the rest of a message": {"do": "receive", "envelope": CPU.to_json(), "told": {}, "from": 0},
    "one that is printed by the command line": printed(json.dumps(failed(sns_event(notification(CPU))))),
    "a list of those that are printed": printed(json.dumps(failed(sns_event(notification(CPU)))))["Messages"],
    "an invocation by the own queue that was printed within another that failed": sqs_event(
        json.dumps(failed(sns_event({**notification(CPU), "Message": json.dumps(failed(sqs_event(_SUBSCRIBED)))})))
    ),
    "one that was sent back six times": _sent_back(failed(sns_event(notification(CPU))), times=6),
    "one that was sent back and failed once more": failed(
        sns_event({**notification(CPU), "Message": json.dumps(failed(sns_event(notification(CPU))))})
    ),
}
WAYS: dict[str, Callable[[str], Any]] = {
    "by the timers' queue": sqs_event,
    "by a topic": lambda body: sns_event({**notification(CPU), "MessageId": "again", "Message": body}),
    "by an invocation": json.loads,
}


@pytest.mark.parametrize("body", LEFT_OVER.values(), ids=LEFT_OVER)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_a_dead_letter_queue_holds_is_the_alert_again(body: Any, way: Callable[[str], Any]) -> None:
    world = World()
    handle(world, way(json.dumps(body)))
    (told,) = world.of("delivered")
    assert (told.alertname, told.state_key) == ("HighCPU", "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:cpu")
    handle(world, sns_event(notification(CPU)))
    assert len(world.of("delivered")) == 1  # the same update


@pytest.mark.parametrize("way", ["by the timers' queue", "by a topic"])
@pytest.mark.parametrize("wrap", [lambda body: body, failed, lambda body: printed(json.dumps(body))])
def test_a_tick_that_is_sent_back_is_no_alert(way: str, wrap: Any) -> None:
    world = World()
    handle(world, WAYS[way](json.dumps(wrap(TICK))))
    assert world.outcomes == []
    assert "tick_sent_back" in [event for event, _ in world.log]


def given_up() -> tuple[World, dict[str, Any]]:
    """A delivery that no channel took until it was given up, and what was buried of it."""
    world = World()
    world.fail("pagerduty", "slack", "email", "sns", by=Retryable("it is down"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alertrelay.notify.record.GIVE_UP", timedelta(minutes=30))
        world.publish(CPU)
        world.run(3_600)
    relay = world.relays[0]
    (buried,) = [body for body in world.timers(relay).dead_lettered if body["do"] == "bury"]
    world.fail("pagerduty", "slack", "email", "sns", by=None)
    return world, json.loads(json.dumps(buried))


@pytest.mark.parametrize("way", ["by the timers' queue", "by a topic"])
def test_a_delivery_that_was_given_up_is_tried_again_when_it_is_sent_back(way: str) -> None:
    world, buried = given_up()
    before = len(world.of("delivered"))
    handle(world, WAYS[way](json.dumps(buried)))
    assert [action for action, _ in world.pages()] == ["trigger"]
    assert [o.alertname for o in world.of("delivered")[before:]] == ["HighCPU"]


def test_a_delivery_whose_alert_has_ended_is_not_announced_when_it_is_sent_back() -> None:
    world, buried = given_up()
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(600)
    pages = len(world.pages())
    handle(world, sqs_event(json.dumps(buried)))
    assert len(world.pages()) == pages


def test_a_delivery_whose_group_is_not_known_any_more_is_reported_to_ops() -> None:
    world = World()
    body = {"do": "bury", "gid": "pagerduty-0", "receiver": "pager/pagerduty/0", "alerts": ["HighCPU 00 firing"]}
    handle(world, sqs_event(json.dumps(body)))
    assert [one.name for one in world.ops] == ["BuriedGroupGone"]


def test_a_timer_of_another_forwarder_that_comes_by_a_topic_is_left_to_it() -> None:
    world = World()
    flush = {"do": "flush", "gid": "slack-0", "at": START.isoformat()}
    handle(world, WAYS["by a topic"](json.dumps(flush)))
    assert world.outcomes == []
    assert ("not_this_forwarder", {"gid": "slack-0"}) in world.log


@pytest.mark.parametrize("body", [{"do": "flush"}, {"do": "record", "gid": "g"}, {"do": "bury"}, {"do": ["x"]}])
def test_what_only_looks_like_a_timer_is_read_as_a_message(body: Any) -> None:
    world = World()
    handle(world, sqs_event(json.dumps(body)), forwarder=1)
    world.run(60)
    assert {o.alertname for o in world.of("delivered")} == {"RawMessage"}


def test_what_was_notified_is_believed_of_the_own_queue_alone() -> None:
    """Who may publish to a topic must not be able to keep an alert from people."""
    world = World()
    gid = next(iter(_groups(world)))
    claimed = {"do": "receive", "envelope": CPU.to_json(), "told": {gid: {"firing": ["0" * 16]}}}
    handle(world, WAYS["by a topic"](json.dumps(claimed)))
    assert [action for action, _ in world.pages()] == ["trigger"]


def _groups(world: World) -> list[str]:
    other = World()
    handle(other, sns_event(notification(CPU)))
    return list(other.memory._headers)


def test_the_record_of_somebody_elses_function_is_news_of_that_function() -> None:
    record = failed(sns_event(notification(CPU)), function="arn:aws:lambda:eu-central-1:111122223333:function:pay")
    (envelope,) = unwrap(record)
    assert json.loads(envelope.text) == record


def test_a_record_keeps_when_its_event_was_sent() -> None:
    (envelope,) = unwrap(failed(sns_event(notification(CPU))))
    assert (envelope.sent_at, envelope.message_id) == (START, CPU.message_id)
    (direct,) = unwrap(failed({"alarmData": {}}))
    assert direct.sent_at == START + timedelta(minutes=4)
