"""Others act between two requests of one invocation: joiners, duplicates, a second owner. And the order of requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.notification import Receipt
from alertrelay.state import Store

from tests.dispatch.world import START, Relay, World, alarm, config, on_timer, receive, timed

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TICK = 310


class Between:
    """A store that notes its requests. `meanwhile` holds, by request, what somebody else does just before it is made,
    once."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.requests: list[str] = []
        self.meanwhile: dict[str, Callable[[], object]] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            act = self.meanwhile.pop(name, None)
            if act:
                act()
            self.requests.append(name)
            return getattr(self.inner, name)(*args, **kwargs)

        return call


def world_of(*, sleeps: bool = True, **timers: Any) -> tuple[World, Between, Relay]:
    """A world of which the Slack forwarder alone is looked at. `sleeps`: a group may sleep, and close in one write."""
    world = World(config=timed(config(), **timers), wrap=Between, sleeps=sleeps)
    world.relays = [world.relays[1]]
    assert isinstance(world.store, Between)
    return world, world.store, world.relays[0]


def warning(name: str, state: str = "ALARM", seconds: float = 0) -> Any:
    return alarm(name, state, severity="warning", at=START + timedelta(seconds=seconds))


def told(world: World) -> list[tuple[str, str]]:
    """(alarm, status) of each update that people were told of, in order."""
    done = [o for o in world.outcomes if o.outcome in ("delivered", "merged")]
    return [(o.state_key.rpartition(":")[2], o.status) for o in done]


def settled(world: World) -> None:
    """Nothing is held, armed or open."""
    for header in world.memory._headers.values():
        assert (header.schedule.owner, header.schedule.next_due, header.schedule.closing) == ("", None, False)
        assert header.ledger.firing == frozenset()


# --- the order of requests -----------------------------------------------------------------------------------------


def test_a_join_puts_alert_and_member_before_it_reads_the_header_and_arms() -> None:
    world, store, _ = world_of(group_wait=30)
    world.publish(warning("a"))
    assert store.requests == ["put_alert", "put_member", "header", "arm"]


def test_a_group_that_nobody_joins_is_recorded_and_closed_by_one_write() -> None:
    world, store, _ = world_of()
    world.publish(warning("a"))
    world.publish(warning("a", "OK", 60))
    store.requests.clear()
    world.run(TICK)
    asked = [name for name in store.requests if name in ("lease", "members", "record", "close", "finish")]
    assert asked[:3] == ["lease", "members", "close"]
    assert set(asked[3:]) <= {"lease"}, "what comes twice is refused its lease"
    settled(world)


def test_a_group_that_somebody_joined_is_queried_once_more_before_it_closes() -> None:
    world, store, relay = world_of()
    world.publish(warning("a"))
    world.publish(warning("a", "OK", 10))
    store.requests.clear()

    def it_fires_for_a_second() -> None:
        for state, seconds in (("ALARM", 300), ("OK", 301)):
            receive(relay, warning("a", state, seconds), deadline=world.deadline)

    store.meanwhile["close"] = it_fires_for_a_second
    world.run(TICK)
    asked = [name for name in store.requests if name in ("lease", "members", "record", "close", "finish")]
    assert asked[:6] == ["lease", "members", "close", "record", "members", "finish"]
    settled(world)


def test_a_flush_looks_under_its_lease_and_records_before_it_closes() -> None:
    world, store, _ = world_of(sleeps=False)
    world.publish(warning("a"))
    first = [name for name in store.requests if name not in ("facts", "take", "get_alerts")]
    assert first == ["put_alert", "put_member", "lease", "record"], "what the lease makes holds what was put"
    world.publish(warning("a", "OK", 60))
    store.requests.clear()
    world.run(TICK)
    last = [name for name in store.requests if name in ("lease", "members", "record", "finish")]
    assert last[:5] == ["lease", "members", "record", "members", "finish"]
    assert set(last[5:]) <= {"lease"}, "what comes twice is refused its lease"


# --- equal updates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["put_alert", "put_member", "lease", "facts", "record"])
def test_a_duplicate_at_the_same_time_as_its_original_is_notified_once(before: str) -> None:
    world, store, relay = world_of()
    store.meanwhile[before] = lambda: receive(relay, warning("a"), deadline=world.deadline)
    world.publish(warning("a"))
    world.run(TICK)
    assert told(world) == [("a", "firing")]
    world.publish(warning("a", "OK", 900))
    world.run(TICK)
    assert told(world) == [("a", "firing"), ("a", "resolved")]
    settled(world)


# --- a joiner that is paused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("paused_before", ["put_alert", "put_member", "header", "arm", "lease"])
def test_a_joiner_that_pauses_while_its_group_is_flushed_and_closed_is_notified(paused_before: str) -> None:
    world, store, _ = world_of()
    world.publish(warning("a"))
    world.publish(warning("a", "OK", 10))

    def the_rest_of_the_world_goes_on() -> None:
        world.run(TICK)

    store.meanwhile[paused_before] = the_rest_of_the_world_goes_on
    world.publish(warning("b", "ALARM", 20))
    world.run(2 * TICK)
    assert ("b", "firing") in told(world)
    assert told(world).count(("b", "firing")) == 1
    world.publish(warning("b", "OK", 2000))
    world.run(TICK)
    assert told(world)[-1] == ("b", "resolved")
    settled(world)


CLOSING = pytest.mark.parametrize(
    ("before", "sleeps"),
    [("members", False), ("record", False), ("finish", False), ("members", True), ("close", True)],
)


@CLOSING
def test_who_joins_while_the_group_closes_is_notified(before: str, sleeps: bool) -> None:
    world, store, relay = world_of(sleeps=sleeps)
    world.publish(warning("a"))
    world.publish(warning("a", "OK", 10))
    store.meanwhile[before] = lambda: receive(relay, warning("b", "ALARM", 300), deadline=world.deadline)
    world.run(3 * TICK)
    assert told(world).count(("b", "firing")) == 1
    assert told(world).count(("a", "resolved")) == 1
    world.publish(warning("b", "OK", 2000))
    world.run(TICK)
    settled(world)


@CLOSING
def test_who_fires_again_while_its_end_is_notified_is_announced_again(before: str, sleeps: bool) -> None:
    world, store, relay = world_of(sleeps=sleeps)
    world.publish(warning("a"))
    world.publish(warning("a", "OK", 10))
    store.meanwhile[before] = lambda: receive(relay, warning("a", "ALARM", 300), deadline=world.deadline)
    world.run(3 * TICK)
    slack = [str(message).lower() for message in world.sent("slack")]
    if before == "members":  # the end had not been told yet: for people it never stopped
        assert len(slack) == 1
    else:
        assert told(world) == [("a", "firing"), ("a", "resolved"), ("a", "firing")]
    (header,) = world.memory._headers.values()
    assert len(header.ledger.firing) == 1


# --- two owners ----------------------------------------------------------------------------------------------------


def test_an_owner_without_its_lease_records_nothing_and_the_resolve_comes_once() -> None:
    world, store, relay = world_of()
    slack = world.senders["slack"]
    take, began = slack.send, list[datetime]()

    def hangs(*args: Any, **kwargs: Any) -> Receipt:
        receipt = take(*args, **kwargs)
        if not began:
            began.append(world.clock.now())
            world.clock.sleep(90)
            (gid,) = world.memory._headers
            on_timer(relay, {"do": "flush", "gid": gid, "at": began[0].isoformat()}, deadline=world.deadline)
        return receipt

    slack.send = hangs  # type: ignore[method-assign] # an instance of its own
    world.publish(warning("a"))
    assert len(world.sent("slack")) == 2, "the second owner cannot know, and says it once more"
    (header,) = world.memory._headers.values()
    assert (header.schedule.owner, header.progress.uncertain, len(header.ledger.firing)) == ("", False, 1)
    world.publish(warning("a", "OK", 200))
    world.run(2 * TICK)
    assert len(world.sent("slack")) == 3
    assert store.requests.count("close") == 1
    settled(world)


def test_a_second_message_for_a_group_that_is_held_does_nothing_and_comes_again() -> None:
    world, store, relay = world_of(group_wait=30)
    world.publish(warning("a"))
    (gid,) = world.memory._headers
    again = {"do": "flush", "gid": gid, "at": (START + 30 * SECOND).isoformat()}
    store.meanwhile["record"] = lambda: on_timer(relay, again, deadline=world.deadline)
    world.run(40)
    assert len(world.sent("slack")) == 1
    world.run(TICK)
    assert len(world.sent("slack")) == 1
