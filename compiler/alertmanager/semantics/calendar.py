"""Finds intervals that hold at no time from today on, and routes that are muted at all times.

A day is weighed whole: which minutes of it an interval holds. Rules: prometheus/alertmanager timeinterval.go.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta

from alertrelay.config.calendar import Ranges, TimeInterval

from compiler.alertmanager.routing import PlacedRoute
from compiler.reading.section import Section

Intervals = Mapping[str, tuple[TimeInterval, ...]]
_DAY = ((0, 1440),)
_YEARS = 28
"""After these years weekdays and dates meet again in the same way."""


def check_intervals(
    placed: Sequence[PlacedRoute],
    intervals: Intervals,
    sections: Mapping[str, Section],
    today: date,
    *,
    hours: Collection[str] = (),
) -> None:
    """Adds the findings on the intervals that some route names, or a tier of an escalation as its `hours` (`sections`
    by name), and on those routes."""
    used = [name for item in placed for name in (*item.route.mute_time_intervals, *item.route.active_time_intervals)]
    used += [name for name in hours if name in intervals]
    for name in dict.fromkeys(used):
        if not any(minutes(intervals[name], day) for day in _days(intervals[name], today)):
            message = f"the interval {name!r} holds at no time from {today} on"
            mend = "mend its dates, or remove it from the routes"
            sections[name].findings.warning(sections[name].at("name"), "never-holds", message, mend)
    for item in placed:
        _check_muted(item, intervals, today)
    for name in intervals.keys() - set(used):
        message = f"no route uses the interval {name!r}"
        mend = "remove it, or name it in a route"
        sections[name].findings.info(sections[name].at("name"), "unused-interval", message, mend)


def _check_muted(item: PlacedRoute, intervals: Intervals, today: date) -> None:
    route = item.route
    named = (*route.mute_time_intervals, *route.active_time_intervals)
    entries = [entry for name in named for entry in intervals[name]]
    if not named or len({entry.location for entry in entries}) > 1:
        return  # the clocks of two places show different minutes
    mute = [entry for name in route.mute_time_intervals for entry in intervals[name]]
    active = [entry for name in route.active_time_intervals for entry in intervals[name]]
    for day in _days(entries, today):
        allowed = minutes(active, day) if route.active_time_intervals else _DAY
        if _without(allowed, minutes(mute, day)):
            return
    key = "mute_time_intervals" if route.mute_time_intervals else "active_time_intervals"
    message = f"alerts that end at {route.key} are muted at all times: {', '.join(named)} leave no time to notify"
    item.section.findings.warning(item.section.at(key), "always-muted", message, "mend the intervals, or the route")


def _days(entries: Sequence[TimeInterval], today: date) -> Iterator[date]:
    """Every date that can differ: from today through one cycle of the calendar, and on from each year that is named."""
    first_years = {first for entry in entries for first, _ in entry.years if today.year + _YEARS < first <= 9000}
    starts = [(today, _YEARS), *((date(year, 1, 1), _YEARS) for year in sorted(first_years))]
    for start, years in starts:
        for offset in range(years * 366):
            yield start + timedelta(days=offset)


def minutes(entries: Sequence[TimeInterval], day: date) -> Ranges:
    """Returns the minutes of a day at which any entry holds, as ranges `[start, end)` in order that do not meet."""
    found = sorted(span for entry in entries if _holds_on(entry, day) for span in entry.times or _DAY)
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _holds_on(entry: TimeInterval, day: date) -> bool:
    return (
        _in(entry.years, day.year)
        and _in(entry.months, day.month)
        and _in(entry.weekdays, day.isoweekday() % 7)
        and (not entry.days_of_month or _in_month(entry.days_of_month, day))
    )


def _in_month(ranges: Ranges, day: date) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    days = ((_from_start(first, length), _from_start(last, length)) for first, last in ranges)
    return any(first <= length and first <= day.day <= min(last, length) for first, last in days)


def _from_start(number: int, length: int) -> int:
    return number if number > 0 else length + number + 1


def _in(ranges: Ranges, value: int) -> bool:
    return not ranges or any(first <= value <= last for first, last in ranges)


def _without(spans: Ranges, taken: Ranges) -> bool:
    """Returns whether a minute of `spans` is left; both are in order and do not meet within themselves."""
    for start, end in spans:
        at = start
        for first, last in taken:
            if first <= at < last:
                at = last
        if at < end:
            return True
    return False
