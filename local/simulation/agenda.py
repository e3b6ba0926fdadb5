"""Orders what is to happen by time: the clock of a simulation.

An invocation that sleeps lets everything else go on, as functions do that run side by side: each has its thread, of
which one alone runs at any moment, so a run is the same every time.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta


class _Over(BaseException):
    """Ends the thread of an invocation that still sleeps when the simulation is over."""


class Agenda:
    """ports.Clock. Things of one moment happen in the order in which they were put down."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._number = itertools.count()
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []
        self._back = threading.Semaphore(0)
        self._asleep: dict[threading.Thread, threading.Semaphore] = {}
        self._fault: BaseException | None = None
        self._over = False

    def now(self) -> datetime:
        """See ports.Clock."""
        return self._now

    def at(self, when: datetime, do: Callable[[], None]) -> None:
        """Puts something down; what is past happens now."""
        heapq.heappush(self._waiting, (max(when, self._now), next(self._number), do))

    def run(self, until: datetime) -> None:
        """Lets everything happen that falls due by then."""
        while self._waiting and self._waiting[0][0] <= until:
            self._now, _, do = heapq.heappop(self._waiting)
            do()
        self._now = max(self._now, until)

    def invoke(self, do: Callable[[], None]) -> None:
        """Begins an invocation, which may sleep; returns when it is done, or sleeps."""
        thread = threading.Thread(target=self._body, args=(do,), daemon=True)
        self._hand_over(thread.start)

    def sleep(self, seconds: float) -> None:
        """See ports.Clock. Only within an invocation."""
        turn = threading.Semaphore(0)
        thread = threading.current_thread()
        self._asleep[thread] = turn
        self.at(self._now + timedelta(seconds=max(0.0, seconds)), lambda: self._hand_over(turn.release))
        self._back.release()
        turn.acquire()
        if self._over:
            raise _Over
        del self._asleep[thread]

    def close(self) -> None:
        """Ends what still sleeps."""
        self._over = True
        for thread, turn in list(self._asleep.items()):
            turn.release()
            thread.join()

    def _hand_over(self, go: Callable[[], None]) -> None:
        go()
        self._back.acquire()
        if self._fault:
            raise self._fault

    def _body(self, do: Callable[[], None]) -> None:
        try:
            do()
        except _Over:
            return
        except BaseException as error:  # noqa: BLE001 - raised again where the simulation runs
            self._fault = error
        self._back.release()
