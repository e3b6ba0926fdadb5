"""What ports.Store promises of the leases of groups, asked of the table and of its memory twin."""

from __future__ import annotations

from alertrelay.state import Store

from tests.aws.state import GID, NOW, A, after, change, header, leased, ledger
from tests.group_states import changed


def test_nobody_leases_a_group_that_does_not_exist(store: Store) -> None:
    assert not store.lease(GID, owner="me", now=NOW, until=after(35))
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
    assert not store.lease(GID, owner="me", now=after(29.999_999), until=after(60))
    assert store.lease(GID, owner="me", now=after(30), until=after(60))


def test_a_live_lease_keeps_others_out_until_it_has_run_out(store: Store) -> None:
    leased(store, "first")
    assert not store.lease(GID, owner="second", now=after(35), until=after(70))
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
    assert not store.lease(GID, owner="second", now=after(20), until=after(60))


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
    assert not store.lease(GID, owner="me", now=after(5), until=after(40), arm=header())
    found = store.header(GID)
    assert found
    assert found.schedule.owner == ""


def test_arming_and_leasing_in_one_waits_for_the_lease_of_a_closing_group(store: Store) -> None:
    leased(store, "first")
    store.record(GID, owner="first", change=change(closing=True))
    assert not store.lease(GID, owner="second", now=after(35), until=after(70), arm=header())
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
