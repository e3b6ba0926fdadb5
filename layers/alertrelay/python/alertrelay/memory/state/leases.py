"""Leases groups in memory: what a flush needs of state.Groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alertrelay.memory.state.groups import MemoryGroups, scheduled
from alertrelay.nflog.chunks import spills
from alertrelay.nflog.group_state import (
    GroupChange,
    GroupHeader,
    GroupState,
    LeaseRefused,
    Schedule,
    before_own_lease,
    shown,
    unknown,
)


class MemoryLeases(MemoryGroups):
    """See state.Groups."""

    def lease(
        self,
        gid: str,
        *,
        owner: str,
        now: datetime,
        until: datetime,
        arm: GroupHeader | None = None,
        again: bool = False,
    ) -> GroupState | LeaseRefused:
        """See state.Groups."""
        with self._lock:
            created = arm is not None and gid not in self._headers
            old = self._headers.get(gid) or (unknown(arm) if arm else None)
            if again and old and old.schedule.owner == owner:
                return before_own_lease(replace(old, schedule=shown(old.schedule)))
            if old is None or ((held := old.schedule.lease_until) is not None and held >= now):
                return LeaseRefused(header=self.header(gid))
            schedule, progress = old.schedule, old.progress
            due = schedule.next_due is not None and schedule.next_due <= now
            if not (not schedule.armed if arm else due):
                return LeaseRefused(header=self.header(gid))
            taken = replace(
                schedule,
                owner=owner,
                lease_until=until,
                next_due=now if arm else schedule.next_due,
                due=now if arm else schedule.due,
                closing=False,
                woken=False,
            )
            tried = replace(progress, uncertain=True, tries=progress.tries + 1)
            self._headers[gid] = replace(old, schedule=taken, progress=tried)
            backlog = old.stored.backlog or spills(old.ledger)
            return replace(old, schedule=shown(schedule), stored=replace(old.stored, backlog=backlog, created=created))

    def intend(self, gid: str, *, owner: str, fallbacks: frozenset[str]) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.owner != owner:
                return False
            self._headers[gid] = replace(old, progress=replace(old.progress, intent=fallbacks))
            return True

    def record(
        self,
        gid: str,
        *,
        owner: str,
        change: GroupChange,
        before: GroupState | None = None,  # noqa: ARG002 - memory has no chunks
    ) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.owner != owner:
                return False
            if change.closing:
                schedule = replace(old.schedule, closing=True, asleep=False, woken=False)
            elif (until := change.asleep_until) and not old.schedule.woken:
                schedule = Schedule(next_due=until, due=until, asleep=True)
            else:
                schedule = Schedule(next_due=change.next_due, due=change.due)
            self._headers[gid] = _recorded(old, change, schedule)
            return True

    def close(
        self,
        gid: str,
        *,
        owner: str,
        change: GroupChange,
        expires: datetime,  # noqa: ARG002 - memory keeps all
        before: GroupState | None = None,  # noqa: ARG002 - memory has no chunks
    ) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.owner != owner or old.schedule.woken:
                return False
            self._headers[gid] = _recorded(old, change, Schedule())
            return True

    def finish(self, gid: str, *, owner: str, expires: datetime | None) -> bool:  # noqa: ARG002 - memory keeps all
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.owner != owner or not old.schedule.closing:
                return False
            self._headers[gid] = replace(old, schedule=Schedule())
            return True

    def release(self, gid: str, *, owner: str, unsent_due: datetime | None = None) -> None:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.owner != owner:
                return
            given = scheduled(old, owner="", lease_until=None)
            if unsent_due:
                given = scheduled(given, next_due=unsent_due)
                given = replace(given, progress=replace(given.progress, uncertain=False))
            self._headers[gid] = given


def _recorded(group: GroupState, change: GroupChange, schedule: Schedule) -> GroupState:
    return GroupState(
        identity=group.identity,
        schedule=schedule,
        progress=replace(change.progress, tries=0),
        config_hash=change.config_hash,
        ledger=change.ledger,
        stored=replace(group.stored, backlog=spills(group.ledger)),
    )
