"""Bounds the wait of a page for a slow table: then it goes out without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from alertrelay.ports import Clock

BUDGET = timedelta(seconds=3)
"""Of waiting beyond what is usual. No request is begun after it; the last one may take two more seconds."""
USUAL = timedelta(seconds=0.25)
"""Of one request: what a table that is well takes, however many requests a large group needs."""


class Budget:
    """Counts the waiting for the table while a message from a topic is taken. What a timer brings is not limited: its
    alerts stand in the table alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._limited = False
        self._waited = timedelta()

    @property
    def spent(self) -> bool:
        """Returns whether no further request is to be begun."""
        return self._limited and self._waited >= BUDGET

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Counts from 0, until the message is dealt with."""
        self._limited, self._waited = True, timedelta()
        try:
            yield
        finally:
            self._limited = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Counts one request, answered or not."""
        began = self._clock.now()
        try:
            yield
        finally:
            self._waited += max(timedelta(), self._clock.now() - began - USUAL)
