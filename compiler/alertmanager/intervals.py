"""Compiles `time_intervals:` of alertmanager.yml.

Rules: prometheus/alertmanager timeinterval/timeinterval.go. Times are `[start, end)` in minutes, everything else is
inclusive; days of a month may count from its end with negative numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from alertrelay.config.calendar import Ranges, TimeInterval

from compiler.reading.finding import did_you_mean
from compiler.reading.section import Section, keys
from compiler.reading.yamlfile import Value
from compiler.reading.zone import known_zone

_FIELDS = ("times", "weekdays", "days_of_month", "months", "years", "location")
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = keys("january february march april may june july august september october november december")
_SHORTEST_MONTH, _LONGEST_MONTH, _MONTHS_A_YEAR = 28, 31, 12
_TIME = re.compile(r"((?:[01][0-9])|(?:2[0-3])):([0-5][0-9])|24:00")


def parse_intervals(root: Section) -> dict[str, tuple[TimeInterval, ...]]:
    """Returns all intervals by name; both top-level keys share one namespace."""
    found: dict[str, tuple[TimeInterval, ...]] = {}
    for key in ("mute_time_intervals", "time_intervals"):
        if key == "mute_time_intervals" and root.has(key):
            message = "mute_time_intervals at the top is deprecated"
            root.findings.warning(root.at(key), "deprecated", message, "move them to time_intervals")
        for section in root.sections(key, ("name", "time_intervals")):
            name = section.text("name")
            if not name:
                section.findings.error(section.at("name"), "missing-key", "an interval needs a name", "add `name: …`")
            elif name in found:
                message = f"the interval {name!r} is defined twice"
                section.findings.error(section.at("name"), "duplicate-name", message, "give one another name")
            entries = section.sections("time_intervals", _FIELDS)
            found[name] = tuple(interval for entry in entries if (interval := _interval(entry)) and _can_hold(entry))
    return found


def _can_hold(section: Section) -> bool:
    """Alertmanager reads a field with an empty list as one that never holds."""
    empty = [key for key in _FIELDS if (value := section.get(key)) is not None and value.data == ()]
    for key in empty:
        message = f"an empty {key!r} never holds, and so neither does this interval"
        section.findings.warning(section.at(key), "never-holds", message, f"remove {key!r}, or say when")
    return not empty


def _interval(section: Section) -> TimeInterval:
    times = (_time_range(item) for item in section.sections("times", ("start_time", "end_time")))
    return TimeInterval(
        times=tuple(found for found in times if found),
        weekdays=_ranges(section, "weekdays", lambda text: _named(text, _WEEKDAYS)),
        days_of_month=_ranges(section, "days_of_month", _day),
        months=_ranges(section, "months", lambda text: _named(text, _MONTHS, first=1) or _number(text)),
        years=_ranges(section, "years", _number),
        location=_location(section),
    )


def _location(section: Section) -> str:
    location = section.text("location")
    if location == "Local":
        message = "'Local' is the zone of the machine, which is UTC in Lambda"
        section.findings.warning(section.at("location"), "local-time", message, "as in Europe/Berlin")
        return ""
    if location and not known_zone(location):
        mend = "as in Europe/Berlin"
        section.findings.error(
            section.at("location"), "bad-value", f"{location!r} is not a time zone of the IANA database", mend
        )
    return location


def _time_range(section: Section) -> tuple[int, int] | None:
    minutes = []
    for key in ("start_time", "end_time"):
        text = section.text(key)
        match = _TIME.fullmatch(text)
        if match is None:
            section.findings.error(
                section.at(key), "bad-value", f"{text!r} is not a time of day", 'as in "09:00" or "24:00"'
            )
            return None
        minutes.append(int(match[1]) * 60 + int(match[2]) if match[1] else 1440)
    start, end = minutes
    if start >= end:
        mend = "an interval over midnight is two: until 24:00, and from 00:00"
        section.findings.error(section.at("end_time"), "bad-value", "it ends before it starts", mend)
        return None
    return start, end


_SHAPES = {
    "weekdays": "write names of days, as in saturday or monday:friday",
    "days_of_month": "write days from 1 to 31, or from the end with -1, as in 1:5",
    "months": "write names or numbers of months, as in december or 1:3",
    "years": "write years, as in 2026:2028",
}
"""The mend of a range that cannot be read, by its key."""


def _ranges(section: Section, key: str, read: Callable[[str], int | None]) -> Ranges:
    found = (_range(section, key, value, read) for value in section.list(key))
    return tuple(item for item in found if item)


def _range(section: Section, key: str, value: Value, read: Callable[[str], int | None]) -> tuple[int, int] | None:
    begin, colon, end = value.text.lower().partition(":")
    first = read(begin)
    last = read(end) if colon else first
    if first is None or last is None:
        mend = _SHAPES[key]
        if begin.isalpha() and key in ("weekdays", "months"):
            mend = did_you_mean(begin, _WEEKDAYS if key == "weekdays" else _MONTHS, mend)
        section.findings.error(value.place, "bad-value", f"{value.text!r} does not belong in {key}", mend)
    elif key == "days_of_month" and first < 0 < last:
        mend = "count both from the start, or both from the end"
        section.findings.error(value.place, "bad-value", f"{value.text!r} can end before it starts", mend)
    elif (_earliest(first) > _earliest(last)) if key == "days_of_month" else first > last:
        section.findings.error(value.place, "bad-value", f"{value.text!r} ends before it starts", "swap the two")
    else:
        if key == "months" and not 1 <= first <= last <= _MONTHS_A_YEAR:
            message = f"{value.text!r} names a month that never comes"
            section.findings.error(value.place, "never-comes", message, "January is 1, December 12")
        return first, last
    return None


def _earliest(number: int) -> int:
    """Returns the earliest day that a day counted from the month's end can be: a range that is reversed then is never
    right."""
    return number if number >= 0 else _SHORTEST_MONTH + number


def _named(text: str, names: tuple[str, ...], first: int = 0) -> int | None:
    return names.index(text) + first if text in names else None


def _number(text: str) -> int | None:
    """As Go's strconv.Atoi, within what a calendar can need."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,9}", text) else None


def _day(text: str) -> int | None:
    number = _number(text)
    return number if number and -_LONGEST_MONTH <= number <= _LONGEST_MONTH else None
