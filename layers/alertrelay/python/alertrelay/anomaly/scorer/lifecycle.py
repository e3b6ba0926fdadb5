"""Opens an anomaly, makes it worse, and resolves it: one level opens it, a lower one closes it.

It ends when the metric is back where it is usual for the time of day. A value that stays away, as after a step, is
calm for the scorer long before it is well for people: it stays open, for a day at most, and is then said to be usual.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from alertrelay.anomaly.scorer.threshold import ScoreLevel
from alertrelay.config.watch import Direction

LEARNED_AFTER = 86_400.0
"""Seconds after which a value that stays where it is has become usual."""
BACK = 3
"""So many points in a row have to be back."""
WIDE = 3.0
"""What is further from its time of day than so many usual distances is away from it."""

CLEAR = 2.0
"""So many usual distances on the side that is trouble: nearer to its time of day a point may lie by chance."""

Side = Literal["above", "below", ""]
Kind = Literal["opened", "worse", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPoint:
    """A point as the scorer saw it. `score` is after the refractory period, `rarity` before it; `calm` says that no
    trouble goes on, `since` when the present one began. `band` is what was usual for it; `course` is the usual value of
    the time of day alone, whatever the last hour was, and `reach` how far points usually are from that; None while
    unknown. Times are in seconds."""

    at: float
    value: float
    score: float
    calm: bool
    since: float
    band: tuple[float, float] | None = None
    course: float | None = None
    reach: float = 0.0
    rarity: float = -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An anomaly that goes on. `side` is where it left its time of day, `width` what counts as near to that, as it was
    when it opened; `severities` are those under which it was published, the worst last."""

    since: float
    opened: float
    severities: tuple[str, ...]
    score: float
    value: float
    side: Side = ""
    width: float = 0.0
    back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyChange:
    """The alerts to publish: `severities` are those that begin, or end, now. `learned`: it ended because it has become
    usual."""

    kind: Kind
    severities: tuple[str, ...]
    open: Open
    at: float
    why: str = ""
    learned: bool = False


def step(
    now: Open | None, seen: ScoredPoint, levels: Sequence[ScoreLevel], direction: Direction = "both"
) -> tuple[Open | None, AnomalyChange | None]:
    """Returns the anomaly after a point, and the change to publish. `levels` are sorted, the mildest first."""
    names = [level.severity for level in levels]
    reached = [level.severity for level in levels if seen.score >= level.score][-1:]
    if now is None:
        return _opened(seen, reached[0]) if reached and _is_trouble(seen, direction) else (None, None)
    published = max((names.index(severity) for severity in now.severities if severity in names), default=-1)
    more = tuple(severity for severity in reached if names.index(severity) > published)
    worst = seen.score > now.score
    still = replace(
        now,
        severities=(*now.severities, *more),
        score=seen.score if worst else now.score,
        value=seen.value if worst else now.value,
        back=now.back + 1 if _is_back(now, seen) else 0,
    )
    if more:
        return still, AnomalyChange(kind="worse", severities=more, open=still, at=seen.at)
    if still.back >= BACK:
        return None, end(still, seen.at, "it is back in its usual range")
    if seen.at - now.opened >= LEARNED_AFTER:
        why = "it has been so for a day, and is usual from now on"
        return None, replace(end(still, seen.at, why), learned=True)
    return still, None


def end(now: Open, at: float, why: str) -> AnomalyChange:
    """Returns the end of an anomaly, for a reason in words."""
    return AnomalyChange(kind="ended", severities=now.severities, open=now, at=at, why=why)


def _opened(seen: ScoredPoint, severity: str) -> tuple[Open, AnomalyChange]:
    width = WIDE * seen.reach
    side: Side = ""
    if seen.course is not None and abs(seen.value - seen.course) > width:
        side = "above" if seen.value > seen.course else "below"
    found = Open(
        since=min(seen.since, seen.at),
        opened=seen.at,
        severities=(severity,),
        score=seen.score,
        value=seen.value,
        side=side,
        width=width,
    )
    return found, AnomalyChange(kind="opened", severities=found.severities, open=found, at=seen.at)


def _is_trouble(seen: ScoredPoint, direction: Direction) -> bool:
    """Returns whether a point means trouble. Where only one side does, coming back from the other one does not: however
    steep the fall after a rush, it is no fall below what is usual."""
    if direction == "both" or seen.course is None:
        return True
    apart = seen.value - seen.course
    least = CLEAR * seen.reach
    return apart > least if direction == "high" else apart < -least


def _is_back(now: Open, seen: ScoredPoint) -> bool:
    """Returns whether a point is near its time of day again; where it never left that, calm again."""
    if not now.side or seen.course is None:
        return seen.calm
    apart = seen.value - seen.course
    return apart <= now.width if now.side == "above" else apart >= -now.width
