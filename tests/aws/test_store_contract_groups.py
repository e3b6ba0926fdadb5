"""What ports.Store promises of a group's header, asked of the table and of its memory twin.

The conditions are those of the group protocol (docs/architecture.md, "State").
"""

from __future__ import annotations

from dataclasses import replace

from alertrelay.nflog.group_state import Schedule
from alertrelay.state import Store

from tests.aws.state import GID, NOW, A, after, change, header, leased, ledger, member
from tests.group_states import changed

# --- arming --------------------------------------------------------------------------------------------------------


def test_a_group_that_nobody_armed_has_no_header(store: Store) -> None:
    store.put_member(GID, member())
    assert store.header(GID) is None


def test_headers_of_many_groups_are_read_at_once_as_each_alone(store: Store) -> None:
    for gid in (GID, "slack-2"):
        assert store.arm(gid, header(), due=after(30))
    found = store.headers([GID, "slack-2", "slack-3"])
    assert found == {gid: store.header(gid) for gid in (GID, "slack-2")}


def test_the_first_to_arm_a_group_gives_it_its_identity_and_its_time(store: Store) -> None:
    assert store.arm(GID, header(), due=after(30))
    assert not store.arm(GID, header("another"), due=after(1))
    assert store.header(GID) == changed(header(), next_due=after(30), due=after(30))


def test_arming_takes_only_the_identity_of_the_group_and_its_configuration(store: Store) -> None:
    told = changed(
        header(), ledger=ledger(A), config_hash="old", failures=3, notified_at=NOW, owner="nobody", closing=True
    )
    assert store.arm(GID, told, due=after(30))
    assert store.header(GID) == changed(header(), next_due=after(30), due=after(30), config_hash="old")


def test_a_group_that_is_armed_again_keeps_the_configuration_of_its_last_record(store: Store) -> None:
    leased(store)
    store.record(GID, owner="me", change=change(closing=True, config_hash="old"))
    store.finish(GID, owner="me", expires=None)
    store.arm(GID, replace(header(), config_hash="new"), due=after(30))
    found = store.header(GID)
    assert found
    assert found.config_hash == "old"


def test_a_closed_group_is_armed_again_and_keeps_its_identity_and_its_ledger(store: Store) -> None:
    leased(store)
    store.record(GID, owner="me", change=change(ledger(A), closing=True))
    store.finish(GID, owner="me", expires=None)
    assert store.arm(GID, header("another"), due=after(90))
    found = store.header(GID)
    assert found
    assert found.schedule.next_due == after(90)
    assert found.identity.route_id == header().identity.route_id
    assert found.ledger == ledger(A)


def test_a_closing_group_is_armed_under_its_owner(store: Store) -> None:
    leased(store)
    store.record(GID, owner="me", change=change(closing=True))
    assert store.arm(GID, header(), due=after(10))
    found = store.header(GID)
    assert found
    assert (found.schedule.next_due, found.schedule.closing, found.schedule.owner, found.schedule.lease_until) == (
        after(35),
        False,
        "me",
        after(35),
    )
    store.release(GID, owner="me")
    found = store.header(GID)
    assert found
    assert found.schedule.next_due == after(10)


def test_a_leased_group_counts_as_armed(store: Store) -> None:
    leased(store)
    assert not store.arm(GID, header(), due=after(1))


def test_a_waiting_group_is_hastened_by_whoever_saw_its_time(store: Store) -> None:
    store.arm(GID, header(), due=after(900))
    assert not store.bring_forward(GID, due=after(5), seen=after(901))
    assert store.bring_forward(GID, due=after(5), seen=after(900))
    found = store.header(GID)
    assert found
    assert found.schedule.next_due == after(5)


def test_a_group_that_is_leased_or_unarmed_or_unknown_is_not_hastened(store: Store) -> None:
    assert not store.bring_forward(GID, due=NOW, seen=after(35))
    leased(store)
    assert not store.bring_forward(GID, due=NOW, seen=after(35))
    store.record(GID, owner="me", change=change(closing=True))
    store.finish(GID, owner="me", expires=None)
    assert not store.bring_forward(GID, due=NOW, seen=after(35))


# --- sleeping ------------------------------------------------------------------------------------------------------


def asleep(store: Store) -> None:
    """The group sleeps for an hour, though its next tick comes in five minutes."""
    leased(store)
    tick = change(ledger(A), next_due=after(300), due=after(300))
    tick = replace(tick, progress=replace(tick.progress, recorded_at=NOW), asleep_until=after(3600))
    assert store.record(GID, owner="me", change=tick)


def schedule(store: Store) -> Schedule:
    found = store.header(GID)
    assert found
    return found.schedule


def test_a_group_sleeps_until_then_and_shows_it(store: Store) -> None:
    asleep(store)
    assert schedule(store) == Schedule(next_due=after(3600), due=after(3600), asleep=True)
    assert schedule(store).sleeps
    found = store.header(GID)
    assert found
    assert found.progress.failures == 0, "only earlier versions take its channel for failing"


def test_a_group_that_sleeps_is_woken_once_and_by_what_was_seen(store: Store) -> None:
    asleep(store)
    assert not store.wake(GID, due=after(300), seen=after(3599))
    assert store.wake(GID, due=after(300), seen=after(3600))
    assert schedule(store) == Schedule(next_due=after(300), due=after(300))
    assert not store.wake(GID, due=after(200), seen=after(300))


def test_a_group_that_is_held_is_not_woken_but_marked_and_then_does_not_sleep(store: Store) -> None:
    leased(store)
    assert not store.wake(GID, due=after(300), seen=after(35))
    assert store.note_joined(GID)
    assert schedule(store).woken
    tick = replace(change(ledger(A), next_due=after(300), due=after(300)), asleep_until=after(3600))
    assert store.record(GID, owner="me", change=tick)
    assert schedule(store) == Schedule(next_due=after(300), due=after(300))


def test_nobody_is_marked_where_nobody_holds_the_group(store: Store) -> None:
    assert not store.note_joined(GID)
    asleep(store)
    assert not store.note_joined(GID)
    assert not schedule(store).woken


def test_a_lease_takes_the_mark_of_the_one_before_it(store: Store) -> None:
    leased(store)
    assert store.note_joined(GID)
    assert store.lease(GID, owner="other", now=after(36), until=after(70))
    assert not schedule(store).woken


def test_who_lost_the_lease_lets_nothing_sleep(store: Store) -> None:
    leased(store)
    tick = replace(change(ledger(A), next_due=after(300), due=after(300)), asleep_until=after(3600))
    assert not store.record(GID, owner="other", change=tick)
    assert schedule(store).owner == "me"


def test_what_was_held_or_postponed_since_its_record_does_not_sleep(store: Store) -> None:
    asleep(store)
    assert store.bring_forward(GID, due=after(65), seen=after(3600))
    assert not schedule(store).sleeps
    assert store.lease(GID, owner="me", now=after(66), until=after(100))
    assert not schedule(store).sleeps
    store.release(GID, owner="me", unsent_due=after(130))
    assert not schedule(store).sleeps
