"""Bounds how long an invocation waits for the state table and the secret together; then it goes on without them.

A notification that has no state may come twice, and one without its secret goes to a fallback that needs none; one that
waits until Lambda kills it goes nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from alertrelay.ports import Clock

LIMIT = timedelta(seconds=5)
"""Of waiting in one invocation beyond what is usual."""
LONGEST = timedelta(seconds=2)
"""Of one request: to connect, and to read (aws/clients.py, PROMPT). None is begun that could exceed the limit."""
USUAL = timedelta(seconds=0.25)
"""Of one request: what a table that is well takes, however many requests a large group needs."""


class Budget:
    """Counts the waiting of one invocation. Outside `limited` nothing is refused."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._limited = False
        self._kept = timedelta()
        self._waited = timedelta()

    @property
    def for_table(self) -> bool:
        """Returns whether one more request to the table may be begun: the first read of the secret needs time too."""
        return self._fits(LONGEST + self._kept)

    @property
    def for_secret(self) -> bool:
        """Returns whether one more read of the secret may be begun."""
        return self._fits(LONGEST)

    def _fits(self, needed: timedelta) -> bool:
        return not self._limited or self._waited + needed <= LIMIT

    @contextmanager
    def limited(self, *, secret_at_hand: bool) -> Iterator[None]:
        """Counts from 0, until the invocation is done. Unless `secret_at_hand`, the time of one read is kept for it."""
        self._limited, self._waited = True, timedelta()
        self._kept = timedelta() if secret_at_hand else LONGEST
        try:
            yield
        finally:
            self._limited = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Counts one request, or one pause before it, answered or not."""
        began = self.clock.now()
        try:
            yield
        finally:
            self._waited += max(timedelta(), self.clock.now() - began - USUAL)
