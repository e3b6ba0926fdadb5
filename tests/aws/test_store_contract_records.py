"""What ports.Store promises of records and of closing a group, asked of the table and of its memory twin."""

from __future__ import annotations

from alertrelay.nflog.group_state import GroupState
from alertrelay.nflog.ledger import Ledger
from alertrelay.state import Store

from tests.aws.state import GID, NOW, A, after, change, header, leased, ledger
from tests.group_states import changed


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
    assert isinstance(found, GroupState)
    assert found.progress.intent == {"mail/email/0", "slack/slack/0"}
    assert store.record(GID, owner="me", change=change())
    found = store.header(GID)
    assert found is not None
    assert found.progress.intent == frozenset()


def test_the_next_owner_of_a_group_finds_the_intent_of_one_that_died(store: Store) -> None:
    leased(store)
    assert store.intend(GID, owner="me", fallbacks=frozenset({"mail/email/0"}))
    found = store.lease(GID, owner="next", now=after(36), until=after(71))
    assert isinstance(found, GroupState)
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


def test_its_owner_records_and_disarms_a_group_in_one_write(store: Store) -> None:
    expires, closing = after(600).replace(microsecond=0), change(ledger(A), closing=True)
    assert not store.close(GID, owner="me", change=closing, expires=expires)
    leased(store)
    assert not store.close(GID, owner="another", change=closing, expires=expires)
    assert store.close(GID, owner="me", change=closing, expires=expires)
    assert store.header(GID) == changed(
        header(), ledger=ledger(A), recorded_at=NOW, notified_at=NOW, config_hash="c0ffee"
    )
    assert list(store.due(["slack"], before=after(3600))) == []
    assert not store.close(GID, owner="me", change=closing, expires=expires)
    assert store.arm(GID, header(), due=after(5))


def test_a_group_that_somebody_joined_is_not_closed_at_once(store: Store) -> None:
    leased(store)
    assert store.note_joined(GID)
    assert not store.close(GID, owner="me", change=change(closing=True), expires=after(600))
    assert store.record(GID, owner="me", change=change(closing=True))
    assert store.finish(GID, owner="me", expires=None)


def test_a_group_that_a_joiner_armed_meanwhile_is_not_disarmed(store: Store) -> None:
    leased(store)
    store.record(GID, owner="me", change=change(closing=True))
    store.arm(GID, header(), due=after(1))
    assert not store.finish(GID, owner="me", expires=None)
    store.release(GID, owner="me")
    found = store.header(GID)
    assert found
    assert found.schedule.next_due == after(1)


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
    assert not store.lease(GID, owner="another", now=NOW, until=after(40), again=True)
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
