"""Remembers the values of a metric: a value that was there before is not new, however rare it was."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left

_REMEMBERED = 48
_NEAR = 0.2
"""A value is known within this share of the usual distance from the level,"""
_ALIKE = 0.1
"""and within this share of its own distance from it: a peak a tenth higher than an earlier one is no new one."""
_WIDE = 30.0
"""Values after which what counts as near is twice what it is in the end."""
_FOLLOW = 0.1
_LEAST_SEEN = 20
_OUTLIER = 8.0
_BOUNDED_FROM = 50
_LIFE = 4000.0


class KnownValues:
    """A few values that stand for all that were seen, the longest unvisited forgotten first."""

    __slots__ = ("_known", "_level", "_seen", "_spread", "_visited")

    def __init__(self) -> None:
        self._known = array("d")  # sorted
        self._visited = array("I")  # when each was last visited, counted in points
        self._seen = 0
        self._level = 0.0
        self._spread = 0.0  # the usual distance from the level

    def take(self, value: float) -> tuple[float | None, bool]:
        """Returns the distance of a value from all known ones, above 0 where it is above the level, and whether it is
        new.

        What is known has the least distance that counts. None for the first points."""
        if not self._known:
            self._level = value
        apart = value - self._level
        # Of the first values nobody knows how far they reach: little is new then.
        near = _NEAR * self._spread * (1.0 + _WIDE / (self._seen + 1.0))
        alike = _ALIKE * abs(apart)
        nearest = self._nearest(value)
        away = abs(value - self._known[nearest]) if self._known else 0.0
        new = away > near and away > alike
        size = _NEAR * self._spread
        if new and away > size:
            size = away
        known_enough = self._seen >= _LEAST_SEEN
        self._seen += 1
        if new or not self._known:
            self._remember(value)
        else:
            self._known[nearest] += _FOLLOW * (value - self._known[nearest])
            self._visited[nearest] = self._seen
        self._learn(apart)
        return (size if apart >= 0.0 else -size) if known_enough else None, new

    def _nearest(self, value: float) -> int:
        known = self._known
        after = bisect_left(known, value)
        if after == len(known) or (after and value - known[after - 1] <= known[after] - value):
            return after - 1
        return after

    def _remember(self, value: float) -> None:
        if len(self._known) >= _REMEMBERED:
            oldest = min(range(len(self._visited)), key=self._visited.__getitem__)
            del self._known[oldest], self._visited[oldest]
        place = bisect_left(self._known, value)
        self._known.insert(place, value)
        self._visited.insert(place, self._seen)

    def _learn(self, apart: float) -> None:
        rate = 1.0 / (self._seen if self._seen < _LIFE else _LIFE)
        if self._seen > _BOUNDED_FROM:
            far = _OUTLIER * self._spread
            if not -far <= apart <= far:
                apart = math.copysign(far, apart)
        self._level += rate * apart
        self._spread += rate * (abs(apart) - self._spread)
