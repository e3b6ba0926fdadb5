"""How late messages come to a container, by its own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from alertrelay.config.durations import PATIENCE, REDELIVERED


@dataclass(slots=True)
class Delays:
    """`least`: the least delay that this container has seen. That much its clock is ahead, at most."""

    least: timedelta | None = None

    def late(self, delay: timedelta, *, critical: bool) -> bool:
        """Returns whether an earlier try may have notified a message that came with this delay, and keeps the delay.
        What is not critical waits for the table before it is notified without it."""
        ahead = max(timedelta(), self.least) if self.least is not None else timedelta()
        self.least = delay if self.least is None else min(self.least, delay)
        return delay - ahead >= (REDELIVERED if critical else PATIENCE + REDELIVERED)
