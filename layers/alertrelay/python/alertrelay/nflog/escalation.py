"""Decides whether an alert that nobody acknowledged is due at a tier, from what its own groups have notified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from alertrelay.nflog.group_state import GroupHeader, Member
from alertrelay.nflog.ledger import Ledger

OVERDUE = timedelta(minutes=3)
"""A flush that is so late does not come: each minute has a tick that finds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnGroup:
    """One group that the route tree leads the alert to. `incident`: its channel escalates by itself; so do
    `incident_fallbacks`, the integrations of its fallbacks by name."""

    header: GroupHeader
    incident: bool
    incident_fallbacks: frozenset[str] = frozenset()

    @property
    def ledger(self) -> Ledger:
        """Returns the ledger, an empty one where it could not be read."""
        return self.header.ledger or Ledger()

    def flush_after(self, now: datetime) -> datetime | None:
        """Returns when its next flush is over; None where a channel fails, or the flush is overdue."""
        progress, at = self.header.progress, self.header.schedule.next_due
        if at is None or progress.failures or progress.uncertain or at < now - OVERDUE:
            return None
        return max(at, now)


def in_incident(key: str, groups: Iterable[OwnGroup]) -> bool:
    """Returns whether a channel that escalates by itself has certainly announced the alert, or holds it in a storm's
    digest."""
    for group in groups:
        ledger = group.ledger
        if group.incident and key in (ledger.firing - ledger.unsure) | ledger.storm:
            return True
        if key in ledger.fallback_firing and ledger.fallbacks & group.incident_fallbacks:
            return True
    return False


def due_at(key: str, groups: Iterable[OwnGroup], *, after: timedelta, member: Member, now: datetime) -> datetime:
    """Returns when the alert is due at a tier: so long after somebody was notified of it first, or will be by a flush
    that is on its way.

    Where no channel takes it, it counts from its start: it must not wait for one that does. Where no group of its own
    is known, from when it came.
    """
    found = list(groups)
    if not found:
        return max(member.alert.starts_at, member.at) + after
    known = [one.ledger for one in found if key in one.ledger.firing | one.ledger.fallback_firing | one.ledger.storm]
    times = [ledger.announced[key] for ledger in known if key in ledger.announced]
    if times:
        return datetime.fromtimestamp(min(times), UTC) + after
    flushes = [at for one in found if (at := one.flush_after(now))]
    return (member.alert.starts_at if known or not flushes else min(flushes)) + after


def with_announced(ledger: Ledger, critical: frozenset[str], now: datetime) -> Ledger:
    """Returns the ledger with when each of these alerts was announced first, of those that are open in it."""
    open_ = (ledger.firing | ledger.fallback_firing) & critical
    if not open_ and not ledger.announced:
        return ledger
    found: Mapping[str, int] = {key: ledger.announced.get(key, int(now.timestamp())) for key in sorted(open_)}
    return ledger if found == ledger.announced else replace(ledger, announced=found)
