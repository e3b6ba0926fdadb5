"""Stores that break one rule of the group protocol each: exploring the schedules must find every one of them.

Each takes the place of a memory store that exists already (by its `__class__`), so none has an `__init__`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.group_state import AlertItem, GroupChange, GroupHeader, GroupState, LeaseRefused, Member

from tests.dispatch.actor import Actor, running
from tests.group_states import changed


def _own(store: MemoryStore) -> dict[Actor | None, Any]:
    """What a broken store keeps for each invocation."""
    kept: dict[Actor | None, Any] = store.__dict__.setdefault("own", {})
    return kept


def _closing(store: MemoryStore, gid: str) -> bool:
    header = store._headers.get(gid)
    return header is not None and header.schedule.closing


class ReadsTheHeaderFirst(MemoryStore):
    """A join reads the header before it puts the member."""

    def put_alert(self, item: AlertItem, *, groups: Iterable[str]) -> tuple[bool, AlertItem]:
        answer = super().put_alert(item, groups=groups)
        for gid in groups:
            _own(self)[running()] = super().header(gid)
        return answer

    def header(self, gid: str) -> GroupHeader | None:
        header: GroupHeader | None = _own(self).pop(running(), None) or super().header(gid)
        return header


class LooksOnce(MemoryStore):
    """A flush does not look again after the closing record."""

    def members(self, gid: str) -> Sequence[Member]:
        found = super().members(gid)
        if not _closing(self, gid):
            _own(self)[running()] = found
        seen: Sequence[Member] = _own(self).get(running(), found)
        return seen


class RecordsForAnybody(MemoryStore):
    """The record has no owner condition."""

    def record(self, gid: str, *, owner: str, change: GroupChange, before: GroupState | None = None) -> bool:
        return super().record(gid, owner=self._headers[gid].schedule.owner, change=change, before=before)


class TakesClosingForArmed(MemoryStore):
    """The arm ignores `closing`."""

    def arm(self, gid: str, header: GroupHeader, *, due: datetime) -> bool:
        return not _closing(self, gid) and super().arm(gid, header, due=due)


class Leases(MemoryStore):
    """A lease whose write is changed by `_after`."""

    def _after(self, old: GroupState, new: GroupState) -> GroupState:
        return new

    def lease(self, gid: str, **given: Any) -> GroupState | LeaseRefused:
        old = super().lease(gid, **given)
        if not isinstance(old, LeaseRefused):
            self._headers[gid] = self._after(old, self._headers[gid])
        return old


class ForgetsWhatMayBeTold(Leases):
    """The lease leaves nothing uncertain."""

    def _after(self, old: GroupState, new: GroupState) -> GroupState:
        return changed(new, uncertain=False)


class Disarms(Leases):
    """The lease removes the due time."""

    def _after(self, old: GroupState, new: GroupState) -> GroupState:
        return changed(new, next_due=None)


class SharesTheLease(MemoryStore):
    """Who finds the group held takes it all the same."""

    def lease(self, gid: str, **given: Any) -> GroupState | LeaseRefused:
        old = self._headers.get(gid)
        if old and old.schedule.owner:
            self._headers[gid] = changed(old, next_due=old.schedule.due, lease_until=None)
        return super().lease(gid, **given)


class PutsAnyEnd(MemoryStore):
    """The put of a resolved member ignores `k`."""

    def put_member(self, gid: str, member: Member) -> tuple[bool, Member | None]:
        if member.status == "resolved":
            self._members.setdefault(gid, {}).pop(member.key, None)
        return super().put_member(gid, member)


class PutsAnyFiring(MemoryStore):
    """The put of a firing member ignores `k`."""

    def put_member(self, gid: str, member: Member) -> tuple[bool, Member | None]:
        if member.status == "firing":
            self._members.setdefault(gid, {}).pop(member.key, None)
        return super().put_member(gid, member)


class RemembersAnything(MemoryStore):
    """The put of an alert ignores `k`."""

    def put_alert(self, item: AlertItem, *, groups: Iterable[str]) -> tuple[bool, AlertItem]:
        old = self._alerts.get(item.key)
        if old:
            self._alerts[item.key] = replace(old, order_key="")
        return super().put_alert(item, groups=groups)


class RefusesTheSame(MemoryStore):
    """A redelivered update, equal to the stored one, is refused."""

    def put_alert(self, item: AlertItem, *, groups: Iterable[str]) -> tuple[bool, AlertItem]:
        old = self._alerts.get(item.key)
        return (False, old) if old and old.order_key == item.order_key else super().put_alert(item, groups=groups)


class FinishesWhatWasArmed(MemoryStore):
    """The finish does not ask whether a joiner armed the group."""

    def finish(self, gid: str, *, owner: str, expires: datetime | None) -> bool:
        self._headers[gid] = changed(self._headers[gid], closing=True)
        return super().finish(gid, owner=owner, expires=expires)


class DeletesEnds(MemoryStore):
    """Who has ended is deleted when the group is finished."""

    def finish(self, gid: str, *, owner: str, expires: datetime | None) -> bool:
        done = super().finish(gid, owner=owner, expires=expires)
        if done:
            members = self._members[gid]
            self._members[gid] = {key: m for key, m in members.items() if m.status != "resolved"}
        return done


class WakesNobody(MemoryStore):
    """A group that sleeps is not brought forward."""

    def wake(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        header = self._headers[gid]
        return due < seen and header.schedule.sleeps


class NotesNobody(MemoryStore):
    """A joiner leaves no mark at a group that is held."""

    def note_joined(self, gid: str) -> bool:
        return bool(self._headers[gid].schedule.owner)


class NotesAnywhere(MemoryStore):
    """A joiner takes its mark for left although nobody holds the group any more."""

    def note_joined(self, gid: str) -> bool:
        return super().note_joined(gid) or True


class SleepsThoughWoken(MemoryStore):
    """The record does not ask whether somebody joined."""

    def record(self, gid: str, *, owner: str, change: GroupChange, before: GroupState | None = None) -> bool:
        self._headers[gid] = changed(self._headers[gid], woken=False)
        return super().record(gid, owner=owner, change=change, before=before)


class ClosesThoughWoken(MemoryStore):
    """The record that closes a group at once does not ask whether somebody joined."""

    def close(self, gid: str, **given: Any) -> bool:
        self._headers[gid] = changed(self._headers[gid], woken=False)
        return super().close(gid, **given)
