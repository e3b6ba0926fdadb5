"""Reads `maintenance` of an environment's file: windows in which alerts are expected.

Source of the limits: AWS::CloudWatch::AlarmMuteRule of the CloudFormation resource specification (February 2026):
five fields of cron with `*`, `-` and `,` alone, or at(yyyy-MM-ddThh:mm); PT1M to P15D; 100 alarms a rule.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alertrelay.config.calendar import Cron
from alertrelay.config.matchers import MatcherError, parse_matchers
from alertrelay.config.model import MaintenanceWindow, Matcher

from compiler.reading.finding import Findings, Place, did_you_mean
from compiler.reading.section import Section, keys
from compiler.reading.yamlfile import Value
from compiler.reading.zone import known_zone

KEYS = keys("name schedule duration time_zone match receivers mute_alarms")
MINUTE, LONGEST = 60.0, 15 * 86_400.0
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,49}")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d)\)")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minutes", 0, 59, {}),
    ("hours", 0, 23, {}),
    ("days", 1, 31, {}),
    ("months", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("weekdays", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_NEEDED = (
    ("name", "name: patch-night"),
    ("schedule", '"0 2 * * SUN" or at(2026-12-24T22:00)'),
    ("duration", "duration: 3h"),
    ("match", "match: ['service=\"orders\"']"),
)
EXAMPLE = '"0 2 * * SUN" or at(2026-12-24T22:00)'


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """One window as the file has it: the values that functions read, the schedule as it is written, whether the alarms
    of this environment are muted in CloudWatch too, and where it stands."""

    window: MaintenanceWindow
    schedule: str
    mute_alarms: bool
    place: Place = field(compare=False, repr=False)
    receivers: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    @property
    def expression(self) -> str:
        """The schedule as CloudWatch takes it."""
        return self.schedule if self.window.once else f"cron({self.schedule})"


def maintenance_of(section: Section) -> tuple[Maintenance, ...]:
    """Reads the list; faults are findings, and their entries are left out."""
    found: dict[str, Maintenance] = {}
    for one in section.sections("maintenance", KEYS):
        read = _read(one)
        if read and read.window.name in found:
            message = f"{read.window.name!r} is defined twice"
            one.findings.error(one.at("name"), "duplicate-name", message, "give each window a name of its own")
        elif read:
            found[read.window.name] = read
    return tuple(found.values())


def _read(section: Section) -> Maintenance | None:
    there = [section.require(key, mend) for key, mend in _NEEDED]  # each of them is a finding
    if not all(there):
        return None
    name, schedule = section.string("name"), section.string("schedule")
    cron, once = _schedule(section, schedule)
    matchers, duration = _matchers(section), _duration(section)
    if not _NAME.fullmatch(name):
        mend = "letters, digits and hyphens, at most 50, as in patch-night"
        section.findings.error(section.at("name"), "bad-value", f"{name!r} cannot be the name of a window", mend)
        return None
    if not (cron or once) or not matchers or duration is None:
        return None
    receivers = {item.text: item.place for item in section.list("receivers")}
    window = MaintenanceWindow(
        name=name,
        cron=cron,
        once=once,
        duration=duration,
        location=_zone(section),
        matchers=matchers,
        receivers=tuple(receivers),
    )
    mute = section.flag("mute_alarms", default=True)
    return Maintenance(window=window, schedule=schedule, mute_alarms=mute, place=section.place, receivers=receivers)


def _schedule(section: Section, text: str) -> tuple[Cron | None, str]:
    """Returns the fields of cron, or the one start as ISO 8601; neither after a finding."""
    if found := _AT.fullmatch(text):
        try:
            datetime.fromisoformat(found[1])
        except ValueError:
            section.findings.error(section.at("schedule"), "bad-value", f"{found[1]} is no time", EXAMPLE)
            return None, ""
        return None, found[1]
    words = text.split()
    if len(words) != len(_FIELDS):
        message = f"five fields of cron were expected, or at(…), and {len(words)} came: {text!r}"
        section.findings.error(section.at("schedule"), "bad-value", message, EXAMPLE)
        return None, ""
    read = [_field(section, word, *one) for word, one in zip(words, _FIELDS, strict=True)]
    if not all(read):
        return None, ""
    if words[2] != "*" and words[4] != "*":
        message = "a day of the month and a day of the week together mean different things to different crons"
        section.findings.error(section.at("schedule"), "bad-value", message, "write `*` for one of the two")
        return None, ""
    names = [name for name, *_ in _FIELDS]
    return Cron(**dict(zip(names, read, strict=True))), ""


def _field(section: Section, word: str, name: str, low: int, high: int, names: Mapping[str, int]) -> tuple[int, ...]:
    """Returns the numbers of one field, () after a finding."""
    numbers: set[int] = set()
    for part in word.split(","):
        first, dash, last = ("*", "", "") if part == "*" else part.partition("-")
        ends = (low, high) if first == "*" else (_number(first, names), _number(last if dash else first, names))
        if None in ends or not low <= (ends[0] or 0) <= (ends[1] or 0) <= high:
            message = f"{part!r} is not one of the {name} from {low} to {high}"
            mend = (
                "numbers or names with `,` and `-` between them, or `*`; CloudWatch takes no `/`, `?`, `L`, `W` or `#`"
            )
            section.findings.error(section.at("schedule"), "bad-value", message, mend)
            return ()
        numbers.update(range(ends[0] or 0, (ends[1] or 0) + 1))
    return tuple(sorted(numbers))


def _number(word: str, names: Mapping[str, int]) -> int | None:
    return int(word) if word.isascii() and word.isdecimal() else names.get(word.upper())


def _duration(section: Section) -> float | None:
    seconds = section.seconds("duration")
    if seconds is not None and not (MINUTE <= seconds <= LONGEST and seconds % MINUTE == 0):
        mend = "whole minutes from 1m to 15d; for a longer time use a silence"
        section.findings.error(
            section.at("duration"), "out-of-range", f"{section.text('duration')} is out of range", mend
        )
        return None
    return seconds


def _zone(section: Section) -> str:
    name = section.string("time_zone", "")
    if name and not known_zone(name):
        mend = did_you_mean(name, zoneinfo.available_timezones(), "as in Europe/Berlin")
        section.findings.error(
            section.at("time_zone"), "bad-value", f"{name!r} is not a time zone of the tz database", mend
        )
        return ""
    return name


def _matchers(section: Section) -> tuple[Matcher, ...]:
    found: list[Matcher] = []
    for value in section.list("match"):
        found += _parsed(value, section.findings)
    return tuple(found)


def _parsed(value: Value, findings: Findings) -> tuple[Matcher, ...]:
    try:
        return parse_matchers(value.text).matchers
    except MatcherError as error:
        findings.error(value.place, "bad-matcher", str(error), 'as in service="orders"')
        return ()
