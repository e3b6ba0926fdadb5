"""Service level objectives in alarms: which alarms are about one, and what a burn rate means for its error budget.

Source: Amazon CloudWatch user guide, "Service level objectives": a burn rate of 1 uses the error budget up in exactly
the objective's interval. The metrics BurnRate and AttainmentRate have the dimension SloName, the first
BurnRateWindowMinutes as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from alertrelay.values.text import how_many

_BURN_RATE = re.compile(r"burn[ _.-]?rate", re.IGNORECASE)
_LIMIT = re.compile(r">=?\s{0,9}([0-9]{1,9}(?:\.[0-9]{1,9})?)(?![0-9.])")
_NAMESPACE = "AWS/ApplicationSignals"
_DAYS = 30
"""The interval by which a rate is explained; the notification does not name the objective's own."""


def is_objective(namespace: str, metric: str) -> bool:
    """Returns whether a metric measures a service level objective."""
    return bool(_BURN_RATE.search(metric[:300])) or (namespace == _NAMESPACE and metric == "AttainmentRate")


def is_burn_rate(metric: str) -> bool:
    """Returns whether a metric is a burn rate."""
    return bool(_BURN_RATE.search(metric[:300]))


def sentence(*, objective: str, windows: Iterable[str], rate: float | None, limit: float | None, over: bool) -> str:
    """Return one sentence with the rate, its window and what is left of the budget. `windows` are in minutes."""
    minutes = " and ".join(_window(window) for window in dict.fromkeys(windows) if window)
    within = f" over {minutes}" if minutes else ""
    subject = f"SLO {objective}" if objective else "An SLO"
    if rate is None:
        return _without_rate(subject, within, limit) if over else f"{subject}: the burn rate is normal"
    speed = f"{subject}: the error budget burns {rate:.4g} times as fast as planned{within}"
    bound = "" if limit is None else f" (limit {limit:.4g})"
    if not over or rate <= 0:
        return speed + bound
    return f"{speed}{bound}: at this rate a {_DAYS}-day budget lasts {_span(_DAYS * 24 / rate)}"


def limit_of(expression: str) -> float | None:
    """Return the limit to which metric math holds every burn rate, None where it names none or several."""
    found = {float(number) for number in _LIMIT.findall(expression[:2_048])}
    return found.pop() if len(found) == 1 else None


def _without_rate(subject: str, within: str, limit: float | None) -> str:
    """Of metric math over several windows the notification has no rate, only that each is over its limit."""
    if not limit:
        return f"{subject}: the error budget burns too fast{within}"
    lasts = _span(_DAYS * 24 / limit)
    return (
        f"{subject}: the error budget burns more than {limit:.4g} times as fast as planned{within}: "
        f"at this rate a {_DAYS}-day budget lasts less than {lasts}"
    )


def _window(minutes: str) -> str:
    if not (minutes.isdecimal() and minutes.isascii() and len(minutes) < 7):
        return minutes[:40]
    whole = int(minutes)
    if whole >= 120 and whole % 60 == 0:
        return f"{whole // 60} hours"
    return how_many(whole, "minute")


def _span(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.2g} minutes"
    if hours < 72:
        return "1 hour" if f"{hours:.3g}" == "1" else f"{hours:.3g} hours"
    return f"{hours / 24:.3g} days"
