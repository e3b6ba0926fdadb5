"""Measures each point: numbers that are near 0 while nothing changes.

Each compares the newest point, or the mean of the newest few, with what came before, in the unit of the metric; above 0
is higher. `tail` says how rare each is. A measure is None while there is too little before the point.
"""

from __future__ import annotations

import math
from array import array
from typing import Final, NamedTuple

from alertrelay.anomaly.detector.baseline import DAY, DailyProfile, Expectation, WeeklyProfile
from alertrelay.anomaly.detector.novelty import KnownValues

STEP: Final = 0
STEP_OF_THREE: Final = 1
SEASON: Final = 2
FORECAST: Final = 3
SEASON_MEAN: Final = 4
EXPECTED_MEAN: Final = 5
NOVELTY: Final = 6
NAMES: Final = (
    "change from the point before",
    "change of the mean of three points",
    "distance from this time of day",
    "distance from the forecast",
    "mean distance of 24 points from their time of day",
    "mean distance of 24 points from what was expected",
    "distance from the nearest value seen",
)

_KEPT = 24
_RATE = 0.02
_OUTLIER = 16.0
"""The level and the time of day follow a point no further than so many of its usual distances."""
_COUNTER_FROM = 30
"""A metric that grew so often without ever falling is a counter; when it falls, it began anew."""
_GAP = 12
"""After so many missing points nothing is compared across the gap."""


class Measured(NamedTuple):
    """The measures in the order of NAMES; which value is new; what was forecast, and what the time of day led to
    expect, where known."""

    sizes: tuple[float | None, ...]
    new: bool
    forecast: float
    seasonal: float | None


class Measures:
    """The state behind the measures of one metric."""

    __slots__ = (
        "_apart",
        "_count",
        "_error",
        "_expectation",
        "_fast",
        "_grown",
        "_last",
        "_level",
        "_novelty",
        "_offset",
        "_profile",
        "_recent",
        "_step",
        "_surprise",
        "_week",
        "_weights",
    )

    def __init__(self, step: float, first: float) -> None:
        self._step = step
        self._last = 0.0
        self._begin(first)

    @property
    def count(self) -> int:
        """Returns the points that were learned before the newest one."""
        return max(0, self._count - 1)

    def usual(self, clock: float) -> float | None:
        """Returns the usual value of a time of the day; None before its first day is over."""
        return self._profile.usual(self._profile.slot(clock))

    def _begin(self, first: float) -> None:
        self._count = 0
        self._profile = DailyProfile(self._step)
        self._week = WeeklyProfile(self._step)
        self._expectation = Expectation()
        self._novelty = KnownValues()
        self._recent = array("d")
        self._apart = array("d")  # recent distances from the time of day
        self._surprise = array("d")  # recent distances from what was expected
        self._fast = self._level = first
        self._offset = 0.0
        self._weights = array("d", (1.0, 0.0, 0.0, 0.0, 0.0))
        self._error = 0.0
        self._grown = 0  # points that grew since one fell

    def take(self, at: float, x: float, clock: float) -> Measured:
        """Measures a point, then learns it. `at` is in seconds; `clock` is the same on the clock of the people."""
        if self._count and at - self._last > _GAP * self._step:
            self._recent, self._apart, self._surprise = array("d"), array("d"), array("d")
            self._fast = x
        self._last = at
        if self._began_anew(x):
            self._begin(x)
        recent, slot = self._recent, self._profile.slot(clock)
        seasonal = self._profile.usual(slot)
        weekly = self._week.usual(clock)
        level = self._level
        _append(self._surprise, x - self._expectation.take(x, level, seasonal, weekly))
        recent.append(x)
        apart = None if seasonal is None else x - seasonal
        if apart is not None:
            _append(self._apart, apart)
        offset = self._offset
        error, forecast = self._forecast(x, slot, seasonal)
        novelty, new = self._novelty.take(x)
        sizes = (
            x - recent[-2] if len(recent) > 1 else None,
            _change_of_three(recent) if len(recent) > 5 else None,
            None if apart is None else apart - offset,
            error,
            _mean(self._apart),
            _mean(self._surprise),
            novelty,
        )
        self._learn(x, apart, slot)
        self._week.learn(clock, x)
        return Measured(sizes, new, forecast, None if seasonal is None else seasonal + offset)

    def _began_anew(self, x: float) -> bool:
        """Returns whether a counter restarted; counts the points that grew."""
        before = self._recent[-1] if self._recent else None
        if before is None or x >= before:
            self._grown += before is not None and x > before
            return False
        counter = self._grown >= _COUNTER_FROM
        self._grown = 0
        return counter and 0.0 <= x < 0.5 * before

    def _forecast(self, x: float, slot: int, seasonal: float | None) -> tuple[float | None, float]:
        """Returns a linear forecast from the last points and the time of day, and its error.

        Its weights are learned by normalised least mean squares; steps are bounded, so one outlier moves little.
        """
        recent, centre = self._recent, self._level
        if len(recent) < 4:
            return None, centre
        earlier = self._profile.usual((slot - 1) % self._profile.slots)
        last, third, fast = recent[-2] - centre, recent[-3] - centre, self._fast - centre
        now = 0.0 if seasonal is None else seasonal - centre
        before = 0.0 if earlier is None else earlier - centre
        weights, usual_error = self._weights, self._error
        # Written out: in loops this is a tenth of the time of a point.
        w_last, w_third, w_fast, w_now, w_before = weights
        forecast = centre + w_last * last + w_third * third + w_fast * fast + w_now * now + w_before * before
        power = last * last + third * third + fast * fast + now * now + before * before
        error = x - forecast
        power += 5.0 * usual_error * usual_error
        step = _RATE * _bounded(error, 4.0 * usual_error) / power if power else 0.0
        weights[0] = w_last + step * last
        weights[1] = w_third + step * third
        weights[2] = w_fast + step * fast
        weights[3] = w_now + step * now
        weights[4] = w_before + step * before
        self._error += 0.01 * (abs(error) - usual_error)
        return error, forecast

    def _learn(self, x: float, apart: float | None, slot: int) -> None:
        self._count = count = self._count + 1
        moved, errors = x - self._level, self._expectation.errors
        if count > _KEPT:
            moved = _bounded(moved, _OUTLIER * errors[0])
        step, rate = self._step, 1.0 / count
        day_rate = 2.0 / (DAY / (step if step > 1.0 else 1.0) + 1.0)
        self._level += (day_rate if day_rate > rate else rate) * moved
        self._fast += 2.0 / 7.0 * (x - self._fast)
        if apart is not None:
            self._offset += 2.0 / 13.0 * (apart - self._offset)
        if apart is None or count <= _KEPT:
            self._profile.learn(slot, x)
        else:
            self._profile.learn(slot, x - apart + _bounded(apart, _OUTLIER * errors[1]))
        if len(self._recent) > 2 * _KEPT:
            del self._recent[:-_KEPT]


def _bounded(size: float, bound: float) -> float:
    return size if -bound <= size <= bound else math.copysign(bound, size)


def _change_of_three(recent: array[float]) -> float:
    """Returns how far the mean of the newest three points is from that of the three before."""
    sixth, fifth, fourth, third, second, newest = recent[-6:]
    return (third + second + newest - (sixth + fifth + fourth)) / 3.0


def _mean(values: array[float]) -> float | None:
    return sum(values) / _KEPT if len(values) == _KEPT else None


def _append(values: array[float], value: float) -> None:
    """Keeps the newest 24."""
    values.append(value)
    if len(values) > _KEPT:
        del values[:-_KEPT]
