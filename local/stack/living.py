"""A clock for a command that waits for a stack on this machine: while it sleeps, the stack lives on."""

from __future__ import annotations

from datetime import datetime, timedelta

from local.stack.running import RunningStack


class LivingClock:
    """ports.Clock of a running stack."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack

    def now(self) -> datetime:
        """See ports.Clock."""
        return self._stack.clock.now()

    def sleep(self, seconds: float) -> None:
        """Lets everything happen that is due by then, and moves the clock there."""
        self._stack.work()
        self._stack.run_until(self._stack.clock.now() + timedelta(seconds=seconds))
