"""Formats times and durations for people."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def moment(at: datetime, zone: tzinfo = UTC) -> str:
    """Formats `2026-11-20 03:04 UTC`."""
    here = at.astimezone(zone)
    return f"{here.isoformat(' ', 'minutes')[:16]} {here.tzname()}"


def clock(at: datetime, now: datetime, zone: tzinfo = UTC) -> str:
    """Formats `03:04 UTC`, with the date where it is another day than `now`."""
    same_day = at.astimezone(zone).date() == now.astimezone(zone).date()
    return f"{at.astimezone(zone):%H:%M %Z}" if same_day else moment(at, zone)


def span(seconds: float) -> str:
    """Formats `40 s`, `4 min`, `5 h 10 min`, `3 d 4 h`; `less than 1 s` also where a clock runs ahead."""
    whole = int(seconds)
    if whole < 1:
        return "less than 1 s"
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
