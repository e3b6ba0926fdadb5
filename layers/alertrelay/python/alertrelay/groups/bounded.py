"""The times of an alert, kept within what can have happened, before anything is ordered or added to by them.

A source's clock is trusted up to FUTURE after the message reached its topic. One dated 2099 would make every later
update of its alert stale, and the last day of year 9999 (.NET's maximum) overflows the expiry that is added to it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alertrelay.alert import Alert

FUTURE = timedelta(minutes=5)
"""How far a source's clock may be ahead of the receipt of its message."""
ANNOUNCED = timedelta(days=3650)
"""How far ahead an `endsAt` may lie; a later one counts as none."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def clock_refused(alert: Alert, *, received: datetime) -> bool:
    """Return whether the source's clock cannot be right: more than FUTURE after receipt, or before 1970."""
    at = alert.updated_at
    return at is not None and not EARLIEST <= at <= received + FUTURE


def bounded(alert: Alert, *, received: datetime) -> Alert:
    """Return the alert with times that can be. `received` is when its message reached the topic.

    A refused clock counts as none, and what the alert dates by it (its start, its end) is dated by the receipt. A start
    before 1970 or after the receipt by more than ANNOUNCED, and the end of what has ended, likewise; an announced end
    beyond ANNOUNCED is no end.
    """
    refused = clock_refused(alert, received=received)
    latest = received + (FUTURE if refused else ANNOUNCED)
    starts_at = alert.starts_at if EARLIEST <= alert.starts_at <= latest else received
    ends_at = alert.ends_at
    if ends_at is not None and not EARLIEST <= ends_at <= latest:
        ends_at = received if alert.status == "resolved" else None
    if (starts_at, ends_at) == (alert.starts_at, alert.ends_at) and not refused:
        return alert
    updated_at = None if refused else alert.updated_at
    return replace(alert, starts_at=starts_at, ends_at=ends_at, updated_at=updated_at)
