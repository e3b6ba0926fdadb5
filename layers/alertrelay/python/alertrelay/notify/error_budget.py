"""Puts the state of an objective's error budget into words for its alerts: what is spent, how fast, until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from alertrelay.alert import Alert
from alertrelay.config.slo import EVERY, FAST, PAIRS, SLOW
from alertrelay.render.when import span
from alertrelay.state import BudgetNote

BAR = 10
"""Cells of the bar: a filled one is a tenth of the budget spent."""
OLD = 3 * EVERY
"""Seconds after which the state is called old: the slo function has not run, or could not write."""
ABSENT = "not known: the slo function has kept no state of {slo} that could be read"
EARLY = "not known yet: these numbers are from before the alert"
LABEL = "slo"


def with_budget(alert: Alert, budgets: Mapping[str, BudgetNote], *, now: datetime) -> Alert:
    """Returns the alert with annotations for the budget of its objective. Of an alert of our own burn-rate alarms a
    missing state is said; any other alert with a label `slo` stays as it is then."""
    objective = alert.labels.get(LABEL, "")
    note = budgets.get(objective) if objective else None
    if note is None:
        if not objective or alert.name not in (FAST, SLOW):
            return alert
        return _annotated(alert, {"error_budget": ABSENT.format(slo=objective)})
    said = {"error_budget": budget(note, now), "burn_rates": rates(note, alert.name)}
    if alert.status != "resolved":
        early = note.at <= alert.starts_at.timestamp() and not _burns(note, alert.name)
        said["budget_spent"] = EARLY if early else spent(note, alert.name)
    return _annotated(alert, said)


def _annotated(alert: Alert, said: Mapping[str, str]) -> Alert:
    return replace(alert, annotations={**alert.annotations, **said})


def bar(share: float) -> str:
    """Returns what is spent as a bar: ▰▰▰▱▱▱▱▱▱▱."""
    filled = min(BAR, max(0, int(share * BAR + 0.5)))
    return "▰" * filled + "▱" * (BAR - filled)


def budget(note: BudgetNote, now: datetime) -> str:
    """Returns `▰▰▰▱▱▱▱▱▱▱ 10.8 of 43.2 min spent, 75 % left (99.9 % of 30 d, at 12:05 UTC)`."""
    share = 1 - note.remaining
    left = f"{note.remaining:.0%}".replace("%", " %") + " left" if note.remaining > 0 else "nothing left"
    terms = [f"{note.percent:g} % of {span(note.window)}"]
    if note.history < note.window - 2 * 86_400:
        terms.append(f"known for {span(note.history)} of it" if note.history else "without any traffic")
    age = now.timestamp() - note.at
    at = datetime.fromtimestamp(note.at, UTC)
    terms.append(f"{span(age)} old" if age > OLD else f"at {at:%H:%M} UTC")
    return f"{bar(share)} {note.consumed:.1f} of {note.allowed:.1f} min spent, {left} ({', '.join(terms)})"


def rates(note: BudgetNote, alertname: str) -> str:
    """Returns the burn rates of an alert's windows, with their limits; of all windows where it is another's."""
    pairs = [pair for pair in PAIRS if pair.alertname == alertname] or PAIRS
    return "; ".join(
        f"{_rate(note, pair.long)} and {_rate(note, pair.short)} (limit {pair.factor(note.window):.3g}x)"
        for pair in pairs
    )


def spent(note: BudgetNote, alertname: str) -> str:
    """Returns when the budget is spent at the rate that the alert is about: that of its windows which is furthest
    above its limit."""
    if note.remaining <= 0:
        return f"already, by {note.consumed - note.allowed:.1f} min"
    pairs = [pair for pair in PAIRS if pair.alertname == alertname] or PAIRS
    window = max(pairs, key=lambda pair: note.rates.get(pair.long, 0.0) / pair.factor(note.window)).long
    left = note.exhausted_in(note.rates.get(window, 0.0))
    return "not at this rate" if left is None else f"in {span(left)} at the rate of the last {_length(window)}"


def _burns(note: BudgetNote, alertname: str) -> bool:
    """Returns whether one of the alert's pairs is above its limit by this state."""
    pairs = [pair for pair in PAIRS if pair.alertname == alertname]
    return not pairs or any(note.rates.get(pair.long, 0.0) > pair.factor(note.window) for pair in pairs)


def _rate(note: BudgetNote, window: int) -> str:
    return f"{note.rates.get(window, 0.0):.3g}x over {_length(window)}"


def _length(window: int) -> str:
    """Returns `5 min`, `1 h`, `3 d`."""
    if window % 86_400 == 0:
        return f"{window // 86_400} d"
    return f"{window // 3_600} h" if window % 3_600 == 0 else f"{window // 60} min"
