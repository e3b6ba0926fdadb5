"""Reads the facts beside a group from memory, as state.Lookup, and notes inhibitors, as state.Inhibitors."""

from __future__ import annotations

from collections.abc import Sequence

from alertrelay.alert import AnomalyVerdict
from alertrelay.memory.state.alerts import MemoryAlerts
from alertrelay.memory.state.groups import MemoryGroups
from alertrelay.memory.state.ticks import MemoryTicks
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.ports import Clock
from alertrelay.state import AlertContext, AnomalyNote, BudgetNote, Facts


class MemoryLookup(MemoryAlerts, MemoryGroups, MemoryTicks):
    """See state.Lookup and state.Inhibitors. `anomalies`, `budgets` and `verdicts` are written by ports of
    the scorer's and the slo function's own."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._sources: dict[tuple[str, str], dict[str, bool]] = {}
        self.anomalies: dict[str, Sequence[AnomalyNote]] = {}
        self.budgets: dict[str, BudgetNote] = {}
        self.verdicts: dict[str, AnomalyVerdict] = {}

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
        objectives: Sequence[str] = (),
        judged: Sequence[str] = (),
        waking: str = "",
        headers: Sequence[str] = (),
    ) -> Facts:
        """See state.Lookup."""
        with self._lock:
            return Facts(
                alerts=self.get_alerts(alerts),
                inhibitors={one: dict(self._sources[one]) for one in inhibitors if one in self._sources},
                silences=self._silences[0],
                context=AlertContext(
                    anomalies={name: self.anomalies[name] for name in services if self.anomalies.get(name)},
                    budgets={name: self.budgets[name] for name in objectives if name in self.budgets},
                    verdicts={name: self.verdicts[name] for name in judged if name in self.verdicts},
                ),
                waking=self.waking(waking)[0],
                headers=self.headers(headers) if headers else None,
            )
