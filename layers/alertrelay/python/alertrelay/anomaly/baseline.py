"""What is usual at this time of day."""

from __future__ import annotations

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
        self._values = [0.0] * self.slots
        self._seen = [0] * self.slots

    def slot(self, at: float) -> int:
        """The slot of a time in seconds; times are on the clock of the people, if they follow one."""
        return min(self.slots - 1, int((at % DAY) / self._slot_seconds))

    def usual(self, slot: int) -> float | None:
        """The usual value of a slot, None before its first day is over."""
        return self._values[slot] if self._seen[slot] else None

    def learn(self, slot: int, value: float) -> None:
        """Moves the profile towards a value."""
        values, seen, slots = self._values, self._seen, self.slots
        seen[slot] += 1
        if seen[slot] == 1:
            values[slot] = value
            return
        weight = max(_LATEST, 1.0 / seen[slot])
        for offset, pull in _PULL:
            near = (slot + offset) % slots
            values[near] += weight * pull * (value - values[near])
