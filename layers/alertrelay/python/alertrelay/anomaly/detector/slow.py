"""Judges each half-hour that is over: what is missing in it, and where the mean of a day goes."""

from __future__ import annotations

import math
from array import array

from alertrelay.anomaly.detector.history import Passed
from alertrelay.anomaly.detector.rarity import COMMON, Rarity, Tail

_DAY = 48
"""Half-hours whose mean distance from usual is that of a day."""
_KNOWN_DAYS = 4
"""Days of a time after which its peak can be missing."""
_HALF = 0.5
_SPREAD = 3.0
"""What is missing lies lower than all earlier days by so many times how far those are apart, at least."""


class DayMean:
    """The mean distance of the last day's half-hours from what is compared with them, ranked among earlier days."""

    __slots__ = ("_apart", "_means", "_tail")

    def __init__(self) -> None:
        self._apart = array("d")  # of the last half-hours
        self._means = array("d")  # of the last day, which are learned a day later: they share their half-hours
        self._tail = Tail()

    def beside(self, middle: float | None, other: float | None, *, calm: bool) -> tuple[float, Rarity] | None:
        """Takes the distance of a half-hour from another value; returns the mean of the last day, with its rarity. None
        where one of both is not known, and before a day."""
        if middle is None or other is None:
            return None
        self._apart.append(middle - other)
        if len(self._apart) < _DAY:
            return None
        del self._apart[:-_DAY]
        mean = math.fsum(self._apart) / _DAY
        rarity = self._tail.rarity(abs(mean))
        if calm:
            self._means.append(mean)
            if len(self._means) > _DAY:
                self._tail.learn(abs(self._means.pop(0)))
        return mean, rarity


class SlowCourse:
    """How far the last day is from usual, and how often something was missing before."""

    __slots__ = ("_day", "_judged", "_missed", "_missing")

    def __init__(self) -> None:
        self._day = DayMean()
        self._judged = 0
        self._missed = 0  # how often something began to be missing
        self._missing = False

    def day_mean(self, passed: Passed, *, calm: bool) -> tuple[float, Rarity] | None:
        """Returns the mean distance of the last day from what was usual, with its rarity; None before a day of
        half-hours whose time of day was known."""
        usual = passed.usual
        known = 0.5 * (usual.low + usual.high) if usual and usual.same_time else None
        return self._day.beside(passed.middle, known, calm=calm)

    def missing(self, passed: Passed, floor: float) -> Rarity:
        """Returns how rare it is that a peak of this half-hour is missing: its maximum reached not half of what the
        least of the earlier days had, from the floor of the metric on. COMMON where none is, or still is."""
        usual = passed.usual
        if usual is None or not usual.same_time or usual.days < _KNOWN_DAYS or passed.low > passed.high:
            return COMMON
        self._judged += 1
        least, most = usual.peaks
        lost = least - passed.high
        missing = lost > _HALF * (least - floor) and lost > _SPREAD * (most - least)
        began = missing and not self._missing
        self._missing = missing
        if not began:
            return COMMON
        rarity = math.log10((self._judged + 1.0) / (self._missed + 0.2))
        self._missed += 1
        return Rarity(rarity, rarity)
