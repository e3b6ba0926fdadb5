"""Keeps the ports of a run over objectives in memory: for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alertrelay.config.slo import Signal
from alertrelay.slo.budget import Points
from alertrelay.state import BudgetNote


@dataclass(slots=True)
class MemorySignals:
    """slo.ports.Signals. `minutes` are the values of each signal by the begin of their minute; a longer period sums
    them. `requested` counts the metrics that were asked for."""

    minutes: dict[tuple[str, ...], dict[float, float]] = field(default_factory=dict)
    requested: int = 0

    def put(self, signal: Signal, points: Mapping[float, float]) -> None:
        """Adds points."""
        self.minutes.setdefault(signal.key, {}).update(points)

    def read(
        self, signals: Sequence[Signal], *, period: int, start: float, end: float
    ) -> Mapping[tuple[str, ...], Points]:
        """See slo.ports.Signals."""
        self.requested += len(signals)
        found: dict[tuple[str, ...], Points] = {}
        for signal in signals:
            summed: dict[float, float] = {}
            for at, value in self.minutes.get(signal.key, {}).items():
                if start <= at < end:
                    begin = at // period * period
                    summed[begin] = summed.get(begin, 0.0) + value if signal.statistic == "Sum" else value
            if summed:
                found[signal.key] = summed
        return found


@dataclass(slots=True)
class MemoryBudgets:
    """slo.ports.Budgets."""

    kept: dict[str, BudgetNote] = field(default_factory=dict)

    def keep(self, objective: str, note: BudgetNote) -> None:
        """See slo.ports.Budgets."""
        there = self.kept.get(objective)
        if there is None or there.at <= note.at:
            self.kept[objective] = note
