"""Reads from the table what is not yet delivered: groups that wait for their flush, and groups whose channel fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from alertrelay.alert import Channel
from alertrelay.nflog.group_state import GroupHeader, GroupState, Member
from alertrelay.state import Groups

Why = Literal["failing", "waiting", "recipients"]
"""The channel does not accept it; it waits for the group's next flush; some recipients of a mail are owed it."""
FOREVER = timedelta(days=3660)
AT_ONCE = 100
"""Headers of one batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingGroup:
    """What one integration has still to be sent. `since`: when its channel began to fail, or its oldest update came;
    `alerts` are "name status"; `fallbacks` were notified instead."""

    integration: str
    group: Mapping[str, str]
    why: Why
    alerts: Sequence[str]
    since: datetime | None
    next_try: datetime | None
    tries: int
    fallbacks: Sequence[str]

    def as_json(self) -> dict[str, object]:
        """Returns the documented object."""
        return {
            "integration": self.integration,
            "group": dict(self.group),
            "why": self.why,
            "alerts": list(self.alerts),
            "since": self.since.isoformat() if self.since else None,
            "next_try": self.next_try.isoformat() if self.next_try else None,
            "tries": self.tries,
            "fallbacks": list(self.fallbacks),
        }


def pending(groups: Groups, channels: Iterable[Channel], *, now: datetime) -> Iterator[PendingGroup]:
    """Yields what is pending in the groups that are due some time. Raises StoreFailure."""
    return pending_in(groups, unsettled(groups, channels, now=now))


def unsettled(groups: Groups, channels: Iterable[Channel], *, now: datetime) -> list[str]:
    """Returns the groups that are due some time and may have something to send, those whose channel fails first: all
    but those that sleep, of which people know everything. Raises StoreFailure."""
    gids = [gid for gid, _ in groups.due(tuple(channels), before=now + FOREVER)]
    found = {}
    for start in range(0, len(gids), AT_ONCE):
        headers = groups.headers(gids[start : start + AT_ONCE])
        found.update({gid: header for gid, header in headers.items() if not _settled(header)})
    return sorted(found, key=lambda gid: not _fails(found[gid]))


def pending_in(groups: Groups, gids: Iterable[str]) -> Iterator[PendingGroup]:
    """Yields what is pending in these groups, each read with its members. Raises StoreFailure."""
    for gid in gids:
        state = groups.state(gid)
        found = pending_of(state, groups.members(gid)) if state else None
        if found:
            yield found


def _settled(header: GroupHeader) -> bool:
    ledger = header.ledger
    owed = ledger is None or ledger.behind or ledger.fallbacks_owed
    return header.schedule.sleeps and not owed and not _fails(header)


def _fails(header: GroupHeader) -> bool:
    return bool(header.progress.failures or header.progress.failing_since)


def pending_of(state: GroupState, members: Sequence[Member]) -> PendingGroup | None:
    """Returns what a group has still to send, None for nothing. A flush that notified nobody, since a silence or an
    inhibition mutes the alerts, has seen them: they are not pending. An alert of a storm's digest is pending there."""
    progress, ledger = state.progress, state.ledger
    failing = _fails(state)
    own = [one for one in members if _owed(state, one) and (failing or _unseen(state, one))]
    if not own and not failing and not (ledger.behind or ledger.fallbacks_owed):
        return None
    why: Why = "failing" if failing else "waiting" if own else "recipients"
    if failing or own:
        since = progress.failing_since or min((one.at for one in own), default=None)
    else:
        since = progress.notified_at
    return PendingGroup(
        integration=str(state.identity.integration),
        group=state.identity.group_labels,
        why=why,
        alerts=sorted(f"{one.name} {one.status}" for one in own),
        since=since,
        next_try=state.schedule.next_due,
        tries=progress.failures,
        fallbacks=sorted(ledger.fallbacks) if failing else sorted(ledger.behind.keys() | ledger.fallbacks_owed),
    )


def _unseen(state: GroupState, member: Member) -> bool:
    seen = state.progress.recorded_at
    return seen is None or member.at >= seen


def _owed(state: GroupState, member: Member) -> bool:
    ledger = state.ledger
    match member.status:
        case "firing":
            return member.key not in (ledger.firing - ledger.unsure) | ledger.storm
        case "event":
            return member.key not in ledger.events
        case "resolved":
            return member.key in ledger.firing | ledger.fallback_firing | ledger.fallback_unsure
    return False
