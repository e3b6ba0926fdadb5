"""Shows what the slo function and the anomaly-scorer keep in the table: error budgets, and what is unusual now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.intake.reading import Reads
from alertrelay.state import BudgetNote, Facts, Lookup

AT_ONCE = 90
"""Of names in one question: the table answers a hundred items at once."""


def get_budgets(reading: Reads, lookup: Lookup, objectives: Sequence[str]) -> dict[str, Any]:
    """Returns the error budget of each objective that was worked out within a week. Raises StoreFailure."""
    found = [
        _budget(objective, note)
        for start in range(0, len(objectives), AT_ONCE)
        for objective, note in _facts(lookup, objectives=objectives[start : start + AT_ONCE]).context.budgets.items()
    ]
    return {"asOf": rfc3339(reading.clock.now()), "budgets": sorted(found, key=lambda each: str(each["objective"]))}


def get_anomalies(reading: Reads, lookup: Lookup) -> dict[str, Any]:
    """Returns what is unusual now of the services that have an alert, the highest score first: an anomaly is an alert
    of its service. Raises StoreFailure."""
    now = reading.clock.now()
    firing = reading.alerts.firing(now)
    services = sorted({item.alert.labels.get("service", "") for item in firing} - {""})
    found = sorted(_anomalies(lookup, services), key=lambda each: (-each["score"], str(each["service"])))
    return {"asOf": rfc3339(now), "anomalies": found}


def _anomalies(lookup: Lookup, services: Sequence[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(services), AT_ONCE):
        for service, notes in _facts(lookup, services=services[start : start + AT_ONCE]).context.anomalies.items():
            for note in notes:
                yield {
                    "service": service,
                    "text": note.text,
                    "score": note.score,
                    "since": note.since,
                    "link": note.link,
                }


def _facts(lookup: Lookup, *, services: Sequence[str] = (), objectives: Sequence[str] = ()) -> Facts:
    return lookup.facts(alerts=(), inhibitors=(), services=services, objectives=objectives)


def _budget(objective: str, note: BudgetNote) -> dict[str, Any]:
    return {
        "objective": objective,
        "asOf": rfc3339(datetime.fromtimestamp(note.at, UTC)),
        "percent": note.percent,
        "windowSeconds": note.window,
        "allowedMinutes": note.allowed,
        "consumedMinutes": note.consumed,
        "remaining": note.remaining,
        "historySeconds": note.history,
        "burnRates": {str(window): rate for window, rate in note.rates.items()},
    }
