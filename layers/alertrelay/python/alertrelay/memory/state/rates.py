"""Keeps token buckets in memory, as state.Rates."""

from __future__ import annotations

from datetime import datetime, timedelta

from alertrelay.memory.state.base import InMemory
from alertrelay.ports import Clock
from alertrelay.state import Limit


class MemoryRates(InMemory):
    """See state.Rates. A bucket is the time at which it would be full again."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._buckets: dict[str, datetime] = {}

    def take(self, key: str, *, now: datetime, limit: Limit) -> bool:
        """See state.Rates."""
        step = timedelta(seconds=limit.interval)
        with self._lock:
            full = self._buckets.get(key, now)
            last = now + step * (limit.burst - 1)
            if full > last:
                self._buckets[key] = max(full, last + timedelta(seconds=limit.quiet))
                return False
            self._buckets[key] = max(full, now) + step
            return True

    def refill(self, key: str) -> None:
        """See state.Rates."""
        with self._lock:
            if key in self._buckets:
                del self._buckets[key]
