"""The parts of the week and of the year that routes and maintenance windows are open in, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval:
    """One entry of a named interval: all fields have to hold, a field holds in any of its ranges, an empty one always.

    `times` are `[start, end)` in minutes of the day, up to 1440; all other ranges include both ends. Weekdays count
    from Sunday = 0, months from January = 1, negative days from the end of the month (-1 is its last).
    `location` is a name of IANA, "" for UTC.
    """

    times: Ranges = ()
    weekdays: Ranges = ()
    days_of_month: Ranges = ()
    months: Ranges = ()
    years: Ranges = ()
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """The numbers of each field of cron; weekdays from Sunday = 0."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
