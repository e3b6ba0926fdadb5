"""Shows on stderr how far a command has come."""

from __future__ import annotations

import sys
import time

PROGRESS_SECONDS = 2.0


class ProgressLine:
    """A word on stderr now and then, once the work has taken two seconds."""

    def __init__(self, command: str = "replay") -> None:
        self._command = command
        self._said = time.monotonic()

    def say(self, text: str) -> None:
        """Says it if two seconds have passed since the last word."""
        if time.monotonic() - self._said > PROGRESS_SECONDS:
            self._said = time.monotonic()
            print(f"{self._command}: {text} ...", file=sys.stderr, flush=True)
