"""Learns the usual value at a time of the day, by calm points alone: people's idea of "back to normal".

The scorer's own baselines follow a trouble, since they have to learn what may be new; this one waits for its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

_SLOT = 1_800
_SLOTS = 48
_TYPES = 2
"""Monday to Friday, and the weekend."""
_KNOWN = 12
"""Points of a half-hour after which an outlier is distinguished from the rest: two days of five-minute points."""
_OUTLIER = 5.0
_LATEST = 1 / 30
"""The share of the newest point, after the first thirty of its half-hour: some five days of five-minute points."""


class Course:
    """A mean for each half-hour of a working day and of a weekend, and how far points usually are from it."""

    __slots__ = ("_apart", "_mean", "_seen")

    def __init__(self) -> None:
        self._mean = [0.0] * (_SLOTS * _TYPES)
        self._seen = [0] * (_SLOTS * _TYPES)
        self._apart = [0.0] * _TYPES

    def usual(self, at: float, zone: tzinfo) -> tuple[float, float] | None:
        """Returns the usual value at a time in seconds, and the usual distance from it; None where neither day is
        known."""
        kind, place = _place(at, zone)
        for day in (kind, 1 - kind):
            found = self._between(day, place)
            if found is not None:
                return found, self._apart[day]
        return None

    def learn(self, at: float, value: float, zone: tzinfo) -> None:
        """Takes a calm point into it."""
        kind, place = _place(at, zone)
        expected = self._between(kind, place)
        slot = kind * _SLOTS + int(place)
        self._seen[slot] = min(self._seen[slot] + 1, 30)
        rate = max(_LATEST, 1.0 / self._seen[slot])
        if expected is not None and self._seen[slot] >= _KNOWN and self._apart[kind] > 0.0:
            # A rush to the side that is no trouble is calm as well, and moves it little.
            most = _OUTLIER * self._apart[kind]
            value = expected + max(-most, min(most, value - expected))
        if expected is not None:
            self._apart[kind] += 0.01 * (abs(value - expected) - self._apart[kind])
        self._mean[slot] += rate * (value - self._mean[slot])

    def forget(self) -> None:
        """Drops the usual values, and learns new ones quickly."""
        self._seen = [min(count, 1) for count in self._seen]

    def _between(self, kind: int, place: float) -> float | None:
        """Interpolates between the middles of the two nearest known half-hours."""
        base = kind * _SLOTS
        slot = int(place)
        if not self._seen[base + slot]:
            return None
        apart = place - slot - 0.5
        other = (slot + (1 if apart > 0 else -1)) % _SLOTS
        near = self._mean[base + slot]
        if not self._seen[base + other]:
            return near
        return near + abs(apart) * (self._mean[base + other] - near)

    def to_json(self) -> dict[str, Any]:
        """Returns plain JSON; `of_json` reads it back, to six digits."""
        return {
            "mean": [float(f"{value:.6g}") for value in self._mean],
            "seen": self._seen,
            "apart": [float(f"{value:.6g}") for value in self._apart],
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Course:
        """Reads the form of `to_json`."""
        made = cls()
        made._mean, made._seen, made._apart = list(data["mean"]), list(data["seen"]), list(data["apart"])
        return made


def _place(at: float, zone: tzinfo) -> tuple[int, float]:
    """Returns the kind of day, and the half-hours since midnight, by the clock of the people."""
    local = datetime.fromtimestamp(at, zone)
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    return int(local.weekday() >= 5), seconds / _SLOT
