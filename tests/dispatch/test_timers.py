"""When a group is told: group_wait, group_interval, repeat_interval, and the messages and ticks that bring it about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.alert import Channel
from alertrelay.notification import Reason, Receipt
from alertrelay.state import StoreFailure

from tests.dispatch.world import START, World, alarm, config, on_tick, on_timer, timed

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
KINDS: tuple[Channel, ...] = ("pagerduty", "slack", "email")


def counts(world: World) -> list[int]:
    return [len(world.sent(channel)) for channel in KINDS]


def reasons(world: World, receiver: str = "pager") -> list[str]:
    return [o.reason.value for o in world.outcomes if o.receiver == receiver and o.outcome == "delivered"]


# --- group_wait ----------------------------------------------------------------------------------------------------


def test_a_new_group_is_notified_after_its_wait_with_all_that_came_meanwhile() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(alarm("a"), alarm("b", at=START + 20 * SECOND))
    world.run(9.9)
    assert counts(world) == [0, 0, 0]
    world.run(0.2)
    assert counts(world) == [1, 1, 1]
    assert set(world.final().values()) == {"delivered", "merged"}


def test_an_alert_that_is_older_than_the_wait_is_notified_at_once() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(alarm("a", at=START, sent_at=START + 31 * SECOND))
    assert counts(world) == [1, 1, 1]


def test_an_old_alert_does_not_hasten_a_group_that_waits_already() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(alarm("a"), alarm("b", at=START - MINUTE, sent_at=START + SECOND))
    assert counts(world) == [0, 0, 0]
    world.run(29.1)
    assert counts(world) == [1, 1, 1]


def test_an_alert_that_ends_within_the_wait_wakes_nobody() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(alarm("a"), alarm("a", "OK", at=START + 10 * SECOND))
    world.run(600)
    assert counts(world) == [0, 0, 0]
    assert {o.reason for o in world.of("suppressed")} == {Reason.RESOLVED_EARLY}


# --- group_interval ------------------------------------------------------------------------------------------------


def test_what_joins_an_open_group_is_notified_at_its_next_tick_and_not_before() -> None:
    world = World()
    world.publish(alarm("a"), alarm("b", at=START + 10 * SECOND))
    world.run(289)
    assert counts(world) == [1, 1, 1]
    world.run(2)
    assert counts(world) == [2, 2, 2]
    assert reasons(world) == [Reason.FIRST, Reason.NEW_ALERTS]


def test_ticks_are_counted_from_the_first_flush_however_long_a_message_takes() -> None:
    world = World(config=timed(config(), group_interval=5))
    slack = world.senders["slack"]
    sent: list[datetime] = []
    take = slack.send

    def slow(*args: Any, **kwargs: Any) -> Receipt:
        sent.append(world.clock.now())
        if len(sent) == 2:
            world.clock.sleep(12)
        return take(*args, **kwargs)

    slack.send = slow  # type: ignore[method-assign] # an instance of its own
    world.publish(alarm("a", severity="warning"))
    world.publish(alarm("b", severity="warning", at=START + SECOND))
    world.run(5)
    assert world.clock.now() == START + 17 * SECOND
    world.publish(alarm("c", severity="warning", at=START + 18 * SECOND))
    world.run(60)
    assert [(at - START).total_seconds() for at in sent] == [0, 5, 20]


def test_a_look_that_finds_nothing_new_sends_nothing_and_the_next_one_comes() -> None:
    world = World()
    world.publish(alarm("a"))
    world.run(50 * 60)
    assert counts(world) == [1, 1, 1]
    world.publish(alarm("b", at=world.clock.now()))
    world.run(5 * 60 + 1)
    assert counts(world) == [2, 2, 2]


def test_a_group_that_closed_begins_anew_with_its_wait() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(alarm("a"))
    world.run(60)
    world.publish(alarm("a", "OK", at=world.clock.now()))
    world.run(400)
    world.publish(alarm("a", at=world.clock.now()))
    again = world.clock.now()
    assert counts(world) == [2, 2, 2]
    world.run(30.1)
    assert counts(world) == [3, 3, 3]
    world.publish(alarm("b", at=world.clock.now()))
    world.run((again + timedelta(seconds=329.9) - world.clock.now()).total_seconds())
    assert counts(world) == [3, 3, 3]
    world.run(0.2)
    assert counts(world) == [4, 4, 4]


# --- repeat_interval -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.0, 0.9])
def test_a_repeat_comes_at_its_interval_however_long_sending_takes(seconds: float) -> None:
    world = World()
    times: list[float] = []
    take = world.senders["slack"].send

    def send(*args: Any, **kwargs: Any) -> Receipt:
        if not times:
            world.clock.sleep(seconds)
        times.append((world.clock.now() - START).total_seconds())
        return take(*args, **kwargs)

    world.senders["slack"].send = send  # type: ignore[method-assign] # an instance of its own
    world.publish(alarm("a", severity="warning"))
    world.run(3 * 3600 - 60)
    assert [round(at) for at in times] == [round(seconds), 3600, 7200]
    assert reasons(world, "slack") == [Reason.FIRST, Reason.REPEAT, Reason.REPEAT]


def test_what_was_added_since_puts_the_repeat_off() -> None:
    world = World()
    world.publish(alarm("a"), alarm("b", at=START + 10 * SECOND))
    world.run(3500)
    assert counts(world) == [2, 2, 2]
    world.run(295)
    assert counts(world) == [2, 2, 2]
    world.run(120)
    assert counts(world) == [3, 3, 3]


# --- messages and ticks --------------------------------------------------------------------------------------------


def flush_message(world: World, *, at: datetime) -> dict[str, str]:
    (gid,) = (gid for gid in world.memory._headers if gid.startswith("slack"))
    return {"do": "flush", "gid": gid, "at": at.isoformat()}


def test_a_message_that_comes_a_moment_early_waits_for_its_time() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(alarm("a", severity="warning"))
    world.clock.sleep(28.5)
    on_timer(world.relays[1], flush_message(world, at=START + 30 * SECOND), deadline=world.deadline)
    assert len(world.sent("slack")) == 1
    assert world.clock.now() == START + 30 * SECOND


def test_a_message_that_comes_early_comes_again_at_its_time() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(alarm("a", severity="warning"))
    timers = world.timers(world.relays[1])
    timers.waiting.clear()
    on_timer(world.relays[1], flush_message(world, at=START + 30 * SECOND), deadline=world.deadline)
    assert world.sent("slack") == []
    assert [at for at, _ in timers.waiting] == [START + 30 * SECOND]


def test_a_message_for_a_time_that_somebody_has_seen_to_is_dropped() -> None:
    world = World(config=timed(config(), group_interval=10))
    world.publish(alarm("a", severity="warning"))
    world.run(20)
    timers = world.timers(world.relays[1])
    waiting = len(timers.waiting)
    on_timer(world.relays[1], flush_message(world, at=START + 10 * SECOND), deadline=world.deadline)
    assert len(timers.waiting) == waiting


def test_messages_of_a_group_that_is_looked_at_within_the_minute_do_not_multiply() -> None:
    world = World(config=timed(config(), group_interval=10))
    world.publish(alarm("a"))
    world.run(1800)
    assert all(len(world.timers(relay).waiting) <= 2 for relay in world.relays)
    assert counts(world) == [1, 1, 1]


def test_a_lost_message_is_made_good_by_the_next_tick() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(alarm("a", sent_at=START + SECOND))
    for relay in world.relays:
        world.timers(relay).waiting.clear()
    world.run(90)
    assert counts(world) == [1, 1, 1]


def test_a_tick_that_runs_twice_notifies_nothing_twice() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(alarm("a"))
    for relay in world.relays * 2:
        on_tick(relay)
    world.run(700)
    assert counts(world) == [1, 1, 1]


def test_a_tick_sends_for_its_own_channels_what_falls_due_in_the_next_minute() -> None:
    world = World(config=timed(config(), group_wait=130))
    world.publish(alarm("a", severity="warning"))
    pager, slack, _ = world.relays
    for _ in range(2):
        assert world.timers(slack).waiting == []
        on_tick(pager)
        on_tick(slack)
        world.clock.sleep(60)
    assert world.timers(pager).waiting == []
    assert [at for at, _ in world.timers(slack).waiting] == [START + 130 * SECOND]
    on_tick(slack)
    assert len(world.timers(slack).waiting) == 1


def test_a_timer_that_was_sent_is_sent_once_more_when_it_is_overdue() -> None:
    world = World(config=timed(config(), group_wait=119))
    world.publish(alarm("a", severity="warning"))
    slack = world.relays[1]
    assert [at for at, _ in world.timers(slack).waiting] == [START + 119 * SECOND]
    world.timers(slack).waiting.clear()
    for pause in (60, 60):
        world.clock.sleep(pause)
        on_tick(slack)
    assert world.timers(slack).waiting == []
    world.clock.sleep(4)
    on_tick(slack)
    assert [at for at, _ in world.timers(slack).waiting] == [START + 124 * SECOND]


def test_a_tick_says_that_the_table_failed_so_that_its_function_counts_as_failed() -> None:
    class Blind:
        def due(self, *_: Any, **__: Any) -> Any:
            raise StoreFailure("DynamoDB query: InternalServerError")

    world = World(wrap=lambda _: Blind())
    with pytest.raises(StoreFailure):
        on_tick(world.relays[0])
