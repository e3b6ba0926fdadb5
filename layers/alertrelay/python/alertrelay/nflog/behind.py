"""Recipients of a channel who did not take what the others of the same integration took: what each is still owed.

An integration has one ledger: what those know who took everything. Who missed a message stands beside it with what they
know, until they have caught up. Nothing of this stands anywhere for a channel that takes a message as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """One recipient, since `since`. `firing`: alerts that they were notified of as firing; `unsure`: others that they
    may have been, without an answer; `events`: announced to the others and owed; `repeats`: a repeat is owed. `tries`
    counts what they did not take. Alerts stand by hash of state_key."""

    since: datetime
    tries: int = 1
    firing: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    repeats: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """The subjects of one message to a recipient who is behind. `later` is muted now, and owed when it no longer is."""

    new: frozenset[str]
    resolved: frozenset[str]
    events: frozenset[str]
    repeats: bool
    later: frozenset[str]

    @property
    def now(self) -> bool:
        """Returns whether there is anything to send."""
        return bool(self.new or self.resolved or self.events or self.repeats)


def owed_to(
    one: Behind, *, announced: frozenset[str], shown: frozenset[str], events: frozenset[str], resolves: bool
) -> Owed:
    """Compares what a recipient knows with what is `announced` to the others. `shown` is what may be shown now,
    `events` are those that are still there; without `resolves` the channel hears of none."""
    missing = announced - one.firing
    return Owed(
        new=missing & shown,
        resolved=(one.firing | one.unsure) - announced if resolves else frozenset(),
        events=one.events & events,
        repeats=one.repeats and bool(announced & shown),
        later=missing - shown,
    )


def without_alerts(behind: Mapping[str, Behind], keys: frozenset[str]) -> Mapping[str, Behind]:
    """Returns the same where another group has taken over the resolves of some alerts."""
    return {
        name: replace(one, firing=one.firing - keys, unsure=one.unsure - keys) if keys else one
        for name, one in behind.items()
    }


def may_know(behind: Mapping[str, Behind], announced: frozenset[str]) -> dict[str, Behind]:
    """Returns the same where they may have been sent what they are owed."""
    return {name: replace(one, unsure=one.unsure | (announced - one.firing)) for name, one in behind.items()}


OWN = "own"
"""Stands in the intent of a flush that notifies the own channel as a whole while somebody of it is behind. Where it is
missing after a crash, those who are behind are all whom the flush may have notified there."""


def fallbacks_in(intent: Collection[str]) -> frozenset[str]:
    """Returns the fallbacks among those that were about to be notified."""
    return frozenset(intent) - {OWN}


def behind_json(behind: Mapping[str, Behind]) -> dict[str, Any]:
    """Returns plain JSON without what is empty; `behind_from_json` reads it back."""
    return {name: _one_json(one) for name, one in sorted(behind.items())}


def _one_json(one: Behind) -> dict[str, Any]:
    data: dict[str, Any] = {"since": int(one.since.timestamp()), "tries": one.tries}
    data |= {name: sorted(keys) for name in ("firing", "unsure", "events") if (keys := getattr(one, name))}
    return {**data, "repeats": True} if one.repeats else data


def behind_from_json(data: Mapping[str, Any]) -> dict[str, Behind]:
    """Inverse of `behind_json`."""
    return {
        name: Behind(
            since=datetime.fromtimestamp(one["since"], UTC),
            tries=one["tries"],
            firing=frozenset(one.get("firing", ())),
            unsure=frozenset(one.get("unsure", ())),
            events=frozenset(one.get("events", ())),
            repeats=one.get("repeats", False),
        )
        for name, one in data.items()
    }
