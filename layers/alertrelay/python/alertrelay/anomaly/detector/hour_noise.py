"""Learns how restless each half-hour of the day is, beside the whole day."""

from __future__ import annotations

from array import array

from alertrelay.anomaly.detector.baseline import DAY

_HALF_HOURS = 48
_RATE = 1 / 40
"""The share of the newest point in a half-hour: about a week of five-minute points."""
_DAILY_RATE = 1 / 2_000
_OUTLIER = 8.0
"""A point counts for no more than so many times what is usual."""
_TRIED = 24
"""Points of a half-hour after which its noise is known."""


class HourNoise:
    """The mean size of an error in each half-hour, and in all of them."""

    __slots__ = ("_all", "_count", "_mean", "_seen")

    def __init__(self) -> None:
        self._mean = array("d", bytes(8 * _HALF_HOURS))
        self._seen = array("I", bytes(4 * _HALF_HOURS))
        self._all = 0.0
        self._count = 0

    def factor(self, clock: float, error: float | None) -> float:
        """Returns how much noisier this half-hour is than the day, 1 at least; then learns the error."""
        if error is None:
            return 1.0
        slot = int(clock % DAY * _HALF_HOURS / DAY)
        mean, whole = self._mean[slot], self._all
        known = self._seen[slot] >= _TRIED and whole > 0.0
        factor, size = 1.0, abs(error)
        if known:
            factor = mean / whole if mean > whole else 1.0
            most = _OUTLIER * (mean if mean > whole else whole)
            size = size if size < most else most
        self._seen[slot] = seen = self._seen[slot] + 1
        self._count = count = self._count + 1
        rate, daily_rate = 1.0 / seen, 1.0 / count
        self._mean[slot] = mean + (rate if rate > _RATE else _RATE) * (size - mean)
        self._all = whole + (daily_rate if daily_rate > _DAILY_RATE else _DAILY_RATE) * (size - whole)
        return factor
