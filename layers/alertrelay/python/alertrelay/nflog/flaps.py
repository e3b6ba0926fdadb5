"""Counts the changes of the alerts of a group, and decides which of them flap: those are notified once, and again when
they have settled.

A change (a turn) is one that a flush sees: an alert that was announced resolves, or fires again. What comes and goes
between two flushes makes no message, and counts for none. The counts stand in the ledger, which every flush reads and
writes; they outlive the group's closing. An alert is damped only while its own channel has it as open, so nothing that
fires is unknown there, and its resolve is sent when it has settled, however it got lost in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alertrelay.alert import Labels
from alertrelay.config.model import FlapRule

KEPT = 25
"""Alerts of a group whose changes are remembered, the most restless first: a header must stay one read unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flap:
    """The changes of one alert. `turns`: when, in seconds since the epoch, the oldest first, no more than a rule asks
    for. `fires`: what the last flush saw. `since`: while it is damped, its first counted change, else 0; `count`: its
    changes since then."""

    fires: bool
    turns: tuple[int, ...] = ()
    since: int = 0
    count: int = 0

    @property
    def damped(self) -> bool:
        """Returns whether its changes are held back."""
        return self.since > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Damping:
    """The findings of a flush about flapping, as keys. `begins`: to be announced as flapping, if it is announced now;
    `held`: has resolved, and counts as firing until it settles; `settles`: has not changed for long enough."""

    flaps: Mapping[str, Flap] = field(default_factory=dict)
    begins: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    settles: frozenset[str] = frozenset()

    @property
    def damped(self) -> frozenset[str]:
        """Returns what is damped once this flush has notified."""
        before = frozenset(key for key, flap in self.flaps.items() if flap.damped)
        return (before | self.begins) - self.settles


NO_DAMPING = Damping()
RuleOf = Callable[[Labels], FlapRule | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One alert of the group at a flush: its labels, and whether it fires."""

    labels: Labels
    fires: bool


def damp(
    flaps: Mapping[str, Flap],
    sights: Mapping[str, Sight],
    *,
    announced: frozenset[str],
    certain: bool,
    rule_of: RuleOf,
    now: datetime,
) -> Damping:
    """Compares what fires with what the last flush saw. `announced`: open on the own channel for certain. Where what
    was notified is not `certain` nothing is held back, and what has resolved is resolved."""
    at = int(now.timestamp())
    seen: dict[str, tuple[Flap, FlapRule]] = {}
    for key in sorted(announced | flaps.keys()):
        sight = sights.get(key)
        rule = rule_of(sight.labels) if sight else None
        if sight is None or rule is None:
            continue
        flap = _seen(flaps.get(key), sight, rule, at, announced=key in announced)
        if flap is not None:
            seen[key] = flap, rule
    kept = dict(sorted(seen.items(), key=lambda one: (not one[1][0].damped, -len(one[1][0].turns), one[0]))[:KEPT])
    settles = {k for k, (flap, rule) in kept.items() if flap.damped and at - flap.turns[-1] >= rule.settled_after}
    held = {k for k, (flap, _) in kept.items() if flap.damped and not flap.fires} - settles
    begins = {k for k, (flap, rule) in kept.items() if _begins(flap, rule) and k not in announced}
    return Damping(
        flaps={key: flap for key, (flap, _) in kept.items()},
        begins=frozenset(begins),
        held=frozenset(held) if certain else frozenset(),
        settles=frozenset(settles) if certain else frozenset(),
    )


def _seen(before: Flap | None, sight: Sight, rule: FlapRule, at: int, *, announced: bool) -> Flap | None:
    """Returns the alert's changes with that of this flush, None where none is left to remember."""
    if before is None:
        return None if sight.fires or not announced else Flap(fires=False, turns=(at,))
    flap = before if announced or not before.damped else replace(before, since=0, count=0)
    if flap.fires != sight.fires:
        turns = (*flap.turns, at)[-(rule.more_than + 1) :]
        flap = replace(flap, fires=sight.fires, turns=turns, count=flap.count + 1 if flap.damped else 0)
    if flap.damped:
        return flap
    turns = tuple(turn for turn in flap.turns if at - turn <= rule.within)
    return replace(flap, turns=turns) if turns else None


def _begins(flap: Flap, rule: FlapRule) -> bool:
    return flap.fires and not flap.damped and len(flap.turns) > rule.more_than


def once_notified(damping: Damping, *, shown: Iterable[str], resolved: frozenset[str]) -> Mapping[str, Flap]:
    """Returns the changes to remember once the own channel took the message that shows `shown` as firing, and
    `resolved` as resolved."""
    begins = damping.begins & frozenset(shown)
    after = {}
    for key, flap in damping.flaps.items():
        if key in damping.settles:
            continue
        if key in begins:
            flap = replace(flap, since=flap.turns[0], count=len(flap.turns))
        elif key in resolved:
            flap = replace(flap, since=0, count=0)
        after[key] = flap
    return after


def flaps_json(flaps: Mapping[str, Flap]) -> dict[str, Any]:
    """Returns plain JSON: by key `[fires, since, count, first turn, seconds to the next, …]`."""
    return {key: [int(flap.fires), flap.since, flap.count, *_steps(flap.turns)] for key, flap in sorted(flaps.items())}


def _steps(turns: Sequence[int]) -> list[int]:
    return [turn - before for turn, before in zip(turns, (0, *turns), strict=False)]


def flaps_from_json(data: Mapping[str, Sequence[int]]) -> dict[str, Flap]:
    """Inverse of `flaps_json`."""
    found = {}
    for key, (fires, since, count, *steps) in data.items():
        turns = [int(step) for step in steps]
        for place in range(1, len(turns)):
            turns[place] += turns[place - 1]
        found[key] = Flap(fires=bool(fires), turns=tuple(turns), since=int(since), count=int(count))
    return found
