"""When an anomaly opens, gets worse, and ends: one level opens it, a lower one closes it.

It ends when the metric is calm again and back where it was usual. A value that stays away, as after a step, is calm for
the scorer long before it is well for people: it stays open, for a day at most, and is then said to be the new usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from alertrelay.scoring.threshold import Level

LEARNED_AFTER = 86_400.0
"""Seconds after which a value that stays where it is has become usual."""
BACK = 2
"""So many points in a row have to be back."""

Side = Literal["above", "below", ""]
Kind = Literal["opened", "worse", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A point as the scorer saw it. `score` is after the refractory period; `calm` says that no trouble goes on;
    `band` is what was usual for it, None while that is unknown. Times are in seconds."""

    at: float
    value: float
    score: float
    calm: bool
    since: float
    band: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An anomaly that goes on. `edge` is the end of the usual range that was left on `side`, as it stood then;
    `severities` are those under which it was told, the worst last."""

    since: float
    opened: float
    severities: tuple[str, ...]
    score: float
    value: float
    side: Side = ""
    edge: float = 0.0
    back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be told of it: `severities` are those that begin, or end, now."""

    kind: Kind
    severities: tuple[str, ...]
    open: Open
    at: float
    why: str = ""


def step(now: Open | None, seen: Seen, levels: Sequence[Level]) -> tuple[Open | None, Change | None]:
    """The anomaly after a point, and what is to be told of it. `levels` are sorted, the mildest first."""
    names = [level.severity for level in levels]
    reached = [level.severity for level in levels if seen.score >= level.score][-1:]
    if now is None:
        return _opened(seen, reached[0]) if reached else (None, None)
    told = max((names.index(severity) for severity in now.severities if severity in names), default=-1)
    more = tuple(severity for severity in reached if names.index(severity) > told)
    worst = seen.score > now.score
    still = replace(
        now,
        severities=(*now.severities, *more),
        score=seen.score if worst else now.score,
        value=seen.value if worst else now.value,
        back=now.back + 1 if seen.calm and not _away(now, seen) else 0,
    )
    if more:
        return still, Change(kind="worse", severities=more, open=still, at=seen.at)
    if still.back >= BACK:
        return None, _ended(still, seen.at, "it is back in its usual range")
    if seen.at - now.opened >= LEARNED_AFTER:
        return None, _ended(still, seen.at, "it has been so for a day, and is usual from now on")
    return still, None


def end(now: Open, at: float, why: str) -> Change:
    """The end of an anomaly for a reason that is not the metric's."""
    return _ended(now, at, why)


def _ended(now: Open, at: float, why: str) -> Change:
    return Change(kind="ended", severities=now.severities, open=now, at=at, why=why)


def _opened(seen: Seen, severity: str) -> tuple[Open, Change]:
    side: Side = ""
    edge = 0.0
    if seen.band and seen.value > seen.band[1]:
        side, edge = "above", seen.band[1]
    elif seen.band and seen.value < seen.band[0]:
        side, edge = "below", seen.band[0]
    found = Open(
        since=min(seen.since, seen.at),
        opened=seen.at,
        severities=(severity,),
        score=seen.score,
        value=seen.value,
        side=side,
        edge=edge,
    )
    return found, Change(kind="opened", severities=found.severities, open=found, at=seen.at)


def _away(now: Open, seen: Seen) -> bool:
    """Whether the value is still beyond what was usual when it began, and beyond what is usual now: at night a metric
    is back at its night's level."""
    if now.side == "above":
        return seen.value > now.edge and not (seen.band and seen.value <= seen.band[1])
    if now.side == "below":
        return seen.value < now.edge and not (seen.band and seen.value >= seen.band[0])
    return False
