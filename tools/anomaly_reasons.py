"""Holds the usual range that a reason states against the rows before it, without the scorer's own history."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median

from alertrelay.anomaly.detector.history import Usual
from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD
from alertrelay.anomaly.detector.scorer import Scorer

_DAY = 86_400.0
_DAYS = 14
_HALF_HOUR = 1_800.0
_ROUNDING = 1e-6
"""The share of a value that a float of four bytes loses."""


def stated_outside(times: Sequence[float], values: Sequence[float]) -> list[bool]:
    """Returns, for each row that alerts at the default threshold and whose reason states what is usual, whether that is
    outside what the rows before had."""
    scorer, found = Scorer(), []
    for place, (at, value) in enumerate(zip(times, values, strict=True)):
        scored = scorer.take(at, value)
        if scored.score >= DEFAULT_THRESHOLD and scored.reading and scored.reading.usual:
            found.append(is_outside(times, values, place, scored.reading.usual))
    return found


def is_outside(times: Sequence[float], values: Sequence[float], place: int, usual: Usual) -> bool:
    """Returns whether the usual range of the row at a place reaches outside every value that its half-hour had
    on days of its kind in the 14 days before; for a range of any hour, outside every value of those days and of today.

    Times are in seconds, UTC. Rows that are further apart than half an hour are compared within as much as they are.
    """
    slot = max(_HALF_HOUR, median(later - earlier for earlier, later in itertools.pairwise(times)))
    at = times[place]
    day = at // _DAY

    def is_alike(other: float) -> bool:
        if not usual.same_time:
            return True
        same_time = other % _DAY // slot == at % _DAY // slot
        return other // _DAY < day and same_time and _is_weekend(other) == _is_weekend(at)

    there = [
        value
        for other, value in zip(times[:place], values[:place], strict=True)
        if other // _DAY >= day - _DAYS and is_alike(other)
    ]
    if not there:
        return True
    least, most = min(there), max(there)
    room = _ROUNDING * max(abs(least), abs(most))
    return usual.low < least - room or usual.high > most + room


def _is_weekend(at: float) -> bool:
    return datetime.fromtimestamp(at, UTC).weekday() >= 5
