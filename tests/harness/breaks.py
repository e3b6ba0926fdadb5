"""Deliberate breaks of the code, each as a patch: the harness must find every one of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.dispatch import degraded, due
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog import dedup
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Receipt
from alertrelay.notify import compose, fallback, pipeline, record
from alertrelay.notify.deliver import Attempt, Courier, Delivery
from alertrelay.ports import NotAccountedFor

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, kw_only=True)
class Break:
    """`scenarios` are those that find it, the first that does so suffices; `seeds` how many of each are tried."""

    name: str
    patch: Patch
    scenarios: tuple[str, ...]
    seeds: int = 1


def _no_second_query(patch: pytest.MonkeyPatch) -> None:
    def close(lease: Any, group: Any, change: Any, timing: Any, groups: Any, timers: Any, clock: Any) -> None:
        groups.finish(lease.gid, owner=lease.owner, expires=None)

    patch.setattr(record, "_close", close)


def _no_uncertain_mark(patch: pytest.MonkeyPatch) -> None:
    lease = MemoryStore.lease

    def unmarked(self: MemoryStore, gid: str, **given: Any) -> Any:
        found = lease(self, gid, **given)
        if found:
            held = self._headers[gid]
            self._headers[gid] = replace(held, progress=replace(held.progress, uncertain=found.progress.uncertain))
        return found

    patch.setattr(MemoryStore, "lease", unmarked)


def _ambiguous_taken_as_refused(patch: pytest.MonkeyPatch) -> None:
    attempt = Courier.attempt

    def certain(self: Courier, one: Delivery) -> Attempt:
        return replace(attempt(self, one), certain=True)

    patch.setattr(Courier, "attempt", certain)


def _failure_taken_as_delivered(patch: pytest.MonkeyPatch) -> None:
    attempt = Courier.attempt

    def delivered(self: Courier, one: Delivery) -> Attempt:
        done = attempt(self, one)
        receipt = done.receipt or Receipt(integration=done.integration)
        return replace(done, receipt=receipt, failure=None)

    patch.setattr(Courier, "attempt", delivered)


def _lease_leaves_no_due_time(patch: pytest.MonkeyPatch) -> None:
    lease = MemoryStore.lease

    def undue(self: MemoryStore, gid: str, **given: Any) -> Any:
        found = lease(self, gid, **given)
        if found:
            held = self._headers[gid]
            self._headers[gid] = replace(held, schedule=replace(held.schedule, next_due=None))
        return found

    patch.setattr(MemoryStore, "lease", undue)


def _no_fallbacks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fallback.Fallbacks, "fall_back", lambda *_args, **_given: fallback.Tried([], []))


def _fallbacks_never_resolved(patch: pytest.MonkeyPatch) -> None:
    kept = tuple(stage for stage in pipeline.NORMAL if stage.run.__name__ != "resolve_fallbacks")
    assert len(kept) < len(pipeline.NORMAL)
    patch.setattr(pipeline, "NORMAL", kept)


def _no_sweep(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(due, "on_tick", lambda **_given: None)


def _ledger_ignored(patch: pytest.MonkeyPatch) -> None:
    decide = dedup.decide

    def forgetful(group: Any, members: Any, **given: Any) -> Any:
        return decide(replace(group, ledger=Ledger()), members, **given)

    patch.setattr(pipeline, "decide", forgetful)


def _older_updates_win(patch: pytest.MonkeyPatch) -> None:
    def put_member(self: MemoryStore, gid: str, member: Any) -> Any:
        old = self._members.setdefault(gid, {}).get(member.key)
        self._members[gid][member.key] = member
        return True, old

    def put_alert(self: MemoryStore, item: Any, *, groups: Any) -> Any:
        old = self._alerts.get(item.key)
        self._alerts[item.key] = replace(item, groups=(old.groups if old else frozenset()) | frozenset(groups))
        return True, self._alerts[item.key]

    patch.setattr(MemoryStore, "put_member", put_member)
    patch.setattr(MemoryStore, "put_alert", put_alert)


def _waits_for_the_table(patch: pytest.MonkeyPatch) -> None:
    def waits(*_args: Any, **_given: Any) -> None:
        raise NotAccountedFor("the table fails")

    patch.setattr(degraded.Degraded, "notify", waits)


def _given_up_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(record, "GIVE_UP", timedelta())


def _silence_hides_resolves(patch: pytest.MonkeyPatch) -> None:
    decide = dedup.decide

    def hiding(group: Any, members: Any, *, mutes: Mapping[str, Any] | None = None, **given: Any) -> Any:
        muted = frozenset(m.key for m in members if m.key in (mutes or {}) or m.alert.labels.get("service") == "s0")
        found = decide(group, members, mutes=mutes, **given)
        own = replace(found.own, resolved=found.own.resolved - muted)
        return replace(found, own=own)

    patch.setattr(pipeline, "decide", hiding)


def _incident_key_of_the_day(patch: pytest.MonkeyPatch) -> None:
    incident = compose._incident

    def renamed(site: Any, identity: Any, decision: Any) -> str:
        return incident(site, identity, decision) + str(len(decision.view.open))

    patch.setattr(compose, "_incident", renamed)


def _unrecorded_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    notify = degraded.Degraded.notify

    def forgetful(self: Any, message: Any, groups: Any, failure: Any, **given: Any) -> None:
        fires = any(not update.resolved for joining in groups.values() for update in joining.updates)
        with contextlib.suppress(*([NotAccountedFor] if fires else [])):
            notify(self, message, groups, failure, **given)

    patch.setattr(degraded.Degraded, "notify", forgetful)


def _groups_not_given_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pipeline, "hand_back", lambda *_args: None)


BREAKS: tuple[Break, ...] = (
    Break(
        name="what nobody could record is forgotten",
        patch=_unrecorded_is_forgotten,
        scenarios=("table and queue are down",),
        seeds=4,
    ),
    Break(
        name="a group that the table failed is not given back",
        patch=_groups_not_given_back,
        scenarios=("the table is throttled",),
        seeds=4,
    ),
    Break(
        name="no second query after closing",
        patch=_no_second_query,
        scenarios=("containers meet while groups close",),
        seeds=4,
    ),
    Break(
        name="no uncertain mark",
        patch=_no_uncertain_mark,
        scenarios=("processes die once a message is out",),
    ),
    Break(
        name="a lost answer is taken as a refusal",
        patch=_ambiguous_taken_as_refused,
        scenarios=("alerts are short while PagerDuty resets its connections",),
        seeds=4,
    ),
    Break(
        name="a failure is taken as delivered",
        patch=_failure_taken_as_delivered,
        scenarios=("PagerDuty refuses connections",),
    ),
    Break(
        name="the lease leaves no due time",
        patch=_lease_leaves_no_due_time,
        scenarios=("processes are killed often",),
        seeds=4,
    ),
    Break(name="no fallbacks", patch=_no_fallbacks, scenarios=("PagerDuty refuses connections",), seeds=4),
    Break(
        name="fallbacks are never resolved",
        patch=_fallbacks_never_resolved,
        scenarios=("PagerDuty refuses connections",),
    ),
    Break(name="no sweep", patch=_no_sweep, scenarios=("timers are lost",)),
    Break(name="the ledger is ignored", patch=_ledger_ignored, scenarios=("nothing fails",)),
    Break(
        name="older updates win", patch=_older_updates_win, scenarios=("SNS delivers twice and out of order",), seeds=4
    ),
    Break(name="nobody is notified without the table", patch=_waits_for_the_table, scenarios=("the table is absent",)),
    Break(
        name="a channel that fails is given up at once",
        patch=_given_up_at_once,
        scenarios=("PagerDuty refuses connections",),
    ),
    Break(name="a silence hides a resolve", patch=_silence_hides_resolves, scenarios=("a service is silenced",)),
    Break(name="an incident is renamed", patch=_incident_key_of_the_day, scenarios=("nothing fails",)),
)
