"""Computes burn rates and what is left of an error budget, from counts of events. Pure.

A burn rate of 1 spends the budget in exactly the objective's window. Source: Google, The Site Reliability Workbook,
chapter 5, "Alerting on SLOs".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from alertrelay.config.slo import EVERY, WINDOWS, Objective, Signal
from alertrelay.state import BudgetNote

HOUR = 3_600
SETTLED = 60
"""Seconds after the end of a period in which its counts still come in."""

Points = Mapping[float, float]
"""Values of one metric by the begin of their period, in seconds."""


class Counts(NamedTuple):
    """The events of one period, and how many of them were bad."""

    total: float
    bad: float


Series = Mapping[float, Counts]
"""Counts by the begin of their period, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """What was counted for an objective until `at`: the `recent` periods of EVERY seconds, and the hours before."""

    at: float
    recent: Series
    older: Series


def edge(at: float) -> float:
    """Returns where the hours end and the short periods begin: at a whole hour, before the longest window."""
    return at // HOUR * HOUR - WINDOWS[-1]


def counted(objective: Objective, points: Mapping[tuple[str, ...], Points]) -> Series:
    """Returns the counts of each period in which there was an event. `points` are by Signal.key; a metric that is not
    published in a period counts as 0 there, save the share of `rank`, without which nothing is known to be bad."""

    def of(signal: Signal) -> Points:
        return points.get(signal.key, {})

    totals = _sums(map(of, objective.total))
    if objective.rank:
        ranks = of(objective.rank)
        return {at: Counts(n, n * (1 - ranks.get(at, 100.0) / 100)) for at, n in totals.items() if n > 0}
    if objective.good:
        good = of(objective.good)
        return {at: Counts(n, max(0.0, n - good.get(at, 0.0))) for at, n in totals.items() if n > 0}
    bad = _sums(map(of, objective.bad))
    return {at: Counts(n, min(n, bad.get(at, 0.0))) for at, n in totals.items() if n > 0}


def _sums(several: Iterable[Points]) -> dict[float, float]:
    found: dict[float, float] = {}
    for points in several:
        for at, value in points.items():
            found[at] = found.get(at, 0.0) + value
    return found


def burn_rate(objective: Objective, counts: Counts) -> float:
    """Returns how many times as fast as planned the budget burns; 0 without events."""
    return counts.bad / counts.total / objective.budget if counts.total > 0 else 0.0


def within(series: Series, begin: float, end: float) -> Counts:
    """Returns the counts of all periods that begin from `begin` on, before `end`."""
    held = [counts for at, counts in series.items() if begin <= at < end]
    return Counts(sum(c.total for c in held), sum(c.bad for c in held))


def note_of(objective: Objective, measured: EventCounts) -> BudgetNote:
    """Returns the state of an objective's budget.

    Consumed minutes are the share of bad events times the minutes of which there is a history. A service that is a day
    old has its window's whole budget, as one that was good for the 29 days before.
    """
    at = measured.at
    every = [*measured.older, *measured.recent]
    begin = at - objective.window
    known = min(float(objective.window), at - min(every)) if every else 0.0
    older, recent = within(measured.older, begin, at), within(measured.recent, begin, at)
    share = burn_rate(objective, Counts(older.total + recent.total, older.bad + recent.bad)) * known / objective.window
    rates = {seconds: burn_rate(objective, within(measured.recent, at - seconds, at)) for seconds in WINDOWS}
    return _noted(objective, at, share, rates, history=known)


def note_of_attainment(
    objective: Objective, *, at: float, attainment: float | None, rates: Mapping[int, float]
) -> BudgetNote:
    """Returns the same by the metrics of Application Signals: the `attainment` in percent over the objective's window,
    None where it has none yet, and burn rates by window."""
    share = 0.0 if attainment is None else (100 - attainment) / 100 / objective.budget
    known = 0.0 if attainment is None else float(objective.window)
    return _noted(objective, at, share, {w: rates.get(w, 0.0) for w in WINDOWS}, history=known)


def _noted(objective: Objective, at: float, share: float, rates: Mapping[int, float], *, history: float) -> BudgetNote:
    return BudgetNote(
        at=at,
        percent=objective.percent,
        window=objective.window,
        allowed=objective.allowed_minutes,
        consumed=share * objective.allowed_minutes,
        history=history,
        rates={seconds: round(rate, 6) for seconds, rate in rates.items()},
    )


def aligned(now: float) -> float:
    """Returns the end of the last period of EVERY seconds whose counts are whole."""
    return (now - SETTLED) // EVERY * EVERY
