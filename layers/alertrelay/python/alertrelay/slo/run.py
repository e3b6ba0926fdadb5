"""A run over all objectives: reads the counts, works out each budget, and keeps and measures it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alertrelay.config.slo import EVERY, PAIRS, WINDOWS, Objective, Signal
from alertrelay.slo.budget import HOUR, EventCounts, Points, aligned, counted, edge, note_of, note_of_attainment
from alertrelay.slo.ports import BudgetsFailure, Signals, Watching
from alertrelay.state import BudgetNote
from alertrelay.values.text import how_many

NAMESPACE = "AWS/ApplicationSignals"
MINUTE = 60
LATEST = 900
"""Seconds back to which a metric of Application Signals is looked for."""
BY_KEY = Mapping[tuple[str, ...], Points]


class BudgetsIncomplete(Exception):
    """Some budgets could not be kept: raised after all were worked out, so that Lambda tries the run again."""


@dataclass(slots=True)
class History:
    """The hours before the recent periods, which a container keeps: they stay the same for an hour."""

    edge: float = 0.0
    points: BY_KEY = field(default_factory=dict)

    def read(self, signals: Sequence[Signal], port: Signals, *, start: float, until: float) -> BY_KEY:
        """Returns the hourly points until `until`, read anew where that has moved on. Raises SignalsFailure."""
        if self.edge != until:
            self.points = port.read(signals, period=HOUR, start=start, end=until) if start < until else {}
            self.edge = until
        return self.points


def run(watching: Watching, history: History) -> Mapping[str, BudgetNote]:
    """Works out every budget, as of the last whole period, and returns them by objective. Raises SignalsFailure, and
    BudgetsIncomplete where a budget could not be kept."""
    at = aligned(watching.clock.now().timestamp())
    notes = {one.id: note for one, note in (*_of_events(watching, history, at), *_of_attainments(watching, at))}
    failed = []
    for objective in watching.config.objectives:
        note = notes[objective.id]
        _measure(watching, objective, note)
        watching.log("slo_budget", slo=objective.id, **_logged(note))
        try:
            watching.budgets.keep(objective.id, note)
        except BudgetsFailure as failure:
            failed.append(objective.id)
            watching.log("slo_budget_not_kept", slo=objective.id, failure=str(failure))
    watching.measure("SloObjectives", float(len(notes)), env=watching.config.environment)
    if failed:
        raise BudgetsIncomplete(
            f"{len(failed)} of {how_many(len(notes), 'budget')} could not be kept: {', '.join(failed[:5])}"
        )
    return notes


def _of_events(watching: Watching, history: History, at: float) -> Iterator[tuple[Objective, BudgetNote]]:
    objectives = [one for one in watching.config.objectives if not one.application_signals]
    if not objectives:
        return
    signals = _distinct(signal for one in objectives for signal in one.signals)
    began = edge(at)
    first = (at - max(one.window for one in objectives)) // HOUR * HOUR
    recent = watching.signals.read(signals, period=EVERY, start=began, end=at)
    older = history.read(signals, watching.signals, start=first, until=began)
    for one in objectives:
        yield one, note_of(one, EventCounts(at=at, recent=counted(one, recent), older=counted(one, older)))


def _of_attainments(watching: Watching, at: float) -> Iterator[tuple[Objective, BudgetNote]]:
    objectives = [one for one in watching.config.objectives if one.application_signals]
    if not objectives:
        return
    wanted = [signal for one in objectives for signal in (attainment_rate(one), *(rate(one, w) for w in WINDOWS))]
    found = watching.signals.read(_distinct(wanted), period=MINUTE, start=at - LATEST, end=at)
    for one in objectives:
        rates = {window: _latest(found, rate(one, window)) for window in WINDOWS}
        known = {window: value for window, value in rates.items() if value is not None}
        yield one, note_of_attainment(one, at=at, attainment=_latest(found, attainment_rate(one)), rates=known)


def attainment_rate(objective: Objective) -> Signal:
    """Returns the metric of Application Signals that says how much of the objective's window was good, in percent."""
    return Signal(
        namespace=NAMESPACE,
        name="AttainmentRate",
        dimensions={"SloName": objective.application_signals},
        statistic="Average",
    )


def rate(objective: Objective, window: int) -> Signal:
    """Returns its metric of the burn rate over a window, which the SLO has where it lists that look-back window."""
    return Signal(
        namespace=NAMESPACE,
        name="BurnRate",
        dimensions={"SloName": objective.application_signals, "BurnRateWindowMinutes": str(window // 60)},
        statistic="Maximum",
    )


def _latest(found: BY_KEY, signal: Signal) -> float | None:
    points = found.get(signal.key)
    return points[max(points)] if points else None


def _distinct(signals: Iterable[Signal]) -> list[Signal]:
    """Returns each metric once: several objectives may count the same requests."""
    return list({signal.key: signal for signal in signals}.values())


def _measure(watching: Watching, objective: Objective, note: BudgetNote) -> None:
    named = {"env": watching.config.environment, "slo": objective.id}
    watching.measure("SloBudgetRemaining", 100 * note.remaining, **named)
    watching.measure("SloMinutesConsumed", note.consumed, **named)
    for pair in PAIRS:
        watching.measure("SloBurnRate", note.rates[pair.long], **named, window=f"{pair.long // HOUR}h")
    left = note.exhausted_in(note.rates[PAIRS[0].long])
    if left is not None:  # a budget that lasts has no end to measure
        watching.measure("SloHoursToExhaustion", left / HOUR, **named)


def _logged(note: BudgetNote) -> dict[str, float]:
    return {
        "remaining": round(note.remaining, 4),
        "consumed_minutes": round(note.consumed, 2),
        "allowed_minutes": round(note.allowed, 2),
        "history_hours": round(note.history / HOUR, 1),
    }
