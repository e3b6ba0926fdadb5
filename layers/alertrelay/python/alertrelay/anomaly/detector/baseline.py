"""Learns the usual value at each time of the day, and of the week."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

DAY = 86_400
_LONGEST_PROFILE = 288
_PULL = ((-2, 0.25), (-1, 0.5), (0, 1.0), (1, 0.5), (2, 0.25))
"""A point also moves its neighbours in the profile, so that a peak may come five minutes early."""
_LATEST = 0.3
"""The share of the newest day, after the first three."""


class DailyProfile:
    """A value for each slot of the day, moved by each day that passes."""

    __slots__ = ("_seen", "_slot_seconds", "_values", "slots")

    def __init__(self, step: float) -> None:
        self._slot_seconds = max(step, DAY / _LONGEST_PROFILE)
        self.slots = max(1, round(DAY / self._slot_seconds))
        self._values = array("d", bytes(8 * self.slots))
        self._seen = array("I", bytes(4 * self.slots))

    def slot(self, at: float) -> int:
        """Returns the slot of a time in seconds; times are on the clock of the people, if they follow one."""
        slot = int((at % DAY) / self._slot_seconds)
        return slot if slot < self.slots else self.slots - 1

    def usual(self, slot: int) -> float | None:
        """Returns the usual value of a slot, None before its first day is over."""
        return self._values[slot] if self._seen[slot] else None

    def learn(self, slot: int, value: float) -> None:
        """Moves the profile towards a value."""
        values, seen, slots = self._values, self._seen, self.slots
        seen[slot] = count = seen[slot] + 1
        if count == 1:
            values[slot] = value
            return
        weight = _LATEST if count > 3 else 1.0 / count
        if 2 <= slot < slots - 2:
            # Written out: most points are here, and the loop takes twice as long.
            quarter, half = weight * 0.25, weight * 0.5
            values[slot - 2] += quarter * (value - values[slot - 2])
            values[slot - 1] += half * (value - values[slot - 1])
            values[slot] += weight * (value - values[slot])
            values[slot + 1] += half * (value - values[slot + 1])
            values[slot + 2] += quarter * (value - values[slot + 2])
            return
        for offset, pull in _PULL:
            near = (slot + offset) % slots
            values[near] += weight * pull * (value - values[near])


_HALF_HOUR = 1_800.0
_HALF_HOURS = 336
_TRIED = 100
"""Points after which a profile may be relied on."""
_LATEST_WEEK = 0.4
"""The share of the newest week in the mean of a half-hour."""
_LEAST_RATE = 1.0 / _TRIED


class WeeklyProfile:
    """A mean for each half-hour of the week, moved by each week that passes."""

    __slots__ = ("_rate", "_seen", "_values")

    def __init__(self, step: float) -> None:
        self._rate = _LATEST_WEEK / max(1.0, _HALF_HOUR / step)
        self._values = array("d", bytes(8 * _HALF_HOURS))
        self._seen = array("I", bytes(4 * _HALF_HOURS))

    def usual(self, at: float) -> float | None:
        """Returns the usual value, None before the first such half-hour."""
        slot = int(at / _HALF_HOUR) % _HALF_HOURS
        return self._values[slot] if self._seen[slot] else None

    def learn(self, at: float, value: float) -> None:
        """Moves the profile towards a value."""
        slot = int(at / _HALF_HOUR) % _HALF_HOURS
        self._seen[slot] = seen = self._seen[slot] + 1
        before, rate, first = self._values[slot], self._rate, 1.0 / seen
        self._values[slot] = before + (rate if rate >= first else first) * (value - before)


class Expectation:
    """The forecast that was nearest to the last hundred points: the level, the time of the day, or that of the week."""

    __slots__ = ("_errors", "_known")

    def __init__(self) -> None:
        self._errors = [0.0, 0.0, 0.0]
        self._known = [0, 0, 0]

    @property
    def errors(self) -> Sequence[float]:
        """Returns the usual distance of points from the level, from their time of day, and from that of the week."""
        return self._errors

    def take(self, value: float, level: float, daily: float | None, weekly: float | None) -> float:
        """Returns the expected value of a point, then compares each forecast with what came."""
        errors, known = self._errors, self._known
        chosen, least = level, errors[0]
        if daily is not None and known[1] > _TRIED and errors[1] < least:
            chosen, least = daily, errors[1]
        if weekly is not None and known[2] > _TRIED and errors[2] < least:
            chosen = weekly
        self._learn(0, value - level)
        if daily is not None:
            self._learn(1, value - daily)
        if weekly is not None:
            self._learn(2, value - weekly)
        return chosen

    def _learn(self, place: int, apart: float) -> None:
        self._known[place] = known = self._known[place] + 1
        rate = 1.0 / known if known < _TRIED else _LEAST_RATE
        error = self._errors[place]
        self._errors[place] = error + rate * ((apart if apart >= 0.0 else -apart) - error)
