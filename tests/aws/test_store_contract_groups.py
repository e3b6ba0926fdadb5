"""What ports.Store promises of a group's header, asked of the table and of its memory twin.

The conditions are those of the group protocol (docs/architecture.md, "State").
"""

from __future__ import annotations

from dataclasses import replace

from alertrelay.nflog.group_state import Schedule
from alertrelay.nflog.ledger import Ledger
from alertrelay.state import Store

from tests.aws.state import (
    GID,
    NOW,
    after,
    change,
    header,
    ledger,
    member,
)
from tests.group_states import changed

A, B = "00000000000000aa", "00000000000000bb"


def leased(store: Store, owner: str = "me") -> None:
    """The group is armed, due, and owned."""
    assert store.arm(GID, header(), due=NOW)
    assert store.lease(GID, owner=owner, now=NOW, until=after(35))


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


def test_a_closed_group_is_armed_again_and_keeps_who_it_is_and_what_it_told(store: Store) -> None:
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
    assert schedule(store).next_due == after(10)


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


# --- leases --------------------------------------------------------------------------------------------------------


def test_nobody_leases_a_group_that_does_not_exist(store: Store) -> None:
    assert store.lease(GID, owner="me", now=NOW, until=after(35)) is None
    assert store.header(GID) is None


def test_a_lease_gives_the_header_as_it_was_and_shows_its_end_as_the_due_time(store: Store) -> None:
    store.arm(GID, header(), due=NOW)
    before = store.header(GID)
    assert store.lease(GID, owner="me", now=NOW, until=after(35)) == before
    assert before
    assert store.header(GID) == changed(
        before, owner="me", lease_until=after(35), next_due=after(35), uncertain=True, tries=1
    )


def test_a_group_is_leased_when_it_is_due_and_not_a_microsecond_sooner(store: Store) -> None:
    store.arm(GID, header(), due=after(30))
    assert store.lease(GID, owner="me", now=after(29.999_999), until=after(60)) is None
    assert store.lease(GID, owner="me", now=after(30), until=after(60))


def test_a_live_lease_keeps_others_out_until_it_has_run_out(store: Store) -> None:
    leased(store, "first")
    assert store.lease(GID, owner="second", now=after(35), until=after(70)) is None
    before = store.lease(GID, owner="second", now=after(35.000_001), until=after(70))
    assert before
    assert (before.schedule.owner, before.progress.uncertain, before.progress.tries) == ("first", True, 1)
    found = store.header(GID)
    assert found
    assert (found.schedule.owner, found.schedule.lease_until, found.progress.tries) == ("second", after(70), 2)


def test_an_armed_group_under_a_live_lease_is_not_leased(store: Store) -> None:
    leased(store, "first")
    store.record(GID, owner="first", change=change(closing=True))
    store.arm(GID, header(), due=after(1))
    assert store.lease(GID, owner="second", now=after(20), until=after(60)) is None


def test_a_lease_ends_a_closing_that_nobody_finished(store: Store) -> None:
    leased(store, "first")
    store.record(GID, owner="first", change=change(closing=True))
    before = store.lease(GID, owner="second", now=after(36), until=after(70))
    assert before
    assert (before.schedule.closing, before.progress.uncertain) == (True, False)
    found = store.header(GID)
    assert found
    assert not found.schedule.closing


def test_a_group_without_a_wait_is_armed_and_leased_in_one(store: Store) -> None:
    assert store.lease(GID, owner="me", now=NOW, until=after(35), arm=header()) == header()
    assert store.header(GID) == changed(
        header(), owner="me", lease_until=after(35), next_due=after(35), due=NOW, uncertain=True, tries=1
    )


def test_arming_and_leasing_in_one_is_refused_where_the_group_is_armed_already(store: Store) -> None:
    store.arm(GID, header(), due=NOW)
    assert store.lease(GID, owner="me", now=after(5), until=after(40), arm=header()) is None
    found = store.header(GID)
    assert found
    assert found.schedule.owner == ""


def test_arming_and_leasing_in_one_waits_for_the_lease_of_a_closing_group(store: Store) -> None:
    leased(store, "first")
    store.record(GID, owner="first", change=change(closing=True))
    assert store.lease(GID, owner="second", now=after(35), until=after(70), arm=header()) is None
    before = store.lease(GID, owner="second", now=after(36), until=after(70), arm=header())
    assert before
    assert before.schedule.closing


def test_arming_and_leasing_in_one_takes_up_a_closed_group_with_its_ledger(store: Store) -> None:
    leased(store, "first")
    store.record(GID, owner="first", change=change(ledger(A), closing=True))
    store.finish(GID, owner="first", expires=after(600).replace(microsecond=0))
    before = store.lease(GID, owner="second", now=after(5), until=after(40), arm=header("another"))
    assert before
    assert before.ledger == ledger(A)
    assert before.identity.route_id == header().identity.route_id
    assert before.schedule.next_due is None


# --- records -------------------------------------------------------------------------------------------------------


def test_only_the_owner_records(store: Store) -> None:
    assert not store.record(GID, owner="me", change=change(ledger(A)))
    assert store.header(GID) is None
    leased(store, "me")
    before = store.header(GID)
    assert not store.record(GID, owner="another", change=change(ledger(A)))
    assert store.header(GID) == before


def test_a_record_of_an_unfinished_send_gives_the_lease_back_and_keeps_the_group_due(store: Store) -> None:
    leased(store)
    failed = change(
        ledger(A), next_due=after(60), due=NOW, uncertain=True, failures=2, failing_since=NOW, notified_at=None
    )
    assert store.record(GID, owner="me", change=failed)
    assert store.header(GID) == changed(
        header(),
        ledger=ledger(A),
        next_due=after(60),
        due=NOW,
        recorded_at=NOW,
        uncertain=True,
        failures=2,
        failing_since=NOW,
        config_hash="c0ffee",
    )
    assert not store.record(GID, owner="me", change=failed), "the lease is given back: whoever records now is no owner"


def test_a_closing_record_keeps_the_lease_and_its_due_time(store: Store) -> None:
    leased(store)
    assert store.record(GID, owner="me", change=change(ledger(A), closing=True, next_due=after(999)))
    assert store.header(GID) == changed(
        header(),
        ledger=ledger(A),
        owner="me",
        lease_until=after(35),
        next_due=after(35),
        due=NOW,
        closing=True,
        recorded_at=NOW,
        notified_at=NOW,
        config_hash="c0ffee",
    )


def test_a_success_wipes_out_what_is_known_of_failures(store: Store) -> None:
    leased(store)
    failed = change(next_due=after(60), uncertain=True, failures=2, failing_since=NOW)
    store.record(GID, owner="me", change=failed)
    store.lease(GID, owner="me again", now=after(60), until=after(95))
    store.record(GID, owner="me again", change=change(closing=True))
    found = store.header(GID)
    assert found
    assert (found.progress.failures, found.progress.failing_since, found.progress.uncertain, found.progress.tries) == (
        0,
        None,
        False,
        0,
    )


def test_a_record_without_a_next_time_leaves_the_group_unarmed(store: Store) -> None:
    leased(store)
    store.record(GID, owner="me", change=change())
    found = store.header(GID)
    assert found
    assert (found.schedule.next_due, found.schedule.owner) == (None, "")
    assert store.arm(GID, header(), due=after(5))


def test_a_ledger_comes_back_whole_with_its_receipts(store: Store) -> None:
    leased(store)
    told = ledger(*(f"{n:016x}" for n in range(300)), receipts=True)
    store.record(GID, owner="me", change=change(told, closing=True))
    found = store.state(GID)
    assert found
    assert found.ledger == told
    store.record(GID, owner="me", change=change(Ledger(), closing=True))
    emptied = store.state(GID)
    assert emptied
    assert emptied.ledger == Ledger()


# --- closing -------------------------------------------------------------------------------------------------------


def test_an_intent_stands_until_the_next_record_and_only_the_owner_writes_it(store: Store) -> None:
    leased(store)
    assert not store.intend(GID, owner="another", fallbacks=frozenset({"mail/email/0"}))
    assert store.intend(GID, owner="me", fallbacks=frozenset({"mail/email/0", "slack/slack/0"}))
    found = store.header(GID)
    assert found is not None
    assert found.progress.intent == {"mail/email/0", "slack/slack/0"}
    assert store.record(GID, owner="me", change=change())
    found = store.header(GID)
    assert found is not None
    assert found.progress.intent == frozenset()


def test_the_next_owner_of_a_group_finds_the_intent_of_one_that_died(store: Store) -> None:
    leased(store)
    assert store.intend(GID, owner="me", fallbacks=frozenset({"mail/email/0"}))
    found = store.lease(GID, owner="next", now=after(36), until=after(71))
    assert found is not None
    assert found.progress.intent == {"mail/email/0"}


def test_a_closing_group_is_disarmed_by_its_owner_alone(store: Store) -> None:
    assert not store.finish(GID, owner="me", expires=None)
    leased(store)
    assert not store.finish(GID, owner="me", expires=None), "nothing was recorded as closing"
    store.record(GID, owner="me", change=change(ledger(A), closing=True))
    assert not store.finish(GID, owner="another", expires=None)
    assert store.finish(GID, owner="me", expires=after(600).replace(microsecond=0))
    assert store.header(GID) == changed(
        header(), ledger=ledger(A), recorded_at=NOW, notified_at=NOW, config_hash="c0ffee"
    )


def test_a_group_that_a_joiner_armed_meanwhile_is_not_disarmed(store: Store) -> None:
    leased(store)
    store.record(GID, owner="me", change=change(closing=True))
    store.arm(GID, header(), due=after(1))
    assert not store.finish(GID, owner="me", expires=None)
    store.release(GID, owner="me")
    assert schedule(store).next_due == after(1)


def test_a_lease_that_sent_nothing_is_given_back_as_certain(store: Store) -> None:
    leased(store)
    store.release(GID, owner="another", unsent_due=after(3))
    store.release(GID, owner="me", unsent_due=after(2))
    found = store.header(GID)
    assert found
    assert (found.schedule.owner, found.schedule.lease_until, found.schedule.next_due) == ("", None, after(2))
    assert not found.progress.uncertain
    assert store.lease(GID, owner="another", now=after(2), until=after(70))


def test_an_owner_finds_the_lease_whose_answer_was_lost(store: Store) -> None:
    leased(store)
    assert store.lease(GID, owner="another", now=NOW, until=after(40), again=True) is None
    found = store.lease(GID, owner="me", now=NOW, until=after(40), again=True)
    assert found
    assert not found.progress.uncertain


def test_a_lost_lease_after_another_that_died_stays_uncertain(store: Store) -> None:
    leased(store, "first")
    assert store.lease(GID, owner="me", now=after(36), until=after(70))
    found = store.lease(GID, owner="me", now=after(36), until=after(70), again=True)
    assert found
    assert found.progress.uncertain


def test_a_lease_is_given_back_by_its_owner_alone(store: Store) -> None:
    store.release(GID, owner="me")
    assert store.header(GID) is None
    leased(store)
    store.release(GID, owner="another")
    found = store.header(GID)
    assert found
    assert found.schedule.owner == "me"
    store.release(GID, owner="me")
    found = store.header(GID)
    assert found
    assert (found.schedule.owner, found.schedule.lease_until, found.schedule.next_due) == ("", None, NOW)
    assert store.lease(GID, owner="another", now=NOW, until=after(70))


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
