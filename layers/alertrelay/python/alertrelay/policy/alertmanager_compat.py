"""Decides as Alertmanager does where alertrelay departs from it on purpose: the rules of `simulate --compatible`.

Its notification log records what a receiver was shown, not what became of an alert while it was muted; so a resolve
during a mute is never notified, and an alert that fires again after it waits for repeat_interval. Rules:
prometheus/alertmanager notify/notify.go (`DedupStage`, `RetryStage`), nflog/nflog.go and dispatch/dispatch.go. Seconds,
and aware datetimes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertrelay.config.channel import ChannelDescriptor
from alertrelay.config.model import Route
from alertrelay.notification import Reason

RETENTION = timedelta(hours=120)
"""How long the notification log keeps an entry at most."""
LOG_MAINTENANCE = timedelta(minutes=15)
ALERT_MAINTENANCE = timedelta(minutes=30)
GROUP_MAINTENANCE = timedelta(seconds=30)
"""How often what is over is removed, counted from the start (groups: from the last reload)."""
_SHORTEST_LIMIT = 10.0
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 0.5, 1.5, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The last successful notification of one group to one integration; alerts by fingerprint."""

    firing: frozenset[str]
    resolved: frozenset[str]
    at: datetime
    expires: datetime


def entry(firing: frozenset[str], resolved: frozenset[str], *, at: datetime, repeat_interval: float) -> Entry:
    """Returns the entry to write once the integration accepted the message, or needed no resolve."""
    kept = min(RETENTION, timedelta(seconds=2 * repeat_interval))
    return Entry(firing=firing, resolved=resolved, at=at, expires=at + kept)


def decide(
    known: Entry | None,
    firing: frozenset[str],
    resolved: frozenset[str],
    *,
    now: datetime,
    repeat_interval: float,
    send_resolved: bool,
) -> Reason | None:
    """Decides whether an integration is notified of the alerts that its group shows after muting, and why. `now` is the
    time of the tick.

    All that was announced having ended is a reason also where ends are not sent: the log has to hear of it.
    """
    if known is None:
        return Reason.FIRST if firing else None
    if not firing <= known.firing:
        return Reason.NEW_ALERTS if known.firing else Reason.FIRST
    if not firing:
        return Reason.ALL_RESOLVED if known.firing else None
    if send_resolved and not resolved <= known.resolved:
        return Reason.SOME_RESOLVED
    return Reason.REPEAT if known.at < now - timedelta(seconds=repeat_interval) else None


def swept(since: datetime, *, now: datetime, began: datetime, every: timedelta) -> bool:
    """Returns whether a maintenance run, one each `every` from `began`, has already removed an entry that is over since
    then."""
    return began + (now - began) // every * every >= since


def time_limit(route: Route) -> timedelta:
    """Returns the time limit of one flush."""
    return timedelta(seconds=max(route.group_interval, _SHORTEST_LIMIT))


def pauses() -> Iterator[float]:
    """Yields the pauses between the attempts of one flush, without Alertmanager's jitter of half of it either way."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)


def is_retried(channel: ChannelDescriptor, code: int | str) -> bool:
    """Returns whether a failed attempt is repeated within the flush; else the next flush tries again. A text: no
    answer."""
    if isinstance(code, str) or channel.retried is None:
        return True
    return code >= 500 or code in channel.retried
