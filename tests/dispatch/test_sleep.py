"""How long a group sleeps, and what wakes it: a repeat, an announced end, who joins, a silence, a new build."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.alert import rfc3339
from alertrelay.config.durations import ALONE
from alertrelay.config.model import Matcher
from alertrelay.dispatch import silences
from alertrelay.nflog.group_state import GroupHeader
from alertrelay.notification import Reason
from alertrelay.notify.mute import SILENCE_ENDS
from alertrelay.policy.silence import Silence
from alertrelay.sources import Envelope
from alertrelay.state import Store, StoreFailure

from tests.dispatch.test_moves import deploy, open_at, warning, warnings_to
from tests.dispatch.world import START, World, alarm, on_tick, receive

MINUTE = timedelta(minutes=1)
TICK = 310
LONG = 50 * 60
"""Seconds: less than until a repeat, and ten ticks of a group."""


class Counting:
    """A table that counts the leases that were taken."""

    def __init__(self, inner: Store) -> None:
        self.inner, self.leases = inner, 0

    def lease(self, gid: str, **given: Any) -> Any:
        taken = self.inner.lease(gid, **given)
        self.leases += bool(taken)
        return taken

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def counting(**given: Any) -> tuple[World, Counting]:
    world = World(wrap=Counting, sleeps=True, **given)
    assert isinstance(world.store, Counting)
    return world, world.store


def slack_group(world: World) -> GroupHeader:
    (found,) = (one for one in world.memory._headers.values() if one.identity.integration.channel == "slack")
    return found


def silenced(world: World, *, begins: float = 0, lasts: float) -> None:
    """Of the service `orders`, from so many minutes on, for so many."""
    at = world.clock.now() + begins * MINUTE
    wanted = Silence(
        id="",
        matchers=((Matcher(name="service", op="=", value="orders"),),),
        starts_at=at,
        ends_at=at + lasts * MINUTE,
        created_by="ann",
        comment="migration",
        updated_at=at,
    )
    silences.save(world.store, world.clock, wanted, new_id="s-1")


# --- how long --------------------------------------------------------------------------------------------------------


def test_an_open_group_is_flushed_again_only_when_its_repeat_is_due() -> None:
    world, table = counting()
    world.publish(warning("a"))
    world.run(LONG)
    assert table.leases == 1
    world.run(3600 - LONG)
    assert table.leases == 2
    assert [o.reason for o in world.of("delivered")] == [Reason.FIRST, Reason.REPEAT]


def test_while_another_build_may_join_a_group_it_is_flushed_at_each_tick() -> None:
    world, table = counting()
    world.memory._wakings.clear()  # nobody has been alone for long
    world.publish(warning("a"))
    world.run(LONG)
    assert table.leases >= 2 + ALONE.total_seconds() // 300
    before = table.leases
    world.run(3600)
    assert table.leases <= before + 1


def test_a_group_wakes_at_the_first_tick_after_an_announced_end() -> None:
    world, table = counting()
    labels = {"alertname": "Disk", "severity": "warning", "service": "orders"}
    ends = {"a": rfc3339(START + 40 * MINUTE), "b": rfc3339(START + 22 * MINUTE)}
    posted = [{"labels": {**labels, "instance": n}, "startsAt": rfc3339(START), "endsAt": ends[n]} for n in ends]
    world.publish(replace(alarm("x"), text=json.dumps(posted)))
    world.run(24 * 60)
    assert [o.status for o in world.of("delivered")] == ["firing"]
    world.run(61)
    assert [o.status for o in world.of("delivered")] == ["firing", "resolved"]
    assert table.leases == 2


def test_a_group_wakes_at_an_end_that_was_brought_forward() -> None:
    world, _ = counting()
    labels = {"alertname": "Disk", "severity": "warning", "service": "orders"}
    for minute, ends in ((0, 50), (3, 10), (4, 12)):
        world.clock.move_to(START + minute * MINUTE)
        posted = [{"labels": labels, "startsAt": rfc3339(START), "endsAt": rfc3339(START + ends * MINUTE)}]
        update = replace(alarm("x"), text=json.dumps(posted), message_id=str(minute), sent_at=world.clock.now())
        world.publish(update)
    world.run(7 * 60)
    assert [o.status for o in world.of("delivered")] == ["firing"]
    world.run(5 * 60)
    assert [o.status for o in world.of("delivered")] == ["firing", "resolved"]


def test_a_group_of_which_an_alert_is_muted_does_not_sleep() -> None:
    """Its silence may be expired at any moment."""
    world = World(sleeps=True)
    world.publish(warning("a"))
    silenced(world, lasts=300)
    world.publish(warning("b", minutes=1))
    world.run(LONG)
    silences.expire(world.store, world.clock, "s-1")
    world.run(TICK)
    assert [o.state_key[-1] for o in world.of("delivered")] == ["a", "b"]


# --- what wakes it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["ALARM", "OK"])
def test_who_joins_a_group_that_sleeps_is_notified_at_its_next_tick(state: str) -> None:
    world = World(sleeps=True)
    world.publish(warning("a"))
    world.run(LONG + 60)
    world.publish(warning("b" if state == "ALARM" else "a", state, minutes=51))
    world.run(238)
    assert len(world.sent("slack")) == 1
    world.run(3)
    assert len(world.sent("slack")) == 2
    assert world.clock.now() < START + 56 * MINUTE


def test_a_silence_added_while_a_group_slept_is_announced_before_it_ends() -> None:
    world = World(sleeps=True)
    world.publish(alarm("cpu"))
    world.run(120)
    silenced(world, lasts=45)
    world.run(LONG)
    assert sum(SILENCE_ENDS in str(o.alertname) for o in world.of("delivered")) == 2, "by Slack and by mail"


def test_a_group_wakes_when_a_silence_begins_that_was_added_before() -> None:
    world = World(sleeps=True)
    silenced(world, begins=15, lasts=30)
    world.publish(alarm("cpu"))
    world.run(LONG)
    assert sum(SILENCE_ENDS in str(o.alertname) for o in world.of("delivered")) == 2, "by Slack and by mail"


def test_a_new_build_wakes_every_group_page_by_page() -> None:
    world = World(sleeps=True)
    services = [f"s{number}" for number in range(7)]
    world.publish(*(alarm("a", severity="warning", service=service) for service in services[:1]))
    for number, service in enumerate(services[1:]):
        world.publish(alarm(f"b{number}", severity="warning", service=service))
    world.run(LONG - 1500)
    deploy(world, warnings_to("mail"))
    world.run(3 * 60 + TICK)
    assert {receiver for receiver, _ in open_at(world)} == {"mail"}
    assert len(open_at(world)) == 7


def test_groups_are_woken_only_when_no_flush_runs_that_knew_the_former_state() -> None:
    world = World(sleeps=True)
    world.publish(warning("a"))
    world.run(60)
    deploy(world, warnings_to("mail"))
    for seconds, sleeps in ((0, True), (30, True), (15, False)):
        world.clock.sleep(seconds)
        on_tick(world.relays[1])
        assert slack_group(world).schedule.sleeps == sleeps


def test_the_build_before_the_one_that_ticked_last_lets_no_group_sleep() -> None:
    world = World(sleeps=True)
    old = world.relays
    deploy(world, warnings_to("mail"))
    on_tick(world.relays[1])
    receive(old[1], warning("a"), deadline=world.deadline)
    assert not slack_group(world).schedule.sleeps


# --- who dies on the way ---------------------------------------------------------------------------------------------


class Dies:
    """A table that fails at the next request of one name."""

    def __init__(self, inner: Store) -> None:
        self.inner, self.at = inner, ""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name == self.at:
            raise SystemExit
        found: Callable[..., Any] = getattr(self.inner, name)
        return found


@contextmanager
def dying(world: World, at: str) -> Iterator[None]:
    assert isinstance(world.store, Dies)
    world.store.at = at
    with pytest.raises(SystemExit):
        yield
    world.store.at = ""


@pytest.mark.parametrize(("state", "at"), [("ALARM", "lease"), ("ALARM", "wake"), ("OK", "header"), ("OK", "wake")])
def test_who_died_before_it_woke_a_group_wakes_it_when_it_comes_again(state: str, at: str) -> None:
    world = World(wrap=Dies, sleeps=True)
    world.publish(warning("a"))
    world.run(LONG)
    update = warning("b" if state == "ALARM" else "a", state, minutes=50)
    with dying(world, at):
        receive(world.relays[1], update, deadline=world.deadline)
    world.clock.sleep(60)
    receive(world.relays[1], update, deadline=world.deadline)
    world.run(TICK)
    assert len(world.sent("slack")) == 2


def test_a_group_that_slept_keeps_its_tick_when_it_is_recorded_late() -> None:
    class Down:
        down = False

        def __init__(self, inner: Store) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            if self.down:
                raise StoreFailure(f"DynamoDB {name}: EndpointConnectionError")
            return getattr(self.inner, name)

    world = World(wrap=Down, sleeps=True)
    world.publish(alarm("a"))
    world.run(600)
    world.store.down = True
    world.publish(_critical("b", world.clock.now()))
    world.run(60)
    world.store.down = False
    world.run(TICK + 130)
    before = len(world.pages())
    world.publish(_critical("c", world.clock.now()))
    world.run(TICK + 70)
    assert len(world.pages()) == before + 1


def _critical(name: str, at: datetime) -> Envelope:
    return alarm(name, at=at)
