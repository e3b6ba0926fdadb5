"""How late messages come to a container, by its own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from alertrelay.config.durations import REDELIVERED


@dataclass(slots=True)
class Delays:
    """`least`: the least delay that this container has seen. That much its clock is ahead, at most."""

    least: timedelta | None = None

    def late(self, delay: timedelta) -> bool:
        """Returns whether a message that came with this delay may have come before, and keeps the delay."""
        ahead = max(timedelta(), self.least) if self.least is not None else timedelta()
        self.least = delay if self.least is None else min(self.least, delay)
        return delay - ahead >= REDELIVERED
