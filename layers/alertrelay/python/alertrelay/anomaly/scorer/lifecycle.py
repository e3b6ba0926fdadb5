"""Opens an anomaly, makes it worse, and resolves it: one level opens it, a lower one closes it.

It ends when the metric is back where it is usual for the time of day. Only a move further away, on the side where it
opened, makes it worse. A value that stays away, as after a step, is calm for the scorer long before it is well for
people: it stays open until its level has held for three days, and is then said to be usual.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from alertrelay.anomaly.detector.trouble import ACCEPTED_AFTER, FURTHER
from alertrelay.anomaly.scorer.threshold import ScoreLevel
from alertrelay.config.watch import Direction

LEARNED_AFTER = ACCEPTED_AFTER
"""Seconds after which a value that stays where it is has become usual."""
BACK = 3
"""So many points in a row have to be back."""
INSIDE = 0.25
"""A value is back where it is this share of the usual range inside of it: what still climbs touches its edge."""

Side = Literal["above", "below", ""]
Kind = Literal["opened", "worse", "ended"]


class ScoredPoint(NamedTuple):
    """A point as the scorer saw it. `score` is after the refractory period, `rarity` before it; `calm` says that no
    trouble goes on, `since` when the present one began. `band` is what was usual for the time while calm, None while
    unknown. `lasting`: it scored for what lasts, whatever its own value. Times are in seconds."""

    at: float
    value: float
    score: float
    calm: bool
    since: float
    band: tuple[float, float] | None = None
    rarity: float = -math.inf
    lasting: bool = False

    @property
    def side(self) -> Side:
        """Returns where the value lies beside its usual range."""
        if self.band is None or self.band[0] <= self.value <= self.band[1]:
            return ""
        return "above" if self.value > self.band[1] else "below"

    @property
    def apart(self) -> float:
        """Returns the distance from the middle of the usual range."""
        return 0.0 if self.band is None else abs(self.value - 0.5 * (self.band[0] + self.band[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An anomaly that goes on. `side` is where it left its usual range, `width` how far beyond that range counts as
    back, as it was when it opened; `value` is the one farthest from usual, by `apart`; `held` is since when it has not
    moved clearly beyond `level`. These are 0 where an earlier version opened it. `severities` are those under which it
    was published, the worst last."""

    since: float
    opened: float
    severities: tuple[str, ...]
    score: float
    value: float
    side: Side = ""
    width: float = 0.0
    back: int = 0
    apart: float = 0.0
    held: float = 0.0
    level: float = 0.0


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
    if now is None and not (levels and seen.score >= levels[0].score):
        return None, None
    names = [level.severity for level in levels]
    reached = [level.severity for level in levels if seen.score >= level.score][-1:]
    if now is None:
        return _opened(seen, reached[0]) if reached and _is_trouble(seen, direction) else (None, None)
    published = max((names.index(severity) for severity in now.severities if severity in names), default=-1)
    further = seen.apart > now.apart and seen.side in (now.side, "")
    climbs = further and seen.apart > FURTHER * now.level
    more = tuple(severity for severity in reached if names.index(severity) > published and (further or not now.side))
    still = replace(
        now,
        severities=(*now.severities, *more),
        score=max(seen.score, now.score),
        value=seen.value if further else now.value,
        apart=seen.apart if further else now.apart,
        held=seen.at if climbs else now.held,
        level=seen.apart if climbs else now.level,
        back=now.back + 1 if _is_back(now, seen) else 0,
    )
    if more:
        return still, AnomalyChange(kind="worse", severities=more, open=still, at=seen.at)
    if still.back >= BACK:
        return None, end(still, seen.at, "it is back in its usual range")
    if seen.at - max(still.opened, still.held) >= LEARNED_AFTER:
        why = "it has been so for three days, and is usual from now on"
        return None, replace(end(still, seen.at, why), learned=True)
    return still, None


def end(now: Open, at: float, why: str) -> AnomalyChange:
    """Returns the end of an anomaly, for a reason in words."""
    return AnomalyChange(kind="ended", severities=now.severities, open=now, at=at, why=why)


def _opened(seen: ScoredPoint, severity: str) -> tuple[Open, AnomalyChange]:
    low, high = seen.band or (0.0, 0.0)
    found = Open(
        since=min(seen.since, seen.at),
        opened=seen.at,
        severities=(severity,),
        score=seen.score,
        value=seen.value,
        side=seen.side,
        width=-INSIDE * (high - low),
        apart=seen.apart,
        held=seen.at,
        level=seen.apart,
    )
    return found, AnomalyChange(kind="opened", severities=found.severities, open=found, at=seen.at)


def _is_trouble(seen: ScoredPoint, direction: Direction) -> bool:
    """Returns whether a point means trouble. Where only one side does, coming back from the other one does not: however
    steep the fall after a rush, it is no fall below what is usual."""
    if direction == "both" or seen.band is None or seen.lasting:
        return True
    return seen.side == ("above" if direction == "high" else "below")


def _is_back(now: Open, seen: ScoredPoint) -> bool:
    """Returns whether a point is in its usual range again; where it never left that, calm again."""
    if not now.side or seen.band is None:
        return seen.calm
    low, high = seen.band
    return seen.value <= high + now.width if now.side == "above" else seen.value >= low - now.width
