"""Makes the numbers of the dashboards' pictures: five hours of which the last has an incident, one for all widgets.

A budget of which a quarter is spent, at 16.2 times the planned rate within that hour: each window's burn rate, the
minutes and the hours to the end follow from it. A measure of a resource crosses its thresholds from the side on which
its alarm does not fire.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence

POINTS, LAST = 60, 12
"""Points of five minutes, and how many of them the incident has."""
RATE, PLANNED, MINUTES_OF_WINDOW = 16.2, 0.4, 30 * 24 * 60
"""How fast the budget of 30 days burns in the incident, and before."""
SPENT = 0.25
"""The share of the budget that is spent at the end of the picture."""
MADE: Mapping[str, tuple[float, float]] = {
    "Delivered on a fallback": (0, 2),
    "Delivered, by": (4, 9),
    "Failed": (0, 0),
    "Seconds from": (1.4, 12),
    "Ticks": (15, 15),
    "Messages waiting": (0, 4),
    "Age of": (0, 40),
}
"""By the begin of a title, what is usual, and what the incident has: of the first series alone."""
LOGS: Mapping[str, Sequence[Sequence[str]]] = {
    "Info and suppressed": (
        ("2026-11-20 14:31:07", "RDSHighCPU", "firing", "slack-platform", "silence", "4f1c: index rebuild until 15:00"),
        ("2026-11-20 14:30:51", "DeploymentFinished", "firing", "nobody", "receiver_without_integrations", ""),
        (
            "2026-11-20 14:28:12",
            "ECSHighCPU",
            "firing",
            "slack-platform",
            "inhibition",
            "ServiceDown: same service, env",
        ),
        ("2026-11-20 14:27:40", "ALBSlowTargets", "firing", "email-platform", "mute_time_interval", "nights"),
        ("2026-11-20 14:26:03", "CacheEvictions", "firing", "slack-platform", "duplicate", ""),
    ),
    "Suppressed updates": (
        ("inhibition", "ECSHighCPU", "14"),
        ("duplicate", "CacheEvictions", "9"),
        ("silence", "RDSHighCPU", "6"),
        ("receiver_without_integrations", "DeploymentFinished", "4"),
        ("mute_time_interval", "ALBSlowTargets", "2"),
    ),
    "What was not delivered": (
        (
            "2026-11-20 14:31:09",
            "ErrorBudgetBurningFast",
            "pagerduty-oncall",
            "slack",
            "fallback",
            "PagerDuty answered 503",
        ),
        ("2026-11-20 14:30:40", "ServiceDown", "pagerduty-oncall", "slack", "fallback", "PagerDuty answered 503"),
        ("2026-11-20 14:30:12", "RDSHighCPU", "email-platform", "email", "pending", "next try 14:31:12"),
    ),
}
"""By the begin of a title, the rows of its query."""


def rows_of(title: str) -> Sequence[Sequence[str]]:
    """Returns the rows of a table of Logs Insights."""
    return next((rows for begin, rows in LOGS.items() if title.startswith(begin)), ())


def made(title: str, label: str, limits: Sequence[tuple[str, float]], number: int) -> list[float]:
    """Returns the values of a series, oldest first. `limits` are the lines of its widget, label and value; `number` is
    its place among the series."""
    draw = random.Random(f"{title} {number}")
    noise = [1 + 0.05 * math.sin(n / 7 + number) + draw.gauss(0, 0.015) for n in range(POINTS)]
    found = list(_objective(title, label, limits))
    if found:
        return [
            value * (factor if title.startswith("Latency") else 1) for value, factor in zip(found, noise, strict=True)
        ]
    if title.startswith("Share of deliveries"):
        return [81.0 if number == 0 and _trouble(n) else 100.0 for n in range(POINTS)]
    usual, burst = _levels(title, limits, number)
    return [(burst if _trouble(n) and number == 0 else usual) * noise[n] for n in range(POINTS)]


def _trouble(n: int) -> bool:
    return n >= POINTS - LAST


def _levels(title: str, limits: Sequence[tuple[str, float]], number: int) -> tuple[float, float]:
    """Returns what is usual and what the incident has: of a resource on either side of its thresholds."""
    known = next((values for begin, values in MADE.items() if title.startswith(begin)), None)
    if known:
        return (0, 0) if title.startswith("Ticks") and number else (known[0] / (1 + number), known[1])
    values = [value for _, value in limits] or [60.0]
    if any("<" in label for label, _ in limits):
        return 1.7 * max(values), 0.7 * min(values)
    return 0.45 * min(values) + 0.1 * number, 1.15 * min(values)


def _objective(title: str, label: str, limits: Sequence[tuple[str, float]]) -> Iterator[float]:
    """Yields what a widget of an error budget shows, nothing for another."""
    burnt = RATE * 5 / MINUTES_OF_WINDOW
    for n in range(POINTS):
        inside = max(0, n - (POINTS - LAST) + 1)
        spent = SPENT - burnt * (LAST - inside)
        if title.startswith("Budget left"):
            yield 100 * (1 - spent)
        elif title.startswith("Minutes spent of"):
            yield spent * float(title.rpartition(" ")[2])
        elif title.startswith("Hours to the end"):
            yield (1 - SPENT) * MINUTES_OF_WINDOW / 60 / max(PLANNED, RATE * inside / LAST)
        elif title.startswith("Burn rate"):
            hours = float(label.removeprefix("over ").removesuffix("h"))
            yield PLANNED + (RATE - PLANNED) * inside / LAST / hours
        elif title.startswith("Availability"):
            yield 100 - (RATE if inside else PLANNED) * (100 - _target(limits))
        elif title.startswith("Latency"):
            yield (0.28 if label == "p95" else 0.46) * (2.6 if inside else 1)


def _target(limits: Sequence[tuple[str, float]]) -> float:
    return limits[0][1] if limits else 99.9
