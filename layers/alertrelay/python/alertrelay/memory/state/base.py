"""Holds what the parts of the memory store share: its clock, and one lock, so that it is safe under threads."""

from __future__ import annotations

import threading

from alertrelay.policy.group_key import order_ahead
from alertrelay.ports import Clock


class InMemory:
    """The base of each part. `clock` decides what has expired."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()

    def _ahead(self, order_key: str) -> bool:
        """Returns whether it is of a source whose clock was wrong, and loses to any."""
        return order_key > order_ahead(self._clock.now())
