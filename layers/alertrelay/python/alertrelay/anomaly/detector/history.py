"""Remembers what each half-hour of the last 14 days had while all was calm: what a person would look up as usual."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import NamedTuple

from alertrelay.anomaly.detector.baseline import DAY

DAYS = 14
_RING = DAYS + 1  # today is beside them
_HALF_HOUR = 1_800.0
_LARGEST = 3e38
"""What a float of four bytes holds."""
_ROUNDING = 2.0**-23
"""The share of a value by which it may lie beside the float of four bytes that is nearest."""
_TRIMMED_FROM = 6
"""Days from which on the most extreme one at either side is left out."""
_THURSDAY = 3
"""The weekday of day 0, 1970-01-01, where Monday is 0."""
_NOWHERE = (-1, -1)
_SAME_WEEKDAY = (7, 14)
"""Days ago."""


class Usual(NamedTuple):
    """The range of a time on earlier days while calm, and of how many `days`. `peaks` are the least and the largest
    maximum of those days. Where the time itself is not known yet, `same_time` is False and all is that of any hour."""

    low: float
    high: float
    peaks: tuple[float, float]
    days: int
    same_time: bool

    def beyond(self, value: float) -> float:
        """Returns how far a value lies outside the range, below 0 where it is too low; 0 within."""
        if value > self.high:
            return value - self.high
        return value - self.low if value < self.low else 0.0


class Passed(NamedTuple):
    """A half-hour that is over: its least and its largest value, and what was usual then. `weekday` is the middle that
    it had one and two weeks before, while calm."""

    low: float
    high: float
    usual: Usual | None
    weekday: float | None

    @property
    def middle(self) -> float | None:
        """Returns the middle of its values; None where it had no point."""
        return 0.5 * (self.low + self.high) if self.low <= self.high else None


class _Past(NamedTuple):
    """All days but today: where those begin that are like it, and the range of all calm values."""

    day: int
    alike: list[int]
    low: float
    high: float


class UsualHistory:
    """The least and the largest value of each half-hour of the last 14 days, by the clock of the people. A period that
    is longer than half an hour has its own length."""

    __slots__ = ("_cell", "_high", "_low", "_past", "_slot_seconds", "_slots", "_span", "_troubled", "_usual")

    def __init__(self, step: float = _HALF_HOUR) -> None:
        self._slot_seconds = max(step, _HALF_HOUR)
        self._slots = max(1, math.ceil(DAY / self._slot_seconds))
        size = _RING * self._slots
        self._low = array("f", [math.inf]) * size
        self._high = array("f", [-math.inf]) * size
        self._troubled = array("b", bytes(size))
        self._past: _Past | None = None  # found anew each day; not kept
        self._cell = _NOWHERE  # day and place in it of the newest point
        self._usual: Usual | None = None
        self._span: tuple[float, float] | None = None

    @property
    def a_week(self) -> float:
        """Returns how many half-hours a week has."""
        return 7.0 * self._slots

    def enter(self, clock: float) -> Passed | None:
        """Moves on to the time of a point, in seconds; returns the half-hour before it, where a new one begins."""
        day, slot = int(clock // DAY), int(clock % DAY / self._slot_seconds)
        before = self._cell
        if (day, slot) == before:
            return None
        passed = None
        if before != _NOWHERE:
            place = before[0] % _RING * self._slots + before[1]
            passed = Passed(self._low[place], self._high[place], self._usual, self._on_weekdays(*before))
        if day < before[0]:  # an hour of daylight saving comes twice, across midnight
            return None
        self._empty(before[0] + 1, day)
        self._cell = (day, slot)
        self._look_up(day, slot)
        return passed

    def _on_weekdays(self, day: int, slot: int) -> float | None:
        places = [(day - ago) % _RING * self._slots + slot for ago in _SAME_WEEKDAY]
        middles = [
            0.5 * (self._low[place] + self._high[place])
            for place in places
            if self._low[place] <= self._high[place] and not self._troubled[place]
        ]
        return sum(middles) / len(middles) if middles else None

    def usual(self) -> Usual | None:
        """Returns what is usual for the newest time; None before the first day is over."""
        return self._usual

    def span(self) -> tuple[float, float] | None:
        """Returns the least and the largest calm value of all that is remembered, up to this half-hour."""
        return self._span

    def is_at_edge(self, value: float) -> bool:
        """Returns whether a value is the least or the largest of all that is remembered, or beyond."""
        if self._span is None:
            return False
        low, high = self._span
        room = 2.0 * _ROUNDING
        return value <= low + room * abs(low) or value >= high - room * abs(high)

    def learn(self, value: float, *, calm: bool) -> None:
        """Takes a point into its half-hour. What is not calm is left out of the usual range, until `accept`."""
        place = self._cell[0] % _RING * self._slots + self._cell[1]
        if not -_LARGEST <= value <= _LARGEST:
            value = math.copysign(_LARGEST, value)
        # Rounded outwards: a value that was there lies within what is usual, always.
        if value < self._low[place]:
            self._low[place] = value
            if self._low[place] > value:
                self._low[place] = value - _ROUNDING * abs(value)
        if value > self._high[place]:
            self._high[place] = value
            if self._high[place] < value:
                self._high[place] = value + _ROUNDING * abs(value)
        if not calm:
            self._troubled[place] = 1

    def seed(self, clock: float, usual: Callable[[float], tuple[float, float] | None]) -> None:
        """Fills the 14 days before a time with what another source has as the range of each time of the day."""
        today = int(clock // DAY)
        self.enter(clock)
        for slot in range(self._slots):
            found = usual((slot + 0.5) * self._slot_seconds)
            for ago in range(1, _RING) if found else ():
                place = (today - ago) % _RING * self._slots + slot
                self._low[place], self._high[place] = found or (math.inf, -math.inf)
        self._past = None
        self._look_up(*self._cell)

    def accept(self) -> None:
        """Takes as usual what was left out."""
        self._troubled = array("b", bytes(len(self._troubled)))
        self._past = None

    def _look_up(self, day: int, slot: int) -> None:
        low, high = self._low, self._high
        if self._past is None or self._past.day != day:
            self._past = self._days_before(day)
        past, today = self._past, day % _RING * self._slots
        cells = [begin + slot for begin in past.alike]
        known = [cell for cell in cells if low[cell] <= high[cell] and not self._troubled[cell]]
        least, most = self._calm(today, today + self._slots)
        least, most = min(past.low, least), max(past.high, most)
        self._span = (least, most) if least <= most else None
        self._usual = None
        if known:
            cut = int(len(known) >= _TRIMMED_FROM)
            highs = sorted([high[cell] for cell in known])
            lows = sorted([low[cell] for cell in known])
            self._usual = Usual(lows[cut], highs[-1 - cut], (highs[0], highs[-1]), len(known), True)
        elif self._span:
            self._usual = Usual(least, most, (least, most), 1, False)

    def _days_before(self, day: int) -> _Past:
        weekend, today = _weekend(day), day % _RING * self._slots
        alike = [(day - ago) % _RING * self._slots for ago in range(1, _RING) if _weekend(day - ago) == weekend]
        before, after = self._calm(0, today), self._calm(today + self._slots, len(self._low))
        return _Past(day, alike, min(before[0], after[0]), max(before[1], after[1]))

    def _calm(self, begin: int, end: int) -> tuple[float, float]:
        """Returns the least and the largest calm value of some half-hours; infinite the wrong way round if none is."""
        low, high, troubled = self._low[begin:end], self._high[begin:end], self._troubled[begin:end]
        if any(troubled):
            low = array("f", [value for value, there in zip(low, troubled, strict=True) if not there])
            high = array("f", [value for value, there in zip(high, troubled, strict=True) if not there])
        return min(low, default=math.inf), max(high, default=-math.inf)

    def _empty(self, begin: int, day: int) -> None:
        """Empties the days that were two weeks ago."""
        for new in range(max(begin, day - DAYS), day + 1):
            first = new % _RING * self._slots
            for place in range(first, first + self._slots):
                self._low[place], self._high[place], self._troubled[place] = math.inf, -math.inf, 0


def _weekend(day: int) -> bool:
    return (day + _THURSDAY) % 7 >= 5
