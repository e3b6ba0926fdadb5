"""Ticks while the table or the queue fails: no failed event, and nothing waits for the queue."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from alertrelay.groups.messages import TICK
from alertrelay.memory.ports import MemoryTimers
from alertrelay.ports import TimersFailure
from alertrelay.runtime import forwarder
from alertrelay.runtime.observe import Observer
from alertrelay.sources import Envelope
from alertrelay.state import StoreFailure

from tests.dispatch.world import START, Absent, World, alarm, config, timed

CONTEXT = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 30_000)


class Downed(MemoryTimers):
    """A queue that takes nothing while `down`."""

    down = False

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        if self.down:
            raise TimersFailure("SQS SendMessage: ServiceUnavailable")
        super().send(body, delay_seconds=delay_seconds)


class Kept:
    """An Observer that keeps what it is given."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.counted: list[str] = []

    def begin(self, _context: Any) -> None: ...

    def end(self) -> None: ...

    def failed(self, event: str, error: Exception) -> None:
        self.failures.append(f"{event} {type(error).__name__}")

    def log(self, _event: str, **_fields: Any) -> None: ...

    def count(self, name: str) -> None:
        self.counted.append(name)


def test_a_tick_that_finds_no_table_is_logged_and_counted_and_is_no_failed_event() -> None:
    world, observer = World(wrap=lambda _: Absent()), Kept()
    for relay in world.relays:
        built = forwarder.Built(relay.pipeline, cast(Observer, observer), dict)
        assert forwarder._handle(built, TICK, CONTEXT) is None
    assert observer.failures == ["tick_failed StoreFailure"] * 3
    assert observer.counted == ["TicksFailed"] * 3


def _waiting_world() -> tuple[World, Envelope]:
    world = World(config=timed(config(), group_wait=30), timers_of=Downed)
    for relay in world.relays:
        cast(Downed, relay.timers).down = True
    return world, alarm("cpu")


def test_while_the_queue_is_down_a_tick_flushes_what_is_due_itself() -> None:
    world, envelope = _waiting_world()
    for relay in world.relays:
        with pytest.raises(TimersFailure):
            relay.pipeline.receive(envelope, deadline=world.deadline)
    assert not world.pages()
    world.run(90)
    assert len(world.pages()) == 1
    assert len(world.sent("slack")) == len(world.sent("email")) == 1
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(400)
    assert world.pages()[-1][0] == "resolve"


def test_a_tick_flushes_only_as_many_groups_as_its_time_allows() -> None:
    world, _ = _waiting_world()
    for number in range(5):
        with pytest.raises(TimersFailure):
            world.relays[0].pipeline.receive(alarm(f"a{number}", service=f"s{number}"), deadline=world.deadline)
    world.clock.sleep(60)
    sender = world.senders["pagerduty"]
    send = sender.send

    def slow(*args: Any, **given: Any) -> Any:
        world.clock.sleep(6)
        return send(*args, **given)

    sender.send = slow  # type: ignore[method-assign]
    world.relays[0].pipeline.on_tick(deadline=world.deadline)
    assert len(world.pages()) == 2
    assert world.clock.now() <= START.replace(minute=2)


def test_a_tick_whose_table_fails_in_the_middle_raises_for_its_handler_to_log() -> None:
    world = World(wrap=lambda _: Absent())
    with pytest.raises(StoreFailure):
        world.relays[0].pipeline.on_tick(deadline=world.deadline)
