"""A ledger that is too large for its header: a join cannot know what is a repeat, and a chunk of it may be lost."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.nflog.group_state import GroupState, LeaseRefused
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Reason
from alertrelay.notify import pipeline
from alertrelay.notify.lease import Lease
from alertrelay.ports import Retryable
from alertrelay.state import Groups, Limit, Store

from tests.dispatch.test_crashes import Killed, MortalWorld
from tests.dispatch.test_storm import Counting
from tests.dispatch.world import START, World, alarm
from tests.group_states import changed

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def every_ledger_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of more than 250 alerts: a handful is enough to see what joins and flushes do then."""
    monkeypatch.setattr("alertrelay.nflog.chunks.INLINE_ALERTS", 0)


def of_alarm(world: World, name: str, receiver: str) -> list[tuple[str, Reason]]:
    """What became of an alarm's updates at a receiver, in order."""
    return [
        (o.outcome, o.reason)
        for o in world.outcomes
        if o.state_key.endswith(f":{name}") and o.receiver == receiver and not o.fallback_for
    ]


def test_a_join_never_reads_a_ledger_that_stands_in_chunks() -> None:
    world = World(wrap=Counting)
    world.publish(alarm("a"), alarm("b", at=START + SECOND))
    calls: Counter[str] = world.store.calls
    assert calls["header"] == 3  # of the second alert: the first one's is the lease's
    world.run(400)
    assert calls["state"] == 0


def test_an_update_of_what_people_know_is_named_a_duplicate_by_the_next_flush() -> None:
    world = World()
    world.publish(alarm("a"), alarm("b", at=START + SECOND))
    world.run(310)
    world.outcomes.clear()
    world.publish(alarm("a", at=START + 6 * MINUTE))
    assert of_alarm(world, "a", "pager") == [("pending", Reason.WAITING)]
    world.run(610)
    assert of_alarm(world, "a", "pager") == [("pending", Reason.WAITING), ("suppressed", Reason.DUPLICATE)]
    assert of_alarm(world, "b", "pager") == []
    assert len(world.pages()) == 2


def test_an_update_that_the_own_channel_lacks_is_notified_and_no_duplicate() -> None:
    world = World()
    world.fail("pagerduty", by=Retryable("it answered 503"))
    world.publish(alarm("a"))
    world.publish(alarm("a", at=START + 5 * SECOND))
    world.fail("pagerduty", by=None)
    world.run(400)
    assert len(world.pages()) == 1
    assert of_alarm(world, "a", "pager")[-1][0] == "delivered"
    assert ("suppressed", Reason.DUPLICATE) not in of_alarm(world, "a", "pager")


def test_an_alert_of_a_digest_that_fires_again_unseen_is_notified_by_the_digest() -> None:
    world = World(limits={"pagerduty": Limit(interval=1e6, burst=1)})
    world.publish(alarm("a", service="one"), alarm("b", at=START + SECOND, service="two"))
    world.run(305)
    digest = world.pages()[-1][1]
    world.publish(alarm("b", "OK", at=world.clock.now(), service="two"))
    world.run(20)
    assert world.pages()[-1] == ("resolve", digest)
    world.publish(alarm("b", at=world.clock.now(), service="two"))
    world.run(700)
    assert [action for action, key in world.pages() if key == digest][-1] == "trigger"
    world.publish(alarm("b", "OK", at=world.clock.now(), service="two"))
    world.run(700)
    assert {key: action for action, key in world.pages()}[digest] == "resolve"


def test_where_flushes_do_not_finish_the_plain_one_notifies_what_a_digest_may_lack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = MortalWorld(limits={"pagerduty": Limit(interval=1e6, burst=1)})
    world.relays = world.relays[:1]
    world.publish(alarm("a", service="one"), alarm("b", at=START + SECOND, service="two"))
    world.run(305)
    digest = world.pages()[-1][1]

    def dies_in_the_group_of_b(lease: Lease, group: GroupState, put: Any, *, groups: Groups) -> Any:
        if group.identity.group_labels.get("service") == "two":
            raise Killed
        return pipeline.read_members(lease, put, groups=groups)

    stages = (pipeline.Stage(("members",), dies_in_the_group_of_b), *pipeline.NORMAL[1:])
    monkeypatch.setattr(pipeline, "NORMAL", stages)
    world.publish(alarm("b", "OK", at=world.clock.now(), service="two"))
    world.run(20)
    assert world.pages()[-1] == ("resolve", digest)
    world.publish(alarm("b", at=world.clock.now(), service="two"))
    world.run(1200)
    assert {said.name for said in world.ops} == {"FlushUnfinished"}
    assert world.pages()[-1] == ("trigger", digest), "which has room for it"


# --- a chunk is lost -------------------------------------------------------------------------------------------------


class Losing:
    """A store in which the chunks of the ledgers are lost, once `lost` is set, until the next record."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def lease(self, *args: Any, **kwargs: Any) -> GroupState | LeaseRefused:
        found = self.inner.lease(*args, **kwargs)
        if isinstance(found, LeaseRefused) or not self.lost or found.ledger == Ledger():
            return found
        left = Ledger(dedup_key=found.ledger.dedup_key, fallbacks=found.ledger.fallbacks)
        return changed(found, ledger=left, lost=True, uncertain=True)


def losing_world() -> tuple[World, Losing]:
    world = World(wrap=Losing, sleeps=False)
    assert isinstance(world.store, Losing)
    return world, world.store


def test_a_lost_ledger_notifies_firing_alerts_once_more_and_explains_it() -> None:
    world, store = losing_world()
    world.publish(alarm("a"))
    store.lost = True
    world.run(310)
    store.lost = False
    assert [action for action, _ in world.pages()] == ["trigger", "trigger"]
    assert len({key for _, key in world.pages()}) == 1, "on the key of the incident"
    assert {said.name for said in world.ops} == {"LedgerLost"}
    assert [fields["gid"] for event, fields in world.log if event == "ledger_lost"]
    world.publish(alarm("a", "OK", at=world.clock.now()))
    world.run(700)
    assert [action for action, _ in world.pages()] == ["trigger", "trigger", "resolve"]


def test_a_lost_ledger_resolves_on_the_key_of_the_incident() -> None:
    world, store = losing_world()
    world.publish(alarm("a"))
    world.publish(alarm("a", "OK", at=START + MINUTE))
    store.lost = True
    world.run(310)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]
    assert len({key for _, key in world.pages()}) == 1


def test_a_lost_ledger_keeps_a_resolve_that_its_channel_refused() -> None:
    """The end came long before the last record, which only says that it failed."""
    world, store = losing_world()
    world.publish(alarm("a"))
    world.fail("pagerduty", by=Retryable("it answered 503"))
    world.publish(alarm("a", "OK", at=START + MINUTE))
    world.run(2000)
    store.lost = True
    world.fail("pagerduty", by=None)
    world.run(1000)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_a_lost_ledger_resolves_on_the_fallbacks_that_announced() -> None:
    world, store = losing_world()
    world.relays = world.relays[:1]
    world.fail("pagerduty", by=Retryable("it answered 503"))
    world.publish(alarm("a"))
    told = len(world.sent("slack"))
    assert told == 1
    world.publish(alarm("a", "OK", at=START + MINUTE))
    store.lost = True
    world.fail("pagerduty", by=None)
    world.run(400)
    assert len(world.sent("slack")) > told
    assert "resolved" in str(world.sent("slack")[-1]).lower()
