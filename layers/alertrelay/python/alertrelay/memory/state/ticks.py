"""Keeps the progress of a forwarder's ticks in memory, as state.Surveys and state.Wakings."""

from __future__ import annotations

from alertrelay.memory.state.silences import MemorySilences
from alertrelay.ports import Clock
from alertrelay.state import Survey, Waking


class MemoryTicks(MemorySilences):
    """See state.Surveys and state.Wakings."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._surveys: dict[str, tuple[Survey, int]] = {}
        self._wakings: dict[str, tuple[Waking, int]] = {}

    def survey(self, name: str) -> tuple[Survey, int]:
        """See state.Surveys."""
        return self._surveys.get(name, (Survey(), 0))

    def put_survey(self, name: str, survey: Survey, *, seen: int) -> bool:
        """See state.Surveys."""
        with self._lock:
            if self.survey(name)[1] != seen:
                return False
            self._surveys[name] = (survey, seen + 1)
            return True

    def waking(self, name: str) -> tuple[Waking | None, int, int]:
        """See state.Wakings."""
        with self._lock:
            return (*self._wakings.get(name, (None, 0)), self._silences[1])

    def put_waking(self, name: str, waking: Waking, *, seen: int) -> bool:
        """See state.Wakings."""
        with self._lock:
            if self.waking(name)[1] != seen:
                return False
            self._wakings[name] = (waking, seen + 1)
            return True
