"""Keeps the members and headers of groups in dictionaries: what a join needs of state.Groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from alertrelay.alert import Channel
from alertrelay.memory.state.base import InMemory
from alertrelay.nflog.chunks import spills
from alertrelay.nflog.group_state import GroupHeader, GroupState, Member, shown, unknown
from alertrelay.ports import Clock

WAKE_PAGE = 3
"""Groups of a page: so few that tests see several."""


class MemoryGroups(InMemory):
    """See state.Groups."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._members: dict[str, dict[str, Member]] = {}
        self._headers: dict[str, GroupState] = {}

    def put_member(self, gid: str, member: Member) -> tuple[bool, Member | None]:
        """See state.Groups."""
        with self._lock:
            old = self._members.setdefault(gid, {}).get(member.key)
            newer = old is None or old.order_key < member.order_key or self._ahead(old.order_key)
            if old and not newer and not (old.order_key == member.order_key and old.status == "moved"):
                return False, old
            self._members[gid][member.key] = member
            return True, old

    def members(self, gid: str) -> Sequence[Member]:
        """See state.Groups."""
        now = self._clock.now()
        with self._lock:
            found = self._members.get(gid, {})
            return [found[key] for key in sorted(found) if (ends := found[key].expires) is None or ends > now]

    def mark_moved(self, gid: str, member: Member, *, expires: datetime) -> None:
        """See state.Groups."""
        with self._lock:
            old = self._members.get(gid, {}).get(member.key)
            if old and old.order_key == member.order_key:
                self._members[gid][member.key] = replace(old, status="moved", expires=expires)

    def headers(self, gids: Sequence[str]) -> Mapping[str, GroupHeader]:
        """See state.Groups."""
        return {gid: found for gid in gids if (found := self.header(gid))}

    def header(self, gid: str) -> GroupHeader | None:
        """See state.Groups."""
        found = self.state(gid)
        if found is None or not spills(found.ledger):
            return found
        return GroupHeader(
            identity=found.identity,
            schedule=found.schedule,
            progress=found.progress,
            config_hash=found.config_hash,
            stored=found.stored,
        )

    def state(self, gid: str) -> GroupState | None:
        """See state.Groups."""
        with self._lock:
            found = self._headers.get(gid)
            if found is None or (schedule := shown(found.schedule)) is found.schedule:
                return found
            return replace(found, schedule=schedule)

    def arm(self, gid: str, header: GroupHeader, *, due: datetime) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid) or unknown(header)
            if old.schedule.armed:
                return False
            self._headers[gid] = scheduled(old, next_due=due, due=due, closing=False)
            return True

    def bring_forward(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.next_due != seen or old.schedule.owner:
                return False
            self._headers[gid] = scheduled(old, next_due=due)
            return True

    def wake(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.next_due != seen or old.schedule.owner or not old.schedule.asleep:
                return False
            self._headers[gid] = scheduled(old, next_due=due, due=due, asleep=False)
            return True

    def note_joined(self, gid: str) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or not old.schedule.owner:
                return False
            self._headers[gid] = scheduled(old, woken=True)
            return True

    def due(self, channels: Collection[Channel], *, before: datetime) -> Iterable[tuple[str, datetime]]:
        """See state.Groups."""
        with self._lock:
            return [
                (gid, due)
                for gid, header in self._headers.items()
                if header.identity.integration.channel in channels
                and (due := header.schedule.next_due)
                and due <= before
            ]

    def armed_after(self, channels: Collection[Channel], *, after: datetime, token: str) -> tuple[Sequence[str], str]:
        """See state.Groups. The token is the last group of the page before."""
        with self._lock:
            found = sorted(
                gid
                for gid, header in self._headers.items()
                if header.identity.integration.channel in channels
                and gid > token
                and (due := header.schedule.next_due)
                and due > after
            )
            return found[:WAKE_PAGE], found[WAKE_PAGE - 1] if len(found) > WAKE_PAGE else ""


def scheduled(group: GroupState, **changes: Any) -> GroupState:
    """Returns the group with changes of its schedule."""
    return replace(group, schedule=replace(group.schedule, **changes))
