"""A lease that makes the header of its group takes what joined it for all there is (docs/protocol.md, section 2): what
others had put before, or resolve meanwhile, is not lost though the group falls asleep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from alertrelay.sources import Envelope

from tests.dispatch.test_interleavings import TICK, Between, told, warning
from tests.dispatch.world import START, Relay, World, alarm, config, receive, timed


def sleeping(group_wait: float = 0) -> tuple[World, Between, Relay]:
    """The Slack forwarder, whose groups sleep; it has ticked often enough for that."""
    world = World(config=timed(config(), group_wait=group_wait), wrap=Between, sleeps=True)
    world.relays = [world.relays[1]]
    assert isinstance(world.store, Between)
    world.run(60)
    world.store.requests.clear()
    return world, world.store, world.relays[0]


def after(world: World, name: str, state: str = "ALARM") -> Envelope:
    found: Envelope = warning(name, state, (world.clock.now() - START).total_seconds())
    return found


def joins(world: World, relay: Relay, name: str, state: str = "ALARM") -> Callable[[], None]:
    update = warning(name, state, (world.clock.now() - START).total_seconds() + 1)
    return lambda: receive(relay, update, deadline=world.deadline)


def test_what_is_new_is_armed_and_leased_before_anything_is_read() -> None:
    world, store, _ = sleeping()
    world.publish(after(world, "a"))
    assert [name for name in store.requests if name != "take"] == [
        "put_alert",
        "put_member",
        "lease",
        "facts",
        "record",
    ]


def test_the_members_of_a_group_that_was_closed_are_read() -> None:
    world, store, _ = sleeping()
    world.publish(after(world, "a"))
    world.publish(after(world, "a", "OK"))
    world.run(2 * TICK)
    store.requests.clear()
    world.publish(after(world, "a"))
    assert store.requests[:4] == ["put_alert", "put_member", "lease", "members"]


def test_a_group_that_was_armed_lately_is_read_before_it_is_leased() -> None:
    world, store, _ = sleeping()
    world.publish(after(world, "a"))
    store.requests.clear()
    world.publish(after(world, "b"))
    assert store.requests[:3] == ["put_alert", "put_member", "header"]


def test_who_is_refused_by_a_group_that_is_armed_reads_no_header() -> None:
    world, store, _ = sleeping()
    world.publish(after(world, "a"))
    world.clock.sleep(20 * 60 + 30)
    store.requests.clear()
    world.publish(after(world, "b"))
    assert store.requests == ["put_alert", "put_member", "lease", "wake"]


@pytest.mark.parametrize("before", ["lease", "facts", "record"])
def test_what_another_one_had_put_before_the_lease_is_notified_at_the_next_tick(before: str) -> None:
    """The one that is first puts its member; the other puts, leases and notifies before the first one's lease."""
    world, store, relay = sleeping()
    store.meanwhile[before] = joins(world, relay, "b")
    world.publish(after(world, "a"))
    world.run(TICK)
    assert sorted(told(world)) == [("a", "firing"), ("b", "firing")]


def test_what_had_only_to_be_armed_keeps_the_group_awake_where_another_one_armed_it() -> None:
    """The other's alert began so long ago that it does not wait, so that its lease makes the header."""
    world, store, relay = sleeping(group_wait=30)
    world.clock.sleep(60)
    old = warning("b", "ALARM", (world.clock.now() - START).total_seconds() - 40)
    store.meanwhile["arm"] = lambda: receive(relay, old, deadline=world.deadline)
    world.publish(after(world, "a"))
    assert told(world) == [("b", "firing")]
    world.run(TICK)
    assert sorted(told(world)) == [("a", "firing"), ("b", "firing")]


def test_a_resolve_that_overtakes_the_lease_of_its_firing_is_not_lost() -> None:
    """It finds no header, and the lease that makes it would read no member."""
    world, store, relay = sleeping()
    ends = joins(world, relay, "a", "OK")
    store.meanwhile["lease"] = ends
    world.publish(after(world, "a"))
    world.run(2 * TICK)
    assert told(world) in ([], [("a", "firing"), ("a", "resolved")])
    assert all(header.schedule.next_due is None for header in world.memory._headers.values())


def test_a_resolve_that_is_overtaken_by_the_lease_of_its_firing_is_not_lost() -> None:
    world, store, relay = sleeping()
    resolve = joins(world, relay, "a", "OK")

    def resolves_and_pauses() -> None:
        """The lease falls between the resolve's read of the header and its arm."""
        store.meanwhile["lease"] = lambda: None
        resolve()

    store.meanwhile["lease"] = resolves_and_pauses
    world.publish(after(world, "a"))
    world.run(2 * TICK)
    assert told(world) in ([], [("a", "firing"), ("a", "resolved")])


def test_a_resolve_that_died_and_comes_again_does_not_leave_the_group_to_its_firing() -> None:
    world, store, relay = sleeping()
    resolve = joins(world, relay, "a", "OK")

    def dies_and_comes_again() -> None:
        def dies() -> None:
            raise SystemExit

        store.meanwhile["header"] = dies
        with pytest.raises(SystemExit):
            resolve()
        resolve()

    store.meanwhile["lease"] = dies_and_comes_again
    world.publish(after(world, "a"))
    world.run(2 * TICK)
    assert told(world) in ([], [("a", "firing"), ("a", "resolved")])


def test_what_may_need_no_flush_reads_the_header_first() -> None:
    """A resolve, an event, and what came before."""
    world, store, _ = sleeping()
    world.publish(after(world, "a"))
    world.publish(after(world, "a", "OK"))
    world.run(2 * TICK)
    store.requests.clear()
    world.publish(after(world, "a", "OK"))
    assert store.requests == ["put_alert", "put_member", "header"]
    event = replace(after(world, "a"), text="Backup failed")
    world.publish(event)
    world.clock.sleep(2 * TICK)
    store.requests.clear()
    world.publish(event)
    assert store.requests[:3] == ["put_alert", "put_member", "header"]
    fired = after(world, "c")
    world.publish(fired)
    world.clock.sleep(2 * TICK)
    store.requests.clear()
    world.publish(fired)
    assert store.requests[:3] == ["put_alert", "put_member", "header"]


def test_what_was_replaced_unread_and_is_known_is_reported_once() -> None:
    """The header of a closed group is not read before its flush, which accounts for what joined."""
    world, _, _ = sleeping()
    for state in ("ALARM", "OK", "ALARM"):
        world.publish(after(world, "a", state))
        world.run(TICK)
    outcomes = [(o.status, o.outcome) for o in world.outcomes]
    assert outcomes.count(("firing", "delivered")) == 2
    assert outcomes.count(("resolved", "delivered")) == 1


def test_a_group_of_which_a_container_remembers_too_many_is_forgotten() -> None:
    world, _, relay = sleeping()
    scheduler = relay.pipeline.receive.keywords["schedule"].keywords["scheduler"]  # type: ignore[attr-defined]
    for number in range(1200):
        scheduler._found_armed(f"slack-{number}", world.clock.now())
    assert len(scheduler.armed) == 1000
    assert "slack-0" not in scheduler.armed


def test_a_resolve_comes_again_where_its_alert_is_routed_elsewhere_by_now() -> None:
    """The alarm has got another label, and resolves; only who joined its former group, and is about to make its header,
    knows what that group is."""
    world, store, relay = sleeping()
    at = world.clock.now()

    def labelled_anew_and_resolved() -> None:
        for seconds, state in ((1, "ALARM"), (2, "OK")):
            then = at + timedelta(seconds=seconds)
            update = alarm("a", state, severity="warning", service="payments", at=then)
            receive(relay, update, deadline=world.deadline)

    store.meanwhile["lease"] = labelled_anew_and_resolved
    world.publish(after(world, "a"))
    world.run(1200)
    assert all(header.ledger.firing == frozenset() for header in world.memory._headers.values())
    assert all(header.schedule.next_due is None for header in world.memory._headers.values())
