"""States what a run over the objectives needs from the outside, as Protocols, and how it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from alertrelay.config.slo import Signal, SloConfig
from alertrelay.ports import Clock
from alertrelay.slo.budget import Points
from alertrelay.state import BudgetNote


class SignalsFailure(Exception):
    """Metrics could not be read. The text is safe to log."""


class BudgetsFailure(Exception):
    """The table did not take the state of a budget. The text is safe to log."""


class Signals(Protocol):
    """The metrics that objectives count."""

    def read(
        self, signals: Sequence[Signal], *, period: int, start: float, end: float
    ) -> Mapping[tuple[str, ...], Points]:
        """Reads the points of each signal, by its key, from `start` on, before `end` (seconds). A signal without a
        point is left out. Raises SignalsFailure."""


class Budgets(Protocol):
    """The state of error budgets, which messages show."""

    def keep(self, objective: str, note: BudgetNote) -> None:
        """Keeps it, unless a newer one is there. Raises BudgetsFailure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What a run needs. `measure(name, value, **dimensions)` writes a metric; `log(event, **fields)`."""

    config: SloConfig
    signals: Signals
    budgets: Budgets
    clock: Clock
    measure: Callable[..., None]
    log: Callable[..., None]
