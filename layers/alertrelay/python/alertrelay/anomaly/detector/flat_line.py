"""Detects a lively metric that stops moving: the exporter hangs, or the last value is sent again and again."""

from __future__ import annotations

import math

_FROM = 6
"""So many points without a change are a flat line."""
_KNOWN = 0.02
"""Where a larger share of the points repeats the one before, the metric is rounded or idle: flat means nothing."""


class FlatLine:
    """Counts the points that repeat the one before."""

    __slots__ = ("_before", "_count", "_lines", "_repeats", "_run")

    def __init__(self) -> None:
        self._count = 0
        self._run = 0
        self._repeats = 0
        self._lines = 0  # how often one became a flat line
        self._before = math.nan

    def take(self, x: float) -> tuple[int, float]:
        """Counts the points in a row that repeat the one before, and returns it with -log10 of its rarity; 0 below a
        line."""
        self._run = self._run + 1 if x == self._before else 0
        self._before = x
        self._count += 1
        self._repeats += self._run > 0
        if self._run < _FROM or self._repeats > _KNOWN * self._count:
            return self._run, 0.0
        by_chance = -self._run * math.log10((self._repeats - self._run + 1.0) / (self._count + 2.0))
        by_habit = math.log10((self._count + 1.0) / (self._lines + 0.2))
        self._lines += self._run == _FROM
        return self._run, max(0.0, min(by_chance, by_habit))
