"""A run over all objectives, on memory twins: what is asked, kept, measured and logged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.config.slo import Objective, SloConfig
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.slo import MemoryBudgets, MemorySignals
from alertrelay.slo.ports import BudgetsFailure, Watching
from alertrelay.slo.run import BudgetsIncomplete, History, attainment_rate, rate, run
from alertrelay.state import BudgetNote

from tests.slo.objectives import AVAILABILITY, LATENCY, SIGNALS, objective

NOW = datetime(2026, 11, 20, 12, 6, 30, tzinfo=UTC)
AT = datetime(2026, 11, 20, 12, 5, tzinfo=UTC).timestamp()


class World:
    def __init__(self, *objectives: Objective) -> None:
        self.signals, self.budgets, self.clock = MemorySignals(), MemoryBudgets(), ManualClock(NOW)
        self.measured: list[tuple[str, float, dict[str, str]]] = []
        self.logged: list[tuple[str, dict[str, Any]]] = []
        self.config = SloConfig(environment="prod", objectives=objectives)
        self.history = History()

    def traffic(self, one: Objective, minutes: int, *, total: float, bad: float) -> None:
        times = [AT - 60 * n for n in range(1, minutes + 1)]
        self.signals.put(one.total[0], dict.fromkeys(times, total))
        self.signals.put(one.bad[0], dict.fromkeys(times, bad))

    def watching(self, keep: Callable[..., None] | None = None) -> Watching:
        return Watching(
            config=self.config,
            signals=self.signals,
            budgets=self.budgets if keep is None else _Failing(keep),
            clock=self.clock,
            measure=lambda name, value, **dimensions: self.measured.append((name, value, dimensions)),
            log=lambda event, **fields: self.logged.append((event, fields)),
        )

    def run(self) -> BudgetNote:
        run(self.watching(), self.history)
        return self.budgets.kept["checkout"]


class _Failing:
    def __init__(self, keep: Callable[..., None]) -> None:
        self._keep = keep

    def keep(self, objective: str, note: BudgetNote) -> None:
        self._keep(objective, note)


def test_a_run_ends_at_the_last_whole_period_and_keeps_what_it_worked_out() -> None:
    one = objective()
    world = World(one)
    world.traffic(one, 30 * 1440, total=100, bad=0.05)
    world.signals.put(one.bad[0], {AT: 100.0})  # a minute that has only begun
    note = world.run()
    assert note.at == AT
    assert note.consumed == pytest.approx(21.6, rel=1e-3)
    assert list(note.rates.values()) == pytest.approx([0.5] * 7)


def test_the_metrics_say_the_same_as_the_state() -> None:
    one = objective()
    world = World(one)
    world.traffic(one, 30 * 1440, total=100, bad=0.025)
    world.run()
    named = {"env": "prod", "slo": "checkout"}
    found = {(name, *sorted(d.items())): value for name, value, d in world.measured}
    assert found["SloBudgetRemaining", *sorted(named.items())] == pytest.approx(75, rel=1e-3)
    assert found["SloMinutesConsumed", *sorted(named.items())] == pytest.approx(10.8, rel=1e-3)
    assert found["SloHoursToExhaustion", *sorted(named.items())] == pytest.approx(3 * 720, rel=1e-2)
    assert {d["window"] for name, _, d in world.measured if name == "SloBurnRate"} == {"1h", "6h", "24h", "72h"}
    assert ("SloObjectives", 1.0, {"env": "prod"}) in world.measured
    assert world.logged == [
        ("slo_budget", {"slo": "checkout", "remaining": 0.75, "consumed_minutes": 10.8, "allowed_minutes": 43.2,
                        "history_hours": 720.0})
    ]  # fmt: skip


def test_a_budget_that_lasts_has_no_hours_to_its_end() -> None:
    one = objective()
    world = World(one)
    world.traffic(one, 60, total=100, bad=0)
    world.run()
    assert "SloHoursToExhaustion" not in {name for name, _, _ in world.measured}


def test_the_hours_before_are_asked_once_an_hour_and_a_shared_metric_once() -> None:
    one = objective()
    other = objective(AVAILABILITY, percent=99.5)
    world = World(one, other)
    world.run()
    assert world.signals.requested == 4  # two metrics, recent and older
    world.clock.sleep(300)
    world.run()
    assert world.signals.requested == 6
    world.clock.sleep(3600)
    world.run()
    assert world.signals.requested == 10


def test_application_signals_is_asked_for_its_own_metrics() -> None:
    one = objective(SIGNALS)
    world = World(one)
    world.signals.put(attainment_rate(one), {AT - 120: 99.95, AT - 60: 99.96})
    world.signals.put(rate(one, 3600), {AT - 60: 2.5})
    note = world.run()
    assert note.consumed == pytest.approx(0.4 * 43.2)
    assert (note.rates[3600], note.rates[300]) == (2.5, 0.0)


def test_a_latency_counts_what_is_slower() -> None:
    one = objective(LATENCY, percent=95)
    assert one.rank is not None
    world = World(one)
    for signal, value in ((one.total[0], 1000.0), (one.rank, 90.0)):
        world.signals.minutes[signal.key] = {AT - 300 * n: value for n in range(1, 13)}
    assert world.run().rates[3600] == pytest.approx(2.0)


def test_a_budget_that_cannot_be_kept_does_not_stop_the_others_and_fails_the_run() -> None:
    one = objective()
    world = World(one)

    def refuse(_: str, __: BudgetNote) -> None:
        raise BudgetsFailure("the table does not answer")

    with pytest.raises(BudgetsIncomplete, match="1 of 1 budget could not be kept: checkout"):
        run(world.watching(refuse), world.history)
    failed = {"slo": "checkout", "failure": "the table does not answer"}
    assert ("slo_budget_not_kept", failed) in world.logged
    assert ("SloObjectives", 1.0, {"env": "prod"}) in world.measured
