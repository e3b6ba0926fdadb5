"""Holds service level objectives as plain values, which the slo function reads from one JSON file without any YAML, and
the pairs of windows by which the burning of an error budget is judged.

Source of the pairs: Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
`SloConfig.to_json()` and `SloConfig.from_json()` are inverse.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from alertrelay.alert import Labels

SCHEMA = 1
EVERY = 300
"""Seconds between two runs of the slo function."""
FAST, SLOW = "ErrorBudgetBurningFast", "ErrorBudgetBurningSlow"


@dataclass(frozen=True, slots=True)
class WindowPair:
    """Two windows in seconds: the long one spends `share` of the budget at the rate that the pair fires at, and the
    short one ends the alert soon after the errors end."""

    long: int
    short: int
    share: float
    alertname: str
    severity: Literal["critical", "warning"]

    def factor(self, window: int) -> float:
        """Returns the burn rate that spends `share` of the budget of `window` seconds within the long window: 14.4 for
        30 days and an hour."""
        return round(self.share * window / self.long, 10)


PAIRS = (
    WindowPair(3_600, 300, 0.02, FAST, "critical"),
    WindowPair(21_600, 1_800, 0.05, FAST, "critical"),
    WindowPair(86_400, 7_200, 0.10, SLOW, "warning"),
    WindowPair(259_200, 21_600, 0.10, SLOW, "warning"),
)
WINDOWS = tuple(sorted({seconds for pair in PAIRS for seconds in (pair.long, pair.short)}))
"""All windows, in seconds, the shortest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One metric of CloudWatch, summed over its periods unless `statistic` says otherwise."""

    namespace: str
    name: str
    dimensions: Labels
    statistic: str = "Sum"

    @property
    def key(self) -> tuple[str, ...]:
        """Returns what distinguishes it from other metrics."""
        return (self.namespace, self.name, self.statistic, *(f"{n}={v}" for n, v in sorted(self.dimensions.items())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One objective: `percent` of the events of `window` seconds are good.

    `total` counts all events (summed). The bad ones are counted by `bad` (summed), by `good` (the rest of the total is
    bad), or by `rank`, a metric whose statistic is the percentage of events within a threshold. With
    `application_signals`, the name of an SLO of Application Signals, none of these is set: its own metrics are read.
    Below `min_requests` events in a long window the objective does not fire.
    """

    id: str
    service: str
    percent: float
    window: int
    total: tuple[Signal, ...] = ()
    bad: tuple[Signal, ...] = ()
    good: Signal | None = None
    rank: Signal | None = None
    application_signals: str = ""
    min_requests: int = 0
    labels: Labels = field(default_factory=dict)

    @property
    def budget(self) -> float:
        """Returns the share of events that may be bad: 0.001 for 99.9 %."""
        return round((100 - self.percent) / 100, 10)

    @property
    def allowed_minutes(self) -> float:
        """Returns the minutes of the window that may be bad altogether: 43.2 for 99.9 % of 30 days."""
        return self.budget * self.window / 60

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Returns every metric that is read for it, those of the total first."""
        return (*self.total, *self.bad, *(one for one in (self.good, self.rank) if one))


@dataclass(frozen=True, slots=True, kw_only=True)
class SloConfig:
    """The objectives of one environment. `hash` names their content."""

    environment: str
    objectives: tuple[Objective, ...]

    @property
    def hash(self) -> str:
        """Returns the sha256 of all values."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Returns plain JSON."""
        return {"schema": SCHEMA, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SloConfig:
        """Reads the form of `to_json`. Raises ValueError for another schema."""
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {SCHEMA} of the objectives was expected, got {data['schema']}")
        return cls(environment=data["environment"], objectives=tuple(map(_objective, data["objectives"])))


def _objective(data: Mapping[str, Any]) -> Objective:
    several = {key: tuple(Signal(**one) for one in data[key]) for key in ("total", "bad")}
    single = {key: Signal(**data[key]) if data[key] else None for key in ("good", "rank")}
    return Objective(**{**data, **several, **single})
