"""Checks whether a time interval holds now, and whether it mutes a route.

Rules: prometheus/alertmanager timeinterval/timeinterval.go (`ContainsTime`) and notify/mute.go. Negative days count
from the end of the month by the calendar of the interval's own location, also over a change of the clocks; releases up
to 0.34 count hours there and take a month with a day of 23 hours for a day shorter (issue 5447), which `compatible`
repeats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal, NamedTuple

from alertrelay.config.calendar import Ranges, TimeInterval
from alertrelay.config.model import Route

Intervals = Mapping[str, Sequence[TimeInterval]]
"""Each name with its entries, of which any one that holds makes the name hold."""
MuteReason = Literal["active_time_interval", "mute_time_interval"]


class Muted(NamedTuple):
    """The reason that mutes a route now. `interval` names the interval; of active ones, all that do not hold."""

    reason: MuteReason
    interval: str


def muted(route: Route, intervals: Intervals, at: datetime, *, compatible: bool = False) -> Muted | None:
    """Returns whether the route is muted at `at`: outside all its active intervals, or inside one of its mute
    intervals.

    It concerns what ends at this node; children inherit nothing. A zone that the machine does not know mutes nothing:
    `alertrelay check` refuses such a name, and an alert that is notified once too often beats a lost one.
    """
    if route.active_time_intervals and not any(
        _holds(intervals, name, at, compatible, unknown=True) for name in route.active_time_intervals
    ):
        return Muted("active_time_interval", ", ".join(route.active_time_intervals))
    for name in route.mute_time_intervals:
        if _holds(intervals, name, at, compatible, unknown=False):
            return Muted("mute_time_interval", name)
    return None


def active(intervals: Iterable[TimeInterval], at: datetime, *, compatible: bool = False) -> bool:
    """Returns whether any of a name's entries holds at `at`. Raises zoneinfo.ZoneInfoNotFoundError, a KeyError."""
    return any(_contains(interval, at, compatible) for interval in intervals)


def _holds(intervals: Intervals, name: str, at: datetime, compatible: bool, *, unknown: bool) -> bool:
    try:
        return active(intervals[name], at, compatible=compatible)
    except KeyError:
        return unknown


def _contains(interval: TimeInterval, at: datetime, compatible: bool) -> bool:
    local = at.astimezone(_zone(interval.location))
    minute = local.hour * 60 + local.minute
    return (
        (not interval.times or any(start <= minute < end for start, end in interval.times))
        and (not interval.days_of_month or _in_month(interval.days_of_month, local, compatible))
        and _in(interval.months, local.month)
        and _in(interval.weekdays, local.isoweekday() % 7)
        and _in(interval.years, local.year)
    )


def _in_month(ranges: Ranges, local: datetime, compatible: bool) -> bool:
    """Returns whether a day is in the ranges within its month: one that begins beyond its end is skipped, one that
    crosses its bounds is clamped."""
    from calendar import monthrange  # slow to import, and few intervals name days of a month

    day, length = local.day, _whole_days(local) if compatible else monthrange(local.year, local.month)[1]
    days = ((_day(first, length), _day(last, length)) for first, last in ranges)
    return any(first <= length and first <= day <= min(last, length) for first, last in days)


def _day(number: int, length: int) -> int:
    return number if number > 0 else length + number + 1


def _whole_days(local: datetime) -> int:
    """Returns the month's length as the hours between its midnights, in whole days."""
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    following = (first + timedelta(days=31)).replace(day=1)
    return (following.astimezone(UTC) - first.astimezone(UTC)) // timedelta(days=1)


def _in(ranges: Ranges, value: int) -> bool:
    return not ranges or any(first <= value <= last for first, last in ranges)


@lru_cache(maxsize=64)
def _zone(location: str) -> tzinfo:
    if not location:
        return UTC
    from zoneinfo import ZoneInfo  # slow to import, and few intervals name a location

    return ZoneInfo(location)
