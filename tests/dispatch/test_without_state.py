"""The table fails: state makes us quieter, never silent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.memory.ports import MemoryTimers
from alertrelay.notification import Reason
from alertrelay.ports import NotAccountedFor, Retryable, TimersFailure
from alertrelay.state import Store, StoreFailure

from tests.dispatch.world import START, Absent, World, alarm, receive

MINUTE = timedelta(minutes=1)
TICK = 310
"""Seconds within which an open group is looked at again."""


class Switch:
    """A store that fails while `down` is set."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.down = False

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.down:
                raise StoreFailure(f"DynamoDB {name}: InternalServerError")
            return getattr(self.inner, name)(*args, **kwargs)

        return call


class RecordsFail:
    """A store that takes no record while `failing` is set."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.failing = True

    def record(self, gid: str, **change: Any) -> bool:
        if self.failing:
            raise StoreFailure("DynamoDB update_item: InternalServerError")
        return self.inner.record(gid, **change)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Queue(MemoryTimers):
    """A queue that takes nothing while `down` is set."""

    down = False

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        if self.down:
            raise TimersFailure("SQS SendMessage: EndpointConnectionError")
        super().send(body, delay_seconds=delay_seconds)


class NoQueue(MemoryTimers):
    """A queue that takes nothing."""

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        raise TimersFailure("SQS SendMessage: EndpointConnectionError")


def world_with_switch() -> tuple[World, Switch]:
    world = World(wrap=lambda store: Switch(store))
    assert isinstance(world.store, Switch)
    return world, world.store


def test_critical_goes_out_at_once_and_says_that_there_may_be_duplicates() -> None:
    world = World(wrap=lambda _: Absent())
    world.publish(alarm("cpu"))
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]
    assert {(o.outcome, o.reason) for o in world.outcomes} == {("delivered", Reason.STORE_FAILING)}


def test_what_is_not_critical_waits_two_minutes_for_the_table_and_then_goes_out() -> None:
    world = World(wrap=lambda _: Absent())
    slack = world.relays[1]
    envelope = alarm("cpu", severity="warning")
    with pytest.raises(NotAccountedFor):
        receive(slack, envelope, deadline=world.deadline)
    world.clock.sleep(121)
    receive(slack, envelope, deadline=world.deadline)
    assert len(world.sent("slack")) == 1


def test_a_notification_without_the_table_is_recorded_later_and_not_repeated() -> None:
    world, store = world_with_switch()
    store.down = True
    world.publish(alarm("cpu"))
    store.down = False
    world.run(120)
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]
    world.publish(alarm("cpu", "OK", at=START + 5 * MINUTE))
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]
    assert len({key for _, key in world.pages()}) == 1


def test_an_open_group_notified_without_the_table_is_not_repeated_at_its_tick() -> None:
    world, store = world_with_switch()
    world.publish(alarm("cpu"))
    store.down = True
    world.publish(alarm("disk", at=START + MINUTE))
    store.down = False
    told = [len(world.sent(c)) for c in ("pagerduty", "slack", "email")]
    assert told == [2, 2, 2]
    world.run(50 * 60)
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == told
    now = world.clock.now()
    world.publish(alarm("cpu", "OK", at=now), alarm("disk", "OK", at=now))
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "trigger", "resolve"]


def test_a_record_that_the_table_refused_is_written_before_the_next_flush() -> None:
    world = World(wrap=lambda store: RecordsFail(store))
    world.publish(alarm("cpu"))
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]
    assert isinstance(world.store, RecordsFail)
    world.store.failing = False
    world.run(50 * 60)
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_no_end_is_sent_while_the_table_fails_and_it_is_sent_when_it_answers() -> None:
    world, store = world_with_switch()
    world.publish(alarm("cpu"))
    store.down = True
    world.publish(alarm("cpu", "OK", at=START + MINUTE))
    assert [action for action, _ in world.pages()] == ["trigger"]
    assert {o.outcome for o in world.outcomes[3:]} == {"pending"}
    world.run(300)
    assert [action for action, _ in world.pages()] == ["trigger"]
    store.down = False
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_a_failed_channel_has_its_fallbacks_without_the_table_too() -> None:
    world = World(wrap=lambda _: Absent())
    world.fail("pagerduty", by=Retryable("PagerDuty answered 503"))
    world.publish(alarm("cpu"))
    assert {o.receiver for o in world.of("fallback")} == {"slack", "mail"}


def test_all_down_and_no_table_is_pending_in_the_queue_and_delivered_from_there() -> None:
    world, store = world_with_switch()
    store.down = True
    world.fail("pagerduty", "slack", "email", by=Retryable("it answered 503"))
    world.publish(alarm("cpu"))
    assert {o.outcome for o in world.outcomes} == {"pending"}
    store.down = False
    world.fail("pagerduty", "slack", "email", by=None)
    world.run(120)
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]


def test_where_neither_table_nor_queue_takes_it_the_function_raises_notified_or_not() -> None:
    world = World(wrap=lambda _: Absent(), timers_of=NoQueue)
    with pytest.raises(NotAccountedFor):
        receive(world.relays[0], alarm("cpu"), deadline=world.deadline)
    assert len(world.pages()) == 1
    world.fail("pagerduty", by=Retryable("it answered 503"))
    for channel in ("slack", "email"):
        world.fail(channel, by=Retryable("it answered 503"))
    with pytest.raises(NotAccountedFor):
        receive(world.relays[0], alarm("memory"), deadline=world.deadline)
    with pytest.raises(NotAccountedFor):
        receive(world.relays[0], alarm("cpu", "OK", at=START + MINUTE), deadline=world.deadline)


def test_many_groups_without_the_table_are_one_message_and_one_digest() -> None:
    import json

    from alertrelay.sources import Envelope

    world = World(wrap=lambda _: Absent())
    alerts = [
        {"status": "firing", "labels": {"alertname": "Up", "severity": "critical", "service": f"s{n}"}}
        for n in range(9)
    ]
    envelope = Envelope(text=json.dumps({"version": "4", "alerts": alerts}), message_id="am", sent_at=START)
    began = world.clock.now()
    receive(world.relays[1], envelope, deadline=world.deadline)
    assert len(world.sent("slack")) == 2
    assert (world.clock.now() - began).total_seconds() >= 1
    assert len(world.of("delivered")) == 9


def test_a_timer_without_the_table_is_retried_and_dead_lettered_after_four_days() -> None:
    world, store = world_with_switch()
    world.fail("pagerduty", by=Retryable("it answered 503"))
    world.publish(alarm("cpu"))
    store.down = True
    world.run(2 * 3600)
    assert world.timers(world.relays[0]).waiting != []
    world.run(4 * 86400)
    assert world.timers(world.relays[0]).waiting == []
    assert len(world.timers(world.relays[0]).dead_lettered) == 1
