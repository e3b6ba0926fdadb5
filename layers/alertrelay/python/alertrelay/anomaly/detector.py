"""One metric, one point at a time: how rare is what just came."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, Literal

from alertrelay.anomaly import measures
from alertrelay.anomaly.baseline import DAY
from alertrelay.anomaly.flat import FlatLine
from alertrelay.anomaly.measures import Measured, Measures
from alertrelay.anomaly.tail import WARM_UP, Tail

WEEK = 604_800.0
_SIGMA = 1.4826
_LARGEST = 1e100
FLAT: Final = len(measures.NAMES)
NAMES: Final = (*measures.NAMES, "points without a change")
"""The names of the parts of a reading: the measures, and the flat line."""

Direction = Literal["high", "low", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """How the measures become one. The mean of `together`; one of `alone` where it is rarer than `alone_from` (-log10).

    The slow ones among `alone` move for hours and so come in runs: they speak only when they are very rare.
    """

    together: tuple[int, ...] = (measures.STEP, measures.STEP_OF_THREE, measures.SEASON, measures.FORECAST)
    alone: tuple[int, ...] = (
        measures.STEP,
        measures.STEP_OF_THREE,
        measures.SEASON_MEAN,
        measures.SHIFT,
        measures.EXPECTED_MEAN,
        FLAT,
    )
    alone_from: float = 3.2


COMBINATION = Combination()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one point said. `rarity` is -log10 of how often a usual week holds such a point; `parts` by NAMES."""

    rarity: float
    parts: tuple[float | None, ...]
    measured: Measured | None
    flat: int = 0  # points in a row without a change


class Detector:
    """The state of one metric. It sees each point once, in order, and never a later one."""

    __slots__ = (
        "_combination",
        "_direction",
        "_first",
        "_flat",
        "_last",
        "_measures",
        "_step",
        "_tails",
        "_waiting",
        "_zone",
    )

    def __init__(
        self,
        step: float | None = None,
        *,
        direction: Direction = "both",
        zone: tzinfo | None = None,
        combination: Combination = COMBINATION,
    ) -> None:
        """`step` is the metric's period in seconds; where it is not known it is learned from the first points.
        `direction` is the side that is trouble; the other is learned and never told. `zone` is where the people live
        whose day the metric follows: an hour of daylight saving moves their day."""
        self._step = step
        self._direction = direction
        self._zone = zone
        self._flat = FlatLine()
        self._combination = combination
        self._waiting: list[tuple[float, float]] = []
        self._measures: Measures | None = None
        self._tails = tuple(Tail() for _ in measures.NAMES)
        self._last = -math.inf
        self._first = math.inf  # the first point; for a day from it nothing is told: nobody knows its course yet

    def take(self, at: float, value: float | None) -> Reading | None:
        """Reads a point at a time in seconds. None for a blank, not finite, late or repeated one: it is not learned."""
        if value is None or not math.isfinite(value) or at <= self._last:
            return None
        self._last = at
        self._first = min(self._first, at)
        value = max(-_LARGEST, min(_LARGEST, value))
        if self._measures is not None:
            return self._read(at, value)
        self._waiting.append((at, value))
        if len(self._waiting) >= WARM_UP:
            self._begin()
        return Reading(-math.inf, (), None)

    def _begin(self) -> None:
        gaps = sorted(later - earlier for (earlier, _), (later, _) in itertools.pairwise(self._waiting))
        self._step = self._step or gaps[len(gaps) // 2]
        self._measures = Measures(self._step, self._waiting[0][1])
        for at, value in self._waiting:
            self._read(at, value)
        self._waiting = []

    def _read(self, at: float, value: float) -> Reading:
        assert self._measures is not None
        assert self._step is not None
        measured = self._measures.take(at, value, clock(at, self._zone))
        parts: list[float | None] = []
        for tail, size in zip(self._tails, measured.sizes, strict=True):
            if size is None:
                parts.append(None)
                continue
            welcome = (self._direction == "high" and size < 0.0) or (self._direction == "low" and size > 0.0)
            parts.append(0.0 if welcome else tail.rarity(abs(size)))
            tail.learn(abs(size))
        flat, rarity = self._flat.take(value)
        parts.append(rarity)
        found = combined(parts, self._combination) if at - self._first >= DAY else -math.inf
        return Reading(found - math.log10(WEEK / self._step), tuple(parts), measured, flat)

    def spread(self, measure: int) -> float:
        """The robust sigma of a measure: its median size times 1.4826."""
        return self._tails[measure].median() * _SIGMA


def clock(at: float, zone: tzinfo | None) -> float:
    """The seconds that a wall clock of the zone shows; UTC without one."""
    if zone is None:
        return at
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return at + (offset.total_seconds() if offset else 0.0)


def combined(parts: Sequence[float | None], combination: Combination) -> float:
    """One rarity of many; a part that is None has no say."""
    together = [part for part in (parts[place] for place in combination.together) if part is not None]
    found = sum(together) / len(together) if together else 0.0
    alone = max((part for part in (parts[place] for place in combination.alone) if part is not None), default=0.0)
    return max(found, alone) if alone > combination.alone_from else found
