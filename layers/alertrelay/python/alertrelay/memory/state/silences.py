"""Keeps the list of silences in memory, as state.Silences."""

from __future__ import annotations

from collections.abc import Sequence

from alertrelay.memory.state.base import InMemory
from alertrelay.policy.silence import Silence
from alertrelay.ports import Clock


class MemorySilences(InMemory):
    """See state.Silences."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._silences: tuple[Sequence[Silence], int] = ((), 0)

    def silences(self) -> tuple[Sequence[Silence], int]:
        """See state.Silences."""
        return self._silences

    def put_silences(self, silences: Sequence[Silence], *, seen: int) -> bool:
        """See state.Silences."""
        with self._lock:
            if self._silences[1] != seen:
                return False
            self._silences = (tuple(silences), seen + 1)
            return True
