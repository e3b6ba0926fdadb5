"""`time_intervals:` of alertmanager.yml, checked.

Rules: prometheus/alertmanager timeinterval/timeinterval.go. Times are `[start, end)` in minutes, everything else is
inclusive; days of a month may count from its end with negative numbers.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Mapping

from alertrelay.config.finding import did_you_mean
from alertrelay.config.section import Section, keys
from alertrelay.config.yamlfile import Value

_FIELDS = ("times", "weekdays", "days_of_month", "months", "years", "location")
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = keys("january february march april may june july august september october november december")
_TIME = re.compile(r"((?:[01][0-9])|(?:2[0-3])):([0-5][0-9])|24:00")


def check_intervals(root: Section) -> frozenset[str]:
    """The names of all intervals; both top-level keys share one namespace."""
    names: set[str] = set()
    for key in ("mute_time_intervals", "time_intervals"):
        if key == "mute_time_intervals" and root.has(key):
            message = "mute_time_intervals at the top is deprecated"
            root.findings.warning(root.at(key), "deprecated", message, "move them to time_intervals")
        for section in root.sections(key, ("name", "time_intervals")):
            name = section.text("name")
            if not name:
                section.findings.error(section.at("name"), "missing-key", "an interval needs a name", "add `name: …`")
            elif name in names:
                message = f"the interval {name!r} stands twice"
                section.findings.error(section.at("name"), "duplicate-name", message, "give one another name")
            names.add(name)
            for interval in section.sections("time_intervals", _FIELDS):
                _interval(interval)
    return frozenset(names)


def _interval(section: Section) -> None:
    for item in section.sections("times", ("start_time", "end_time")):
        _time_range(item)
    checks: Mapping[str, Callable[[str], int | None]] = {
        "weekdays": lambda text: _named(text, _WEEKDAYS),
        "days_of_month": lambda text: _number(text, -31, 31, zero=False),
        "months": lambda text: _named(text, _MONTHS, first=1) or _number(text, 1, 12),
        "years": lambda text: _number(text, 0, 9999),
    }
    for key, read in checks.items():
        for value in section.list(key):
            _range(section, key, value, read)
    location = section.text("location")
    if location == "Local":
        message = "'Local' is the zone of the machine, which is UTC in Lambda"
        section.findings.warning(section.at("location"), "local-time", message, "as in Europe/Berlin")
    elif location and not _known_zone(location):
        mend = "as in Europe/Berlin"
        section.findings.error(section.at("location"), "bad-value", f"{location!r} is no time zone of IANA", mend)


def _time_range(section: Section) -> None:
    minutes = []
    for key in ("start_time", "end_time"):
        text = section.text(key)
        match = _TIME.fullmatch(text)
        if match is None:
            section.findings.error(
                section.at(key), "bad-value", f"{text!r} is no time of day", 'as in "09:00" or "24:00"'
            )
            return
        minutes.append(int(match[1]) * 60 + int(match[2]) if match[1] else 1440)
    if minutes[0] >= minutes[1]:
        mend = "an interval over midnight is two: until 24:00, and from 00:00"
        section.findings.error(section.at("end_time"), "bad-value", "it ends before it starts", mend)


def _range(section: Section, key: str, value: Value, read: Callable[[str], int | None]) -> None:
    begin, _, end = value.text.partition(":")
    first = read(begin.strip().lower())
    last = read(end.strip().lower()) if end else first
    if first is None or last is None:
        mend = did_you_mean(begin.lower(), _WEEKDAYS if key == "weekdays" else _MONTHS) if begin.isalpha() else ""
        section.findings.error(value.place, "bad-value", f"{value.text!r} does not belong in {key}", mend)
    elif first > last and (first > 0) == (last > 0):
        section.findings.error(value.place, "bad-value", f"{value.text!r} ends before it starts", "turn it round")
    elif first < 0 < last:
        mend = "count both from the start, or both from the end"
        section.findings.error(value.place, "bad-value", f"{value.text!r} can end before it starts", mend)


def _named(text: str, names: tuple[str, ...], first: int = 0) -> int | None:
    return names.index(text) + first if text in names else None


def _number(text: str, low: int, high: int, *, zero: bool = True) -> int | None:
    if not re.fullmatch(r"-?[0-9]{1,4}", text):
        return None
    number = int(text)
    return number if low <= number <= high and (zero or number) else None


def _known_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # A machine without any zone data cannot tell a wrong name from a right one.
        return not zoneinfo.available_timezones()
    return True
