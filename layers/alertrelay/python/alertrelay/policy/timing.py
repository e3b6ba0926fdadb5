"""Computes when a group is flushed: after group_wait, then every group_interval. Seconds; all times UTC."""

from __future__ import annotations

from datetime import datetime, timedelta


def minute_of(at: datetime) -> datetime:
    """Returns the beginning of its minute."""
    return at.replace(second=0, microsecond=0)


def first_flush(group_wait: float, *, starts_at: datetime, now: datetime) -> datetime:
    """Returns when a new group is flushed: after group_wait, or at once where its first alert is older than that
    already (Alertmanager's dispatcher does the same)."""
    wait = timedelta(seconds=group_wait)
    return now if starts_at + wait < now else now + wait


def next_tick(group_interval: float, *, due: datetime, now: datetime) -> datetime:
    """Returns the first tick after `now`, counted from the group's last: a long flush skips ticks, it does not shift
    them. A flush before its tick leaves that tick as it is."""
    interval = timedelta(seconds=group_interval)
    return due + ((now - due) // interval + 1) * interval


def tick_at(group_interval: float, *, due: datetime, at: datetime) -> datetime:
    """Returns the first tick that is not before `at`."""
    interval = timedelta(seconds=group_interval)
    return due - ((due - at) // interval) * interval


def last_tick(group_interval: float, *, due: datetime, now: datetime) -> datetime:
    """Returns the tick that a flush at `now` stands for. Repeats are counted in ticks: by the clock of each flush, one
    that is a moment quicker than the last would come a whole tick late."""
    return next_tick(group_interval, due=due, now=now) - timedelta(seconds=group_interval)
