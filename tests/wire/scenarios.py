"""The scenarios of the golden files: what each returns is compared with golden/<its name>.json.

Each drives the real handlers over the real store; together they reach every queue body, item, object, log event and
metric. The incidents of incidents.py are scenarios too, opened and closed by today's code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.wire import normalise, product
from tests.wire.host import Here
from tests.wire.incidents import DOWN, INCIDENTS, NO_TABLE, Incident, heal, heard
from tests.wire.messages import alarm
from tests.wire.product import Fault
from tests.wire.world import TABLE, World, deployed

EVENTS = Path(__file__).parents[2] / "events"
DAYS = timedelta(days=4, minutes=1)
Moments = Iterator[str]
"""A scenario yields the name of each moment at which the table is looked at."""


def todays() -> Here:
    """Return today's code, in this process."""
    return Here(product.bind_forwarder, product.compile_config)


def run(steps: Callable[[World], Moments]) -> str:
    """Run a scenario; its golden file."""
    with normalise.numbered_ids(), deployed(todays()) as world:
        tables = {moment: normalise.table(world.items()) for moment in steps(world)}
        events, metrics = normalise.log(world.logs)
        return normalise.document(
            {
                "bodies": normalise.bodies(world.bodies),
                "tables": tables,
                "log": events,
                "metrics": metrics,
                "errors": sorted({error.partition(":")[2].strip() for error in world.errors}),
                "heard": heard(world),
            }
        )


def _of(incident: Incident) -> Callable[[World], Moments]:
    def steps(world: World) -> Moments:
        incident.open_(world)
        yield "open"
        incident.close(world)
        yield "closed"

    return steps


def gives_up(world: World) -> Moments:
    """Nobody answers for four days; then the dead-letter queue has it (`bury`)."""
    with _sms_down(world):
        for channel in ("pagerduty", "slack", "email"):
            world.standins.fail(channel, DOWN)
        world.publish(alarm("lost", at=world.clock.now()), to=["pagerduty"])
        yield "failing"
        world.clock.sleep(DAYS.total_seconds())
        world.tick()
        world.run(15)
        yield "given up"


@contextmanager
def _sms_down(world: World) -> Iterator[None]:
    world.emulator.faults["sns"] = NO_TABLE
    yield
    heal(world)


def table_down_for_days(world: World) -> Moments:
    """The table does not answer for four days: every kind of body ends in the dead-letter queue."""
    world.publish(alarm("flushed", at=world.clock.now(), service="a"))
    world.emulator.faults["dynamodb"] = NO_TABLE
    gid = next(item["pk"]["S"] for item in world.items() if item["pk"]["S"].startswith("H#pager")).removeprefix("H#")
    flush = {"do": "flush", "gid": gid, "at": world.clock.now().isoformat()}
    world.invoke("pagerduty", _from_queue(flush))
    world.publish(alarm("received", at=world.clock.now()), to=["pagerduty"])
    ended = alarm("ended", "OK", at=world.clock.now())
    world.publish(ended, to=["pagerduty"])
    again = [json.loads(queued.text) for queued in world.waiting()]
    world.clock.sleep(DAYS.total_seconds())
    for body in again:
        world.invoke("pagerduty", _from_queue(body))
    heal(world)
    yield "after"


def table_fails_for_what_is_not_critical(world: World) -> Moments:
    """A warning waits two minutes for the table; then it goes out without it, on all channels as one digest."""
    world.emulator.faults["dynamodb"] = NO_TABLE
    for service in ("a", "b"):
        world.publish(
            alarm(f"warning-{service}", at=world.clock.now(), severity="warning", service=service), to=["slack"]
        )
    world.run(240)
    world.standins.fail("slack", DOWN)
    world.publish(alarm("critical", at=world.clock.now()), to=["slack"])
    heal(world)
    yield "after"


def unrecorded_fallback(world: World) -> Moments:
    """The table fails while the fallbacks are told, for long: the record of all that comes again, and is written."""
    incident = INCIDENTS["record-queued"]
    world.standins.fail("pagerduty", Fault(kind="reset"))
    incident.open_(world)
    world.run(30)
    yield "queued"
    heal(world)
    world.run(120)
    yield "recorded"


def self_alerts(world: World) -> Moments:
    """What is wrong with the relay itself: a refused key, a message of our own."""
    world.standins.fail("pagerduty", Fault(kind="status", status=403))
    world.publish(alarm("refused", at=world.clock.now(), service="a"), to=["pagerduty"])
    heal(world)
    world.invoke("slack", json.loads((EVENTS / "own-message-come-back.json").read_text()))
    yield "refused"


def large_ledger(world: World) -> Moments:
    """A ledger in chunks; then a chunk is lost, and three flushes left no record: both are said to the operators."""
    incident = INCIDENTS["large-ledger"]
    incident.open_(world)
    yield "open"
    (chunk,) = (item for item in world.items() if item["pk"]["S"].startswith("L#"))
    world.dynamodb.delete_item(TableName=TABLE, Key={"pk": chunk["pk"], "sk": chunk["sk"]})
    (header,) = (item for item in world.items() if item["pk"]["S"].startswith("H#slack") and "next_due" in item)
    world.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": header["pk"], "sk": header["sk"]},
        UpdateExpression="SET tries = :three",
        ExpressionAttributeValues={":three": {"N": "3"}},
    )
    world.run(400)
    yield "lost"


def events_and_muted(world: World) -> Moments:
    """What is no alert but an event, what a time interval mutes, what nobody hears, and what opens nothing."""
    now = world.clock.now()
    world.publish(alarm("muted", at=now, severity="warning", team="office", service="x"))
    world.publish(alarm("info", at=now, severity="info", service="y"))
    world.publish(alarm("insufficient", "INSUFFICIENT_DATA", at=now, service="z"))
    for name in ("backup-failed", "raw-text", "alertmanager-firing-and-resolved", "eventbridge-muted-alarm"):
        event = json.loads((EVENTS / f"{name}.json").read_text())
        for forwarder in product.FORWARDERS:
            world.invoke(forwarder, event)
    world.work()
    world.run(60)
    yield "after"


def bad_input(world: World) -> Moments:
    """What no handler expects does no harm; a failed record of a queue is named."""
    record_of_a_queue = {"eventSource": "aws:sqs", "messageId": "m-1", "body": "{"}
    events: list[Any] = [None, [], "text", {"Records": [record_of_a_queue]}]
    for event in events:
        world.invoke("slack", event)
    record = {"do": "record", "gid": "slack-1", "owner": "nobody", "change": {}}
    world.invoke("slack", _from_queue(record))
    yield "after"


def rate_limited(world: World) -> Moments:
    """PagerDuty says when to come again."""
    world.standins.fail("pagerduty", Fault(kind="status", status=429, retry_after="90"))
    world.publish(alarm("limited", at=world.clock.now()), to=["pagerduty"])
    yield "waiting"
    heal(world)
    world.run(200)
    yield "delivered"


def repeated(world: World) -> Moments:
    """Before a repeat CloudWatch is asked; what it knows nothing of is taken for ended, and is resolved."""
    world.publish(alarm("vanished", at=world.clock.now()))
    world.publish(alarm("again", at=world.clock.now()), message_id="m-1")
    world.publish(alarm("again", at=world.clock.now()), message_id="m-1")
    world.clock.sleep(4 * 3600)
    world.run(700)
    yield "after"


def _from_queue(body: Mapping[str, Any]) -> dict[str, Any]:
    record = {"messageId": "m-0", "eventSource": "aws:sqs", "body": json.dumps(body), "attributes": {}}
    return {"Records": [record]}


SCENARIOS: Mapping[str, Callable[[World], Moments]] = {
    **{name: _of(incident) for name, incident in INCIDENTS.items()},
    "large-ledger": large_ledger,
    "gives-up": gives_up,
    "table-down-for-days": table_down_for_days,
    "table-fails-for-a-warning": table_fails_for_what_is_not_critical,
    "unrecorded-fallback": unrecorded_fallback,
    "self-alerts": self_alerts,
    "events-and-muted": events_and_muted,
    "bad-input": bad_input,
    "rate-limited": rate_limited,
    "repeated": repeated,
}
