"""Reads from the table what is not yet delivered: groups that wait for their flush, and groups whose channel fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from alertrelay.alert import Channel
from alertrelay.nflog.group_state import GroupState, Member
from alertrelay.state import Groups

Why = Literal["failing", "waiting", "recipients"]
"""The channel does not accept it; it waits for the group's next flush; some recipients of a mail are owed it."""
FOREVER = timedelta(days=3660)


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
        """The documented object."""
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
    for gid, _ in groups.due(tuple(channels), before=now + FOREVER):
        state = groups.state(gid)
        found = pending_of(state, groups.members(gid)) if state else None
        if found:
            yield found


def pending_of(state: GroupState, members: Sequence[Member]) -> PendingGroup | None:
    """Returns what a group has still to send, None for nothing. A flush that notified nobody, since a silence or an
    inhibition mutes the alerts, has seen them: they are not pending. An alert of a storm's digest is pending there."""
    progress, ledger = state.progress, state.ledger
    failing = bool(progress.failures or progress.failing_since)
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
