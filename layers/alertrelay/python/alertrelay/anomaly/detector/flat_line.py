"""Detects a metric that stops moving: the exporter hangs, or the last value is sent again and again."""

from __future__ import annotations

import math
from array import array

_FROM = 6
"""So many points without a change are a flat line."""
_LENGTHS = 16
"""Lengths are counted by powers of two."""


class FlatLine:
    """Counts the points that repeat the one before, and ranks each line among the earlier ones."""

    __slots__ = ("_before", "_count", "_lines", "_repeats", "_run")

    def __init__(self) -> None:
        self._count = 0
        self._run = 0
        self._repeats = 0
        self._lines = array("I", bytes(4 * _LENGTHS))  # by the power of two that their length has reached
        self._before = math.nan

    def take(self, x: float) -> tuple[int, float]:
        """Counts the points in a row that repeat the one before, and returns it with -log10 of its rarity; 0 below a
        line. It is as rare as chance makes it, and no rarer than lines at least half as long have been: a metric that
        is idle each night has long ones."""
        if x == self._before:
            self._run += 1
            self._repeats += 1
        else:
            if self._run:
                self._lines[_power(self._run)] += 1
            self._run = 0
        self._before = x
        self._count += 1
        if self._run < _FROM:
            return self._run, 0.0
        by_chance = -self._run * math.log10((self._repeats - self._run + 1.0) / (self._count - self._run + 2.0))
        as_long = sum(self._lines[max(0, _power(self._run) - 1) :])
        by_habit = math.log10((self._count + 1.0) / (as_long + 0.2))
        return self._run, max(0.0, min(by_chance, by_habit))


def _power(run: int) -> int:
    return min(_LENGTHS - 1, run.bit_length())
