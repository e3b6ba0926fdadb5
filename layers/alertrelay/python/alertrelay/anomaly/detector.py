"""One metric, one point at a time: how rare is what just came."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from alertrelay.anomaly import measures
from alertrelay.anomaly.measures import Measures
from alertrelay.anomaly.tail import WARM_UP, Tail

WEEK = 604_800.0
_LOCAL = slice(measures.STEP, measures.FORECAST + 1)
_SLOW = slice(measures.SEASON_MEAN, measures.SHIFT_SHORT + 1)
_SLOW_FROM = 3.5
"""Slow measures move for hours and so come in runs; they speak only when they are very rare."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one point said. `rarity` is -log10 of how often a usual week holds such a point; `parts` by measure."""

    rarity: float
    parts: tuple[float, ...]
    usual: float


class Detector:
    """The state of one metric. It sees each point once, in order, and never a later one."""

    __slots__ = ("_last", "_measures", "_step", "_tails", "_waiting")

    def __init__(self, step: float | None = None) -> None:
        """`step` is the metric's period in seconds; where it is not known it is learned from the first points."""
        self._step = step
        self._waiting: list[tuple[float, float]] = []
        self._measures: Measures | None = None
        self._tails = tuple(Tail() for _ in measures.NAMES)
        self._last = -math.inf

    def take(self, at: float, value: float | None) -> Reading | None:
        """Reads a point at a time in seconds. None for a blank, not finite, late or repeated one: it is not learned."""
        if value is None or not math.isfinite(value) or at <= self._last:
            return None
        self._last = at
        if self._measures is None:
            self._waiting.append((at, value))
            if len(self._waiting) >= WARM_UP:
                self._begin()
            return Reading(-math.inf, (), value)
        return self._read(at, value)

    def _begin(self) -> None:
        times = [at for at, _ in self._waiting]
        gaps = sorted(b - a for a, b in itertools.pairwise(times))
        self._step = self._step or gaps[len(gaps) // 2]
        self._measures = Measures(self._step, self._waiting[0][1])
        for at, value in self._waiting:
            self._read(at, value)
        self._waiting = []

    def _read(self, at: float, value: float) -> Reading:
        assert self._measures is not None
        assert self._step is not None
        sizes = [abs(size) for size in self._measures.take(at, value)]
        parts = tuple(tail.rarity(size) for tail, size in zip(self._tails, sizes, strict=True))
        for tail, size in zip(self._tails, sizes, strict=True):
            tail.learn(size)
        local = parts[_LOCAL]
        found = sum(local) / len(local)
        slow = max(parts[_SLOW])
        if slow > _SLOW_FROM:
            found = max(found, slow)
        return Reading(found - math.log10(WEEK / self._step), parts, self._measures.usual)
