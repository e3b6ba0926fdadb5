"""Patches that break the code on purpose, one promise each."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.dispatch import degraded, due
from alertrelay.dispatch.survey import Surveyor
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog import dedup
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Receipt
from alertrelay.notify import compose, fallback, mute, pipeline, record
from alertrelay.notify.deliver import Attempt, Courier, Delivery
from alertrelay.ports import NotAccountedFor, Permanent
from alertrelay.sources import parse


def no_second_query(patch: pytest.MonkeyPatch) -> None:
    def close(lease: Any, group: Any, change: Any, timing: Any, groups: Any, timers: Any, clock: Any) -> None:
        groups.finish(lease.gid, owner=lease.owner, expires=None)

    patch.setattr(record, "_close", close)


def closes_though_joined(patch: pytest.MonkeyPatch) -> None:
    close = MemoryStore.close

    def unmarked(self: MemoryStore, gid: str, **given: Any) -> bool:
        held = self._headers[gid]
        self._headers[gid] = replace(held, schedule=replace(held.schedule, woken=False))
        return close(self, gid, **given)

    patch.setattr(MemoryStore, "close", unmarked)


def no_uncertain_mark(patch: pytest.MonkeyPatch) -> None:
    lease = MemoryStore.lease

    def unmarked(self: MemoryStore, gid: str, **given: Any) -> Any:
        found = lease(self, gid, **given)
        if found:
            held = self._headers[gid]
            self._headers[gid] = replace(held, progress=replace(held.progress, uncertain=found.progress.uncertain))
        return found

    patch.setattr(MemoryStore, "lease", unmarked)


def ambiguous_taken_as_refused(patch: pytest.MonkeyPatch) -> None:
    attempt = Courier.attempt

    def certain(self: Courier, one: Delivery) -> Attempt:
        return replace(attempt(self, one), certain=True)

    patch.setattr(Courier, "attempt", certain)


def failure_taken_as_delivered(patch: pytest.MonkeyPatch) -> None:
    attempt = Courier.attempt

    def delivered(self: Courier, one: Delivery) -> Attempt:
        done = attempt(self, one)
        receipt = done.receipt or Receipt(integration=done.integration)
        return replace(done, receipt=receipt, failure=None)

    patch.setattr(Courier, "attempt", delivered)


def lease_leaves_no_due_time(patch: pytest.MonkeyPatch) -> None:
    lease = MemoryStore.lease

    def undue(self: MemoryStore, gid: str, **given: Any) -> Any:
        found = lease(self, gid, **given)
        if found:
            held = self._headers[gid]
            self._headers[gid] = replace(held, schedule=replace(held.schedule, next_due=None))
        return found

    patch.setattr(MemoryStore, "lease", undue)


def no_fallbacks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fallback.Fallbacks, "fall_back", lambda *_args, **_given: fallback.Tried([], []))


def fallbacks_never_resolved(patch: pytest.MonkeyPatch) -> None:
    kept = tuple(stage for stage in pipeline.NORMAL if stage.run.__name__ != "resolve_fallbacks")
    assert len(kept) < len(pipeline.NORMAL)
    patch.setattr(pipeline, "NORMAL", kept)


def no_sweep(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(due, "on_tick", lambda **_given: None)


def ledger_ignored(patch: pytest.MonkeyPatch) -> None:
    decide = dedup.decide

    def forgetful(group: Any, members: Any, **given: Any) -> Any:
        return decide(replace(group, ledger=Ledger()), members, **given)

    patch.setattr(pipeline, "decide", forgetful)


def older_updates_win(patch: pytest.MonkeyPatch) -> None:
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


def waits_for_the_table(patch: pytest.MonkeyPatch) -> None:
    def waits(*_args: Any, **_given: Any) -> None:
        raise NotAccountedFor("the table fails")

    patch.setattr(degraded.Degraded, "notify", waits)


def given_up_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(record, "GIVE_UP", timedelta())


def silence_hides_resolves(patch: pytest.MonkeyPatch) -> None:
    decide = dedup.decide

    def hiding(group: Any, members: Any, *, mutes: Mapping[str, Any] | None = None, **given: Any) -> Any:
        muted = frozenset(m.key for m in members if m.key in (mutes or {}) or m.alert.labels.get("service") == "s0")
        found = decide(group, members, mutes=mutes, **given)
        own = replace(found.own, resolved=found.own.resolved - muted)
        return replace(found, own=own)

    patch.setattr(pipeline, "decide", hiding)


def incident_key_of_the_day(patch: pytest.MonkeyPatch) -> None:
    incident = compose._incident

    def renamed(site: Any, identity: Any, decision: Any) -> str:
        return incident(site, identity, decision) + str(len(decision.view.open))

    patch.setattr(compose, "_incident", renamed)


def unrecorded_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    notify = degraded.Degraded.notify

    def forgetful(self: Any, message: Any, groups: Any, failure: Any, **given: Any) -> None:
        fires = any(not update.resolved for joining in groups.values() for update in joining.updates)
        with contextlib.suppress(*([NotAccountedFor] if fires else [])):
            notify(self, message, groups, failure, **given)

    patch.setattr(degraded.Degraded, "notify", forgetful)


def groups_not_given_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pipeline, "hand_back", lambda *_args: None)


def unread_is_dropped(patch: pytest.MonkeyPatch) -> None:
    def known_alone(envelope: Any, **given: Any) -> Any:
        found = parse(envelope, **given)
        return replace(found, alerts=tuple(one for one in found.alerts if one.source != "raw"))

    patch.setattr("alertrelay.dispatch.dispatcher.parse", known_alone)


def first_channel_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(record, "_retry_after", lambda _own, _failures: 4 * 86_400.0)


def groups_are_not_armed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryStore, "arm", lambda *_args, **_given: True)


def resolves_are_not_stored(patch: pytest.MonkeyPatch) -> None:
    put_member = MemoryStore.put_member

    def firing_alone(self: MemoryStore, gid: str, member: Any) -> Any:
        return (False, None) if member.status == "resolved" else put_member(self, gid, member)

    patch.setattr(MemoryStore, "put_member", firing_alone)


def nobody_is_asked_what_fires(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Surveyor, "go_on", lambda *_args, **_given: None)


def silences_never_end(patch: pytest.MonkeyPatch) -> None:
    silenced = mute._silenced

    def for_ever(members: Any, facts: Any, now: datetime) -> Any:
        first = min((one.starts_at for one in facts.silences), default=now)
        return silenced(members, facts, first)

    patch.setattr(mute, "_silenced", for_ever)


def keys_are_logged(patch: pytest.MonkeyPatch) -> None:
    attempt = Courier.attempt

    def telling(self: Courier, one: Delivery) -> Attempt:
        done = attempt(self, one)
        name = self.senders[one.target.integration.channel].key_name(one.target)
        key = next(iter(self.secrets.versions(name))) if name and done.failure else None
        return replace(done, failure=Permanent(f"it refused {key.value}")) if key else done

    patch.setattr(Courier, "attempt", telling)
