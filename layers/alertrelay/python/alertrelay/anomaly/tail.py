"""How rare a number is, judged by the numbers before it.

A histogram on a logarithmic scale gives the rank inside what was seen; beyond the 98th percentile a generalised Pareto
distribution (Pickands, Balkema and de Haan) continues it, so a new record is as rare as the size of earlier records
says, heavy tails included.
"""

from __future__ import annotations

import math

WARM_UP = 20
"""Numbers that are only learned: there is nothing to compare them with."""

_PER_OCTAVE = 8
_BELOW = 18 * _PER_OCTAVE
_BINS = 42 * _PER_OCTAVE
_TAIL = 0.02
_TAIL_AT_LEAST = 10.0
_SHAPE_LIMIT = 0.4
_LEAST_EXCESS = 0.25
"""The mean excess is at least this share of the threshold: the records of a count that is 0 or 1 are all alike."""
_MOST_LEARNED = 16.0
"""Nothing is learned as more than so many mean excesses."""
_BOUNDED_FROM = 100.0
_FORGET_AT = 26_000
"""About 90 days of 5-minute points; then every count is halved, so the far past fades."""

_CENTRES: tuple[float, ...] = tuple(2.0 ** ((i - _BELOW + 0.5) / _PER_OCTAVE) for i in range(_BINS))
_EDGES: tuple[float, ...] = tuple(2.0 ** ((i - _BELOW) / _PER_OCTAVE) for i in range(_BINS + 1))


class Tail:
    """The distribution of the size of one measure. `rarity` first, then `learn`: a number is no evidence on itself."""

    __slots__ = ("_above", "_counts", "_early", "_edge", "_unit", "count")

    def __init__(self) -> None:
        self.count = 0.0
        self._early: list[float] | None = []
        self._unit = 0.0  # set by the first sizes above 0
        self._counts = [0.0] * _BINS
        self._edge = _BINS - 1  # the lowest bin such that at most _TAIL of all lies above it
        self._above = 0.0

    def rarity(self, size: float) -> float:
        """-log10 of the probability of a number at least this large; 0 while warming up. `size` is not negative."""
        if self._early is not None:
            return 0.0
        if self._unit == 0.0:  # it never moved: all that is known is how long
            return math.log10(2.0 * (self.count + 1.0)) if size > 0.0 else 0.0
        size /= self._unit
        place = _bin(size)
        if place > self._edge:
            return self._beyond(size)
        counts = self._counts
        low, high = _EDGES[place], _EDGES[place + 1]
        part = min(1.0, max(0.0, (high - size) / (high - low)))
        above = sum(counts[place + 1 :]) + part * counts[place]
        return -math.log10(min(1.0, (above + 0.5) / (self.count + 1.0)))

    def _beyond(self, size: float) -> float:
        start = _EDGES[self._edge + 1]
        mean, variance, weight = self._excess(start)
        mean = max(mean, _LEAST_EXCESS * start)
        shape = 1.0 / (weight + 1.0)  # few records tell little of their own law: its tail is heavier then
        if variance > 0.0:
            shape = max(shape, min(_SHAPE_LIMIT, 0.5 * (1.0 - mean * mean / variance)))
        over = (size - start) / mean
        return math.log10(1.0 + shape * over) / shape - math.log10(max(weight, 0.5) / self.count)

    def _excess(self, start: float) -> tuple[float, float, float]:
        """Mean and variance of what lies beyond `start`, and how much that is."""
        weight = total = squares = 0.0
        for place in range(self._edge + 1, _BINS):
            count = self._counts[place]
            if count:
                over = _CENTRES[place] - start
                weight += count
                total += count * over
                squares += count * over * over
        if weight <= 0.0:
            return 0.0, 0.0, 0.0
        mean = total / weight
        return mean, squares / weight - mean * mean, weight

    def learn(self, size: float) -> None:
        """Takes a number into the history."""
        if self._early is not None:
            self._warm_up(size)
            return
        if self._unit == 0.0:
            self._unit = size
        place = _bin(self._bounded(size / self._unit)) if size > 0.0 else 0
        self._counts[place] += 1.0
        self.count += 1.0
        if place > self._edge:
            self._above += 1.0
        self._move_edge()
        if self.count >= _FORGET_AT:
            self._counts = [count * 0.5 for count in self._counts]
            self.count *= 0.5
            self._above *= 0.5

    def _bounded(self, size: float) -> float:
        """An outlier is learned as a smaller one: it would hide the next trouble for weeks."""
        start = _EDGES[self._edge + 1]
        if size <= start or self.count < _BOUNDED_FROM:
            return size
        mean = max(self._excess(start)[0], _LEAST_EXCESS * start)
        return min(size, start + _MOST_LEARNED * mean)

    def median(self) -> float:
        """The middle of the sizes seen, to about 5 %; 0 while warming up."""
        if self._early is not None or not self._unit:
            return 0.0
        below = 0.0
        for place, count in enumerate(self._counts):
            below += count
            if below >= 0.5 * self.count:
                return _CENTRES[place] * self._unit if place else 0.0
        return 0.0

    def _warm_up(self, size: float) -> None:
        assert self._early is not None
        self._early.append(size)
        if len(self._early) < WARM_UP:
            return
        positive = sorted(value for value in self._early if value > 0.0)
        self._unit = positive[len(positive) // 2] if positive else 0.0
        early, self._early = self._early, None
        for value in early:
            self.learn(value)

    def _move_edge(self) -> None:
        allowed = max(_TAIL * self.count, min(_TAIL_AT_LEAST, 0.5 * self.count))
        counts = self._counts
        while self._above > allowed and self._edge < _BINS - 1:
            self._edge += 1
            self._above -= counts[self._edge]
        while self._edge > 0 and self._above + counts[self._edge] <= allowed:
            self._above += counts[self._edge]
            self._edge -= 1


def _bin(size: float) -> int:
    if size <= _EDGES[0]:
        return 0
    return min(_BINS - 1, int(math.log2(size) * _PER_OCTAVE + _BELOW))
