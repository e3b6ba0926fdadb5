"""Reads the facts beside a group from memory, as state.Lookup, and notes inhibitors, as state.Inhibitors."""

from __future__ import annotations

from collections.abc import Sequence

from alertrelay.memory.state.alerts import MemoryAlerts
from alertrelay.memory.state.ticks import MemoryTicks
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.ports import Clock
from alertrelay.state import AnomalyNote, Facts


class MemoryLookup(MemoryAlerts, MemoryTicks):
    """See state.Lookup and state.Inhibitors. `anomalies` is written by the scorer's own port."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._sources: dict[tuple[str, str], dict[str, bool]] = {}
        self.anomalies: dict[str, Sequence[AnomalyNote]] = {}

    def note_source(self, entry: InhibitKey, key: str, *, fires: bool) -> None:
        """See state.Inhibitors."""
        with self._lock:
            noted = self._sources.setdefault((entry.rule, entry.equal), {})
            if fires:
                noted[key] = entry.two_sided
            else:
                noted.pop(key, None)

    def facts(
        self,
        *,
        alerts: Sequence[str],
        inhibitors: Sequence[tuple[str, str]],
        services: Sequence[str] = (),
        waking: str = "",
    ) -> Facts:
        """See state.Lookup."""
        with self._lock:
            return Facts(
                alerts=self.get_alerts(alerts),
                inhibitors={one: dict(self._sources[one]) for one in inhibitors if one in self._sources},
                silences=self._silences[0],
                anomalies={name: self.anomalies[name] for name in services if self.anomalies.get(name)},
                waking=self.waking(waking)[0],
            )
