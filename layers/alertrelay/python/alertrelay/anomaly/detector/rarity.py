"""Judges the rarity of a number by the numbers before it.

A histogram on a logarithmic scale gives the rank inside what was seen. Beyond it are two readings:

- the tail: from the 98th percentile on a generalised Pareto distribution (Pickands, Balkema and de Haan), so a new
  record is as rare as the sizes of earlier records say, heavy tails included. What came often enough is usual.
- the bulk: from the 90th percentile on a power law (Hill), so a number is rare by its distance from the usual ones,
  and stays rare where the same trouble came before.
"""

from __future__ import annotations

import math
from array import array
from math import log2
from typing import NamedTuple

WARM_UP = 20
"""Numbers that are only learned: there is nothing to compare them with."""

_PER_OCTAVE = 8
_BELOW = 18 * _PER_OCTAVE
_BINS = 42 * _PER_OCTAVE
_TAIL = 0.02
_BULK = 0.1
_BEYOND_AT_LEAST = 10.0
_SHAPE_LIMIT = 0.4
_LEAST_EXCESS = 0.25
"""The mean excess is at least this share of the threshold: the records of a count that is 0 or 1 are all alike."""
_LEAST_SLOPE = 0.1
_BELIEVED = 16.0
"""The first outlier is learned as so many mean excesses; each further one may be twice as large. One is no habit."""
_ONE_OUTLIER = 12
"""Outliers with fewer numbers between them are one."""
_BOUNDED_FROM = 100.0
_FORGET_AT = 26_000
"""About 90 days of 5-minute points; then every count is halved, so the far past fades."""

_CENTRES: tuple[float, ...] = tuple(2.0 ** ((i - _BELOW + 0.5) / _PER_OCTAVE) for i in range(_BINS))
_LOG_OF_A_BIN = math.log(2.0) / _PER_OCTAVE
_LOG_OF_TEN = math.log(10.0)
_EDGES: tuple[float, ...] = tuple(2.0 ** ((i - _BELOW) / _PER_OCTAVE) for i in range(_BINS + 1))
_LOWEST = _EDGES[0]
_LOG_EDGES: tuple[float, ...] = tuple(math.log(edge) for edge in _EDGES)
_WITHIN: tuple[float, ...] = tuple(edge * (1.0 - 1e-9) for edge in _EDGES[1:])
"""Sizes below are in this bin or a lower one, however the logarithm is rounded: most points need none."""
_SHARES_FROM = _BEYOND_AT_LEAST / _TAIL
"""Numbers from which on the shares beyond the edges are more than the least."""


class Rarity(NamedTuple):
    """-log10 of the probability of a number at least as large, by both readings."""

    tail: float
    bulk: float


COMMON = Rarity(0.0, 0.0)


class Tail:
    """The distribution of the size of one measure. `rarity` first, then `learn`: a number is no evidence on itself."""

    __slots__ = (
        "_above",
        "_above_bulk",
        "_believed",
        "_bulk",
        "_bulk_places",
        "_counts",
        "_early",
        "_edge",
        "_outlier_ago",
        "_settled",
        "_unit",
        "common",
        "count",
    )

    def __init__(self) -> None:
        self.count = 0.0
        self.common = 0.0  # what is smaller is COMMON; 0 until a rarity was asked for
        self._early: array[float] | None = array("d")
        self._unit = 0.0  # set by the first sizes above 0
        self._counts = array("f", bytes(4 * _BINS))
        self._edge = self._bulk = _BINS - 1  # the lowest bins such that at most the share lies above them
        self._above = self._above_bulk = 0.0
        self._bulk_places: float | None = 0.0  # the sum of the bins of what lies above the bulk; None: to be added up
        self._settled = 0.0  # the edges stay until the count reaches this, if nothing comes above them
        self._believed = _BELIEVED
        self._outlier_ago = _ONE_OUTLIER + 1

    def rarity(self, size: float) -> Rarity:
        """Returns the rarity of a number at least this large; COMMON while warming up. `size` is not negative."""
        unit = self._unit
        if unit == 0.0:
            return self._rarity_of_a_move(size)
        self.common = _WITHIN[self._bulk] * unit
        if size < self.common:
            return COMMON
        size /= unit
        place = _bin(size)
        if place <= self._bulk:
            return COMMON
        bulk = self._beyond_bulk(size)
        return Rarity(self._beyond(size) if place > self._edge else self._rank(place, size), bulk)

    def _rarity_of_a_move(self, size: float) -> Rarity:
        """Returns the rarity of a move of what never moved: all that is known is how long."""
        if self._early is not None or size == 0.0:
            return COMMON
        still = math.log10(2.0 * (self.count + 1.0))
        return Rarity(still, still)

    def _rank(self, place: int, size: float) -> float:
        counts = self._counts
        low, high = _EDGES[place], _EDGES[place + 1]
        part = min(1.0, max(0.0, (high - size) / (high - low)))
        above = self._above_bulk - sum(counts[self._bulk + 1 : place + 1]) + part * counts[place]
        return -math.log10(min(1.0, (above + 0.5) / (self.count + 1.0)))

    def _beyond(self, size: float) -> float:
        start = _EDGES[self._edge + 1]
        mean, variance, weight = self._excess(start)
        mean = max(mean, _LEAST_EXCESS * start)
        shape = 1.0 / (weight + 1.0)  # few records show little of their distribution: its tail is heavier then
        if variance > 0.0:
            shape = max(shape, min(_SHAPE_LIMIT, 0.5 * (1.0 - mean * mean / variance)))
        over = (size - start) / mean
        return math.log10(1.0 + shape * over) / shape - math.log10(max(weight, 0.5) / self.count)

    def _beyond_bulk(self, size: float) -> float:
        weight, bulk = self._above_bulk, self._bulk
        if self._bulk_places is None:
            self._bulk_places = sum(place * count for place, count in enumerate(self._counts[bulk + 1 :], bulk + 1))
        total = _LOG_OF_A_BIN * (self._bulk_places - weight * (bulk + 0.5))
        slope = max(_LEAST_SLOPE, total / weight if weight else 0.0)
        over = (math.log(size) - _LOG_EDGES[bulk + 1]) / _LOG_OF_TEN
        return over / slope - math.log10(max(weight, 0.5) / self.count)

    def _excess(self, start: float) -> tuple[float, float, float]:
        """Returns the mean and variance of the sizes beyond `start`, and their number."""
        weight = total = squares = 0.0
        for place, count in enumerate(_above(self._counts, self._edge), self._edge + 1):
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
        unit = self._unit
        if unit == 0.0:
            if self._early is not None:
                self._warm_up(size)
                return
            self._unit = unit = size
        place = 0
        if size > 0.0:
            size /= unit
            self._outlier_ago += 1
            place = int(log2(size) * _PER_OCTAVE + _BELOW) if size > _LOWEST else 0  # _bin, without its call
        if place >= self._bulk:
            self._learn_beyond(size)
            return
        self._counts[place] += 1.0
        count = self.count = self.count + 1.0
        if count >= self._settled:
            self._settle()

    def _learn_beyond(self, size: float) -> None:
        edge = self._edge
        if size > _EDGES[edge + 1] and self.count >= _BOUNDED_FROM:
            size = self._bounded(size)
        place = _bin(size)
        self._counts[place] += 1.0
        self.count += 1.0
        if place > self._bulk:
            self._above_bulk += 1.0
            self._above += place > edge
            if self._bulk_places is not None:
                self._bulk_places += place
        self._settle()

    def _settle(self) -> None:
        """Moves the edges to where their shares lie, and finds the count from which they may have to move again."""
        counts, count = self._counts, self.count
        tail, most = _TAIL * count, _BULK * count
        if count < _SHARES_FROM:
            least = min(_BEYOND_AT_LEAST, 0.5 * count)
            tail, most = max(tail, least), max(most, least)
        edge, bulk, above, above_bulk = self._edge, self._bulk, self._above, self._above_bulk
        if above > tail or above + counts[edge] <= tail:
            self._edge, self._above = edge, above = _moved(counts, edge, above, tail)
        if above_bulk > most or above_bulk + counts[bulk] <= most:
            self._bulk, self._above_bulk = bulk, above_bulk = _moved(counts, bulk, above_bulk, most)
            self._bulk_places, self.common = None, 0.0
        if count >= _FORGET_AT:
            self._forget()
        elif count >= _SHARES_FROM:
            stays = min((above + counts[edge]) / _TAIL, (above_bulk + counts[bulk]) / _BULK, _FORGET_AT)
            self._settled = stays - 1.0  # one less, for what division rounds

    def _bounded(self, size: float) -> float:
        """Bounds a size beyond the edge before it is learned: an outlier would hide the next one for weeks."""
        start = _EDGES[self._edge + 1]
        least_excess = _LEAST_EXCESS * start
        if size <= start + self._believed * least_excess:
            return size
        most = start + self._believed * max(self._excess(start)[0], least_excess)
        if size <= most:
            return size
        if self._outlier_ago > _ONE_OUTLIER:
            self._believed = min(2.0 * self._believed, _CENTRES[-1])
        self._outlier_ago = 0
        return most

    def _forget(self) -> None:
        self._counts = array("f", [count * 0.5 for count in self._counts])
        self.count *= 0.5
        self._above *= 0.5
        self._above_bulk *= 0.5
        self._bulk_places, self._settled = None, 0.0
        self._believed = max(_BELIEVED, self._believed * 0.5)

    def median(self) -> float | None:
        """Returns the middle of the sizes seen, to about 5 %; None while warming up."""
        if self._early is not None:
            return None
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


def _above(counts: array[float], place: int) -> array[float]:
    """Returns the counts above a bin, without the empty ones at the end."""
    above = counts[place + 1 :]
    used = len(above.tobytes().rstrip(b"\0"))
    return above[: -(-used // above.itemsize)]


def _moved(counts: array[float], edge: int, above: float, allowed: float) -> tuple[int, float]:
    while above > allowed and edge < _BINS - 1:
        edge += 1
        above -= counts[edge]
    while edge > 0 and above + counts[edge] <= allowed:
        above += counts[edge]
        edge -= 1
    return edge, above


def _bin(size: float) -> int:
    if size <= _LOWEST:
        return 0
    place = int(log2(size) * _PER_OCTAVE + _BELOW)
    return place if place < _BINS else _BINS - 1
