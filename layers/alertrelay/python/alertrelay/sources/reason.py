"""Reads CloudWatch's words about why an alarm changed: the value that it saw, and the threshold.

The wording is CloudWatch's own and has changed over the years, so nothing that decides hangs on it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from alertrelay.values.text import READ_MAX, items, mapping

# A number begins where no digit stands before it and has bounded length: what is not one is passed over in one step.
_NUMBER = r"(?<![0-9.])-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,4})?(?![0-9])"
# [91.4 (20/11/26 03:04:00), 90.2 (20/11/26 03:03:00)], formerly (10.0) or [2.0, 1.0]; the date is day/month/year.
# A log alarm has query results in place of datapoints.
_DATAPOINTS = re.compile(
    r"(?:datapoints?|query results?)(?: which crossed the threshold)?:?\s{0,9}"
    r"[\[(](?P<list>[^\[\]]{0,2000}?)[\])](?=\s|\.|$)"
)
_DATED = re.compile(
    rf"(?P<value>{_NUMBER}) \((?P<d>[0-9]{{2}})/(?P<m>[0-9]{{2}})/(?P<y>[0-9]{{2}}) (?P<time>[0-9:]+)\)"
)
_THRESHOLD = re.compile(rf"\bthe threshold \((?P<value>{_NUMBER})\)")
_LOWER = re.compile(rf"\blower thresholds? [\[(](?P<value>{_NUMBER})")
_UPPER = re.compile(rf"\bupper thresholds? [\[(](?P<value>{_NUMBER})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The newest value, and the threshold or the band that it was held against; None where the reason does not say."""

    value: float | None = None
    threshold: float | None = None
    lower: float | None = None
    upper: float | None = None


def read(reason: str, data: Mapping[str, object] | None = None) -> Seen:
    """From the reason's text; `data` is StateReasonData, which is exact where it is sent."""
    exact = data or {}
    reason = reason[:READ_MAX]
    points = items(exact.get("recentDatapoints")) or items(exact.get("results"))
    recent = [value for point in points[-READ_MAX:] if (value := number(point)) is not None]
    threshold = number(exact.get("threshold"))
    return Seen(
        value=recent[-1] if recent else _newest(reason),
        threshold=_only(_THRESHOLD, reason) if threshold is None else threshold,
        lower=_only(_LOWER, reason),
        upper=_only(_UPPER, reason),
    )


def number(value: object) -> float | None:
    """Returns a finite number, given as one or as text."""
    if isinstance(value, dict):
        return number(mapping(value).get("value"))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _newest(reason: str) -> float | None:
    match = _DATAPOINTS.search(reason)
    if not match:
        return None
    dated = list(_DATED.finditer(match["list"]))
    if dated:
        newest = max(dated, key=lambda point: (point["y"], point["m"], point["d"], point["time"]))
        return number(newest["value"])
    return _only(re.compile(rf"(?P<value>{_NUMBER})"), match["list"].partition(" (")[0])  # never a number of its date


def _only(pattern: re.Pattern[str], text: str) -> float | None:
    match = pattern.search(text)
    return number(match["value"]) if match else None
