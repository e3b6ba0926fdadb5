"""Forecasts when a metric reaches its limit: what fills up or runs out, by its pace over three days or over hours.

The pace is a median of slopes (Theil and Sen), over days of those between equal times of day (Hirsch, Slack and Smith,
"Techniques of trend analysis for monthly water quality data", 1982): a daily course has none. It counts only where
nearly all slopes agree, where it has not slackened, and where the metric is nearer to its limit than in the week
before: what comes down by itself each night, or each Sunday, gets there on no day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from alertrelay.anomaly.detector.baseline import DAY

_HALF_HOUR = 1_800.0
_HOUR = 3_600.0
_KEPT_DAYS = 8
_KNOWN_DAYS = 7
"""Days before anything is claimed: the course of a week has to be known,"""
_WHOLE = 0.8
"""and so much of it reported."""
_LONG_DAYS = 3
_SHORT = 8
"""Half-hours of a short pace."""
_LONG_AHEAD, _SHORT_AHEAD = 72.0, 12.0
"""Hours for which a pace is believed to go on."""
_CLEAR = 0.9
"""The share of slopes that lead towards the limit."""
_BEYOND = 0.5
"""The share of a short climb that lies beyond all of the week before."""
_CONFIRMED, _OVER = 2, 4
"""Half-hours in a row that begin a forecast, and that end it."""
_PATIENCE = 1.5
"""What is forecast stays so up to so many times as far ahead."""


class Forecast(NamedTuple):
    """The hours in which the limit is reached, and the pace an hour, seen over so many hours; a pace is positive."""

    hours: float
    pace: float
    seen: float


@dataclass(slots=True, kw_only=True)
class LevelCourse:
    """The means of the half-hours of eight days, the newest last, turned so that more is nearer to the limit; -inf
    where nothing was reported. `slot` counts the half-hours since 1970, with `total` and `count` of the newest.
    `low`: it falls towards its limit. `since` is the begin of what is forecast, in seconds, None while nothing is; the
    rest is of its begin: the value `reached`, and what Forecast has."""

    low: bool = False
    slot: int = -1
    total: float = 0.0
    count: int = 0
    levels: list[float] = field(default_factory=list)
    claims: int = 0
    misses: int = 0
    since: float | None = None
    reached: float = 0.0
    hours: float = 0.0
    pace: float = 0.0
    seen: float = 0.0

    def take(self, at: float, value: float, *, step: float, limit: float) -> bool:
        """Reads a point; returns whether what is forecast begins or ends with it. `step` is the metric's period in
        seconds. A point that is older than the newest half-hour is left out."""
        length = max(step, _HALF_HOUR)
        slot = int(at // length)
        nearer = -value if self.low else value
        if slot < self.slot:
            return False
        if slot == self.slot:
            self.total += nearer
            self.count += 1
            return False
        a_day = round(DAY / length)
        passed = self._pass(slot, _KEPT_DAYS * a_day)
        self.slot, self.total, self.count = slot, nearer, 1
        return passed and self._judge(at, -limit if self.low else limit, a_day)

    def _pass(self, slot: int, kept: int) -> bool:
        """Keeps the half-hour that is over, and those since then that had no point."""
        if self.slot < 0:
            return False
        missed = min(kept, slot - self.slot - 1)
        self.levels += [float(f"{self.total / self.count:.12g}"), *[-math.inf] * missed]
        del self.levels[:-kept]
        return True

    def _judge(self, at: float, limit: float, a_day: int) -> bool:
        found = forecast(self.levels, limit, a_day, patience=_PATIENCE if self.since is not None else 1.0)
        full = self.since is not None and self.levels[-1] >= limit
        self.claims = self.claims + 1 if found else 0
        self.misses = 0 if found or full else self.misses + 1
        if self.since is None and found and self.claims >= _CONFIRMED:
            self.since, (self.hours, self.pace, self.seen) = at, found
            self.reached = -self.levels[-1] if self.low else self.levels[-1]
            return True
        if self.since is not None and self.misses >= _OVER:
            self.since = None
            return True
        return False


def forecast(levels: Sequence[float], limit: float, a_day: int, *, patience: float = 1.0) -> Forecast | None:
    """Returns the nearer forecast of both paces, None where there is none. `levels` are means of equal times, `a_day`
    of them a day, that rise towards the limit. It is not asked of what has reached it."""
    known = _KNOWN_DAYS * a_day
    if len(levels) < known or sum(map(math.isfinite, levels[-known:])) < _WHOLE * known or levels[-1] >= limit:
        return None
    found = [
        one
        for one, ahead in (
            (_over_days(levels, limit, a_day), _LONG_AHEAD),
            (_over_hours(levels, limit, a_day), _SHORT_AHEAD),
        )
        if one and one.hours <= patience * ahead
    ]
    return min(found, default=None)


def _over_days(levels: Sequence[float], limit: float, a_day: int) -> Forecast | None:
    """Compares each time of day with the day before: its peak reaches the limit first."""
    window = levels[-_LONG_DAYS * a_day :]
    peak = sorted(window[-a_day:])[-3]
    if peak <= max(levels[: -_LONG_DAYS * a_day]) or window[-1] <= window[-1 - a_day]:
        return None
    days = [
        [
            later - earlier
            for earlier, later in zip(window[begin:], window[begin + a_day : begin + 2 * a_day], strict=False)
            if math.isfinite(later - earlier)
        ]
        for begin in range(0, (_LONG_DAYS - 1) * a_day, a_day)
    ]
    if min(map(len, days)) < _WHOLE * a_day or not all(map(_agree, days)):
        return None
    newest = days[-1][-a_day // 4 :]
    pace = min(map(median, (*days, newest))) / 24.0
    return Forecast(max(0.0, limit - peak) / pace, pace, 24.0 * _LONG_DAYS) if pace > 0.0 else None


def _over_hours(levels: Sequence[float], limit: float, a_day: int) -> Forecast | None:
    """Takes what climbs for hours, by itself and beside the same hours of the day before."""
    window, before = levels[-_SHORT:], levels[-_SHORT - a_day : -a_day]
    now = window[-1]
    if not now - max(levels[:-_SHORT]) >= _BEYOND * (now - window[0]) > 0.0:
        return None
    beside = [level - earlier for level, earlier in zip(window, before, strict=True)]
    slopes, own = _slopes(window), _slopes(beside)
    if len(slopes) < _SHORT * (_SHORT - 1) / 2 or len(own) < len(slopes) or not (_agree(slopes) and _agree(own)):
        return None
    newest = _slopes(window[-_SHORT // 2 :])
    pace = min(median(slopes), median(own), median(newest)) * a_day / 24.0
    return Forecast((limit - now) / pace, pace, 24.0 * _SHORT / a_day) if pace > 0.0 else None


def _slopes(values: Sequence[float]) -> list[float]:
    """Returns the slopes between all pairs of what was reported."""
    there = [(place, value) for place, value in enumerate(values) if math.isfinite(value)]
    return [
        (later - earlier) / (after - place)
        for index, (place, earlier) in enumerate(there)
        for after, later in there[index + 1 :]
    ]


def _agree(slopes: Sequence[float]) -> bool:
    return sum(slope > 0.0 for slope in slopes) >= _CLEAR * len(slopes)
