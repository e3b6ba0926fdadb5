"""Faults in mid-incident: deploys, clocks, races, time that runs out."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.config.model import Config
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.store import MemoryStore
from alertrelay.notification import Reason
from alertrelay.ports import Retryable
from alertrelay.state import Store, StoreFailure

from tests.dispatch.world import LAST_RESORT, START, World, alarm, config, receive

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def deployed(world: World, new: Config) -> World:
    """Another configuration takes over the same table and queues."""
    after = World(config=new, clock=world.clock, wrap=lambda _: world.store, last_resort=world.last_resort)
    after.memory, after.senders, after.ticked = world.memory, world.senders, world.ticked
    after.relays = [
        replace(relay, senders=world.senders, timers=old.timers)
        for relay, old in zip(after.relays, world.relays, strict=True)
    ]
    return after


def without(name: str) -> Config:
    """The configuration of the tests without a receiver, its routes leading to the mail instead."""
    old = config(last_resort=True)
    routes = tuple(replace(r, receiver="mail") if r.receiver == name else r for r in old.route.routes)
    return replace(
        old,
        hash="beef",
        route=replace(old.route, routes=routes),
        receivers=tuple(r for r in old.receivers if r.name != name),
        fallbacks={},
    )


def test_a_deploy_that_removes_the_receiver_of_an_open_incident_loses_nothing() -> None:
    world = World(config=config(last_resort=True), last_resort=LAST_RESORT)
    world.publish(alarm("cpu"))
    after = deployed(world, without("pager"))
    after.run(700)
    assert "ReceiverGone" in {alert.name for alert in after.ops}
    after.publish(alarm("cpu", "OK", at=after.clock.now()))
    after.run(700)
    gone = [o for o in after.outcomes if o.reason == Reason.RECEIVER_GONE]
    assert {o.receiver for o in gone} == {"pager"}
    assert "resolved" in str(after.sent("email")[-1]).lower()
    assert all(not header.ledger.firing for header in after.memory._headers.values())


def test_a_description_edited_in_mid_incident_resolves_where_it_was_notified() -> None:
    world = World()
    world.publish(alarm("cpu", severity="critical"))
    world.publish(alarm("cpu", at=START + MINUTE, severity="warning", service="renamed"))
    world.publish(alarm("cpu", "OK", at=START + 2 * MINUTE, severity="warning", service="renamed"))
    world.run(900)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]
    assert all(not header.ledger.firing for header in world.memory._headers.values())


def test_a_resolve_after_twenty_days_ends_the_incident_on_the_key_of_its_trigger() -> None:
    world = World(config=replace(config(), route=_no_repeats(config())))
    world.publish(alarm("cpu"))
    world.run(20 * 86400)
    world.publish(alarm("cpu", "OK", at=START + 20 * DAY))
    world.run(86400)
    trigger, resolve = world.pages()
    assert (trigger[0], resolve[0], trigger[1]) == ("trigger", "resolve", resolve[1])


def _no_repeats(old: Config) -> Any:
    routes = tuple(replace(r, repeat_interval=1e9, group_interval=86400) for r in old.route.routes)
    return replace(old.route, routes=routes)


@pytest.mark.parametrize("skew", [-120, -2, 2, 120])
def test_a_source_whose_clock_is_off_still_opens_and_ends(skew: int) -> None:
    world = World()
    off = timedelta(seconds=skew)
    world.publish(alarm("cpu", at=START + off, sent_at=START))
    world.publish(alarm("cpu", "OK", at=START + MINUTE + off, sent_at=START + MINUTE))
    world.run(400)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]
    assert all((o.latency_seconds or 0) >= 0 for o in world.outcomes)


class Slow:
    """A table of which every request takes its time."""

    def __init__(self, inner: Store, clock: ManualClock, seconds: float) -> None:
        self.inner, self.clock, self.seconds = inner, clock, seconds

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.clock.sleep(self.seconds)
            return getattr(self.inner, name)(*args, **kwargs)

        return call


@pytest.mark.parametrize("seconds", [0.1, 1.0, 3.0, 6.0])
def test_a_slow_table_delays_a_page_and_never_loses_it(seconds: float) -> None:
    clock = ManualClock(START)
    world = World(clock=clock, wrap=lambda store: Slow(store, clock, seconds))
    world.publish(alarm("cpu"))
    world.run(1200)
    assert [action for action, _ in world.pages()][:1] == ["trigger"]
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(2400)
    assert world.pages()[-1][0] == "resolve"


@pytest.mark.parametrize("left", [0.5, 1.5, 2.5, 4, 6, 9, 15])
def test_a_function_that_runs_out_of_time_anywhere_notifies_later(left: float) -> None:
    world = World()
    hangs = Retryable("it did not answer", ambiguous=True)
    world.fail("slack", by=hangs)
    for relay in world.relays:
        receive(relay, alarm("cpu"), deadline=world.clock.now() + timedelta(seconds=left))
    world.fail("slack", by=None)
    world.run(1200)
    assert [action for action, _ in world.pages()][:1] == ["trigger"]
    # "merged": a fallback announced it at that destination.
    done = {o.receiver for o in world.outcomes if o.outcome in ("delivered", "merged") and not o.fallback_for}
    assert done == {"pager", "slack", "mail"}


def test_fifty_invocations_at_once_announce_each_alert_once_and_end_it_once() -> None:
    world = World()
    relay = world.relays[0]
    alarms = [alarm(f"a{n}", at=START + timedelta(milliseconds=n)) for n in range(50)]

    def invoke(envelope: Any) -> None:
        receive(relay, envelope, deadline=world.deadline)

    _at_once(invoke, [*alarms, *alarms])
    world.run(700)
    told = [o for o in world.outcomes if o.outcome in ("delivered", "merged")]
    assert sorted(o.state_key for o in told) == sorted({o.state_key for o in told})
    assert len(told) == 50
    _at_once(invoke, [alarm(f"a{n}", "OK", at=world.clock.now()) for n in range(50)])
    world.run(700)
    assert world.pages()[-1][0] == "resolve"
    assert len({key for _, key in world.pages()}) == 1


def _at_once(invoke: Any, envelopes: list[Any]) -> None:
    threads = [threading.Thread(target=invoke, args=(envelope,)) for envelope in envelopes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_table_that_fails_between_sending_and_recording_is_updated_later() -> None:
    class FailsToRecord(MemoryStore):
        down = False

        def record(self, *args: Any, **kwargs: Any) -> bool:
            if self.down:
                raise StoreFailure("DynamoDB update_item: InternalServerError")
            return super().record(*args, **kwargs)

    clock = ManualClock(START)
    store = FailsToRecord(clock)
    world = World(clock=clock, wrap=lambda _: store)
    world.memory = store
    store.down = True
    world.publish(alarm("cpu"))
    store.down = False
    world.run(900)
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(700)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]
