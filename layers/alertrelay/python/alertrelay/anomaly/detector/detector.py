"""Judges one metric, one point at a time, by how rare each point is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, Literal

from alertrelay.anomaly.detector import measures
from alertrelay.anomaly.detector.baseline import DAY
from alertrelay.anomaly.detector.flat_line import FlatLine
from alertrelay.anomaly.detector.measures import Measured, Measures
from alertrelay.anomaly.detector.rarity import COMMON, WARM_UP, Rarity, Tail
from alertrelay.anomaly.detector.votes import SILENT, VOICES, Voice, strengths

WEEK = 604_800.0
_SIGMA = 1.4826
_LARGEST = 1e100
NAMES: Final = (*measures.NAMES, "points without a change")
"""The names of the parts of a reading: the measures, and the flat line."""

Direction = Literal["high", "low", "both"]


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of one point. `voices` are -log10 of how often a usual week holds such a point, by the detector's
    voices, and `rarity` is the strongest of them; `parts` are -log10 of the probability of each measure, by NAMES."""

    rarity: float
    voices: tuple[float, ...]
    parts: tuple[float | None, ...]
    measured: Measured | None
    flat: int = 0  # points in a row without a change


class Detector:
    """The state of one metric. It sees each point once, in order, and never a later one."""

    __slots__ = (
        "_direction",
        "_first",
        "_flat",
        "_last",
        "_measures",
        "_step",
        "_tails",
        "_voices",
        "_waiting",
        "_zone",
    )

    def __init__(
        self,
        step: float | None = None,
        *,
        direction: Direction = "both",
        zone: tzinfo | None = None,
        voices: Sequence[Voice] = VOICES,
    ) -> None:
        """`step` is the metric's period in seconds; where it is not known it is learned from the first points.
        `direction` is the side that is trouble; the other is learned and never scores. `zone` is where the people live
        whose day the metric follows: an hour of daylight saving moves their day."""
        self._step = step
        self._direction = direction
        self._zone = zone
        self._voices = voices
        self._flat = FlatLine()
        self._waiting: list[tuple[float, float]] = []
        self._measures: Measures | None = None
        self._tails = tuple(Tail() for _ in measures.NAMES)
        self._last = -math.inf
        self._first = math.inf  # the first point; nothing scores for a day from it: its course is not known yet

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
        return Reading(SILENT, (), (), None)

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
        parts: list[Rarity | None] = []
        for place, (tail, size) in enumerate(zip(self._tails, measured.sizes, strict=True)):
            if size is None:
                parts.append(None)
                continue
            usual = self._welcome(size) or (place == measures.NOVELTY and not measured.new)
            parts.append(COMMON if usual else tail.rarity(abs(size)))
            tail.learn(abs(size))
        flat, rarity = self._flat.take(value)
        parts.append(Rarity(rarity, 0.0))
        mature = at - self._first >= DAY
        voices = strengths(parts, self._voices, WEEK / self._step) if mature else ()
        shown = tuple(part and part.tail for part in parts)
        return Reading(max(voices, default=SILENT), voices, shown, measured, flat)

    def _welcome(self, size: float) -> bool:
        return (self._direction == "high" and size < 0.0) or (self._direction == "low" and size > 0.0)

    def spread(self, measure: int) -> float | None:
        """Returns the robust sigma of a measure: its median size times 1.4826. None while it has too few points."""
        median = self._tails[measure].median()
        return None if median is None else median * _SIGMA


def clock(at: float, zone: tzinfo | None) -> float:
    """Returns the seconds that a wall clock of the zone shows; UTC without one."""
    if zone is None:
        return at
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return at + (offset.total_seconds() if offset else 0.0)
