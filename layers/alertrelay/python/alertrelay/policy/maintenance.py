"""Checks whether a maintenance window is open: by the start that its schedule had last, and its duration.

The schedule is that of CloudWatch's alarm mute rules, so that one line means the same there and here: five fields of
cron, or one local time (`AWS::CloudWatch::AlarmMuteRule`, Rule.Schedule). A start is by the clock on the wall of the
window's zone, and the duration is elapsed time: a window over a change of the clocks is as long as any other. A start
that the clocks leave out comes when they have been put forward; one that they have twice comes the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

from alertrelay.alert import Labels
from alertrelay.config.calendar import Cron
from alertrelay.config.model import MaintenanceWindow
from alertrelay.policy.matchers import matches


def open_until(window: MaintenanceWindow, at: datetime) -> datetime | None:
    """Returns when the window that is open at `at` ends, None where none is. A zone that this machine does not know
    opens none: `alertrelay check` refuses such a name."""
    try:
        zone = _zone(window)
    except (KeyError, ValueError, OSError):
        return None
    duration = timedelta(seconds=window.duration)
    for start in _starts(window, zone, at - duration, at):
        if start <= at < start + duration:
            return start + duration
    return None


def _zone(window: MaintenanceWindow) -> tzinfo:
    """Raises zoneinfo.ZoneInfoNotFoundError, a KeyError, ValueError and OSError."""
    if not window.location:
        return UTC
    from zoneinfo import ZoneInfo  # slow to import, and few functions have a window

    return ZoneInfo(window.location)


def in_maintenance(
    windows: Sequence[MaintenanceWindow], receiver: str, labels: Labels, at: datetime
) -> tuple[str, datetime] | None:
    """Returns the name of an open window that holds an alert back from a receiver, and its end; the last to end."""
    found = [
        (until, window.name)
        for window in windows
        if (not window.receivers or receiver in window.receivers)
        and matches(window.matchers, labels)
        and (until := open_until(window, at))
    ]
    if not found:
        return None
    until, name = max(found)
    return name, until


def _starts(window: MaintenanceWindow, zone: tzinfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yields the starts between two times, the latest day first where there are several."""
    if window.once:
        yield datetime.fromisoformat(window.once).replace(tzinfo=zone).astimezone(UTC)
        return
    day, end = last.astimezone(zone).date(), first.astimezone(zone).date()
    while day >= end and window.cron:
        if _on(window.cron, day):
            for hour in window.cron.hours:
                for minute in window.cron.minutes:
                    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                    yield local.astimezone(UTC)
        day -= timedelta(days=1)


def _on(cron: Cron, day: date) -> bool:
    return day.day in cron.days and day.month in cron.months and day.isoweekday() % 7 in cron.weekdays
