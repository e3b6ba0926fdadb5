"""The message that brings a group to its next flush."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alertrelay.config.durations import CATCH_UP, OVERDUE
from alertrelay.groups.messages import FlushMessage, body_of
from alertrelay.nflog.group_state import GroupHeader, Schedule
from alertrelay.policy.timing import minute_of, next_tick, tick_at
from alertrelay.ports import Clock, Timers
from alertrelay.state import Groups

TOGETHER = 10
"""Groups of one message: an invocation has time for each."""
NEARLY = timedelta(seconds=0.25)
"""What one invocation arms is due within less: a few requests apart."""


def send_flush_timer(timers: Timers, clock: Clock, gid: str, *, at: datetime) -> None:
    """Sends it for `at`, if that is in this minute or the next; beyond, a tick finds the group in the index. Raises
    TimersFailure."""
    now = clock.now()
    if (at - minute_of(now)).total_seconds() < timers.horizon:
        timers.send(body_of(FlushMessage(gid=gid, at=at)), delay_seconds=max(0.0, (at - now).total_seconds()))


def send_flush_timers(timers: Timers, clock: Clock, due: Mapping[str, datetime]) -> None:
    """Sends the timers of several groups, as `send_flush_timer` sends one. Raises TimersFailure."""
    now = clock.now()
    # A difference, as above: the horizon of a simulation is infinite, which no time can be added to.
    near = ((gid, at) for gid, at in due.items() if (at - minute_of(now)).total_seconds() < timers.horizon)
    bodies = timers_of(near, now=now)
    if len(bodies) == 1:
        timers.send(bodies[0][0], delay_seconds=bodies[0][1])
    elif bodies:
        timers.send_all(bodies)


def timers_of(due: Iterable[tuple[str, datetime]], *, now: datetime) -> list[tuple[dict[str, Any], float]]:
    """Returns the messages for these groups, each with its delay: one for up to TOGETHER that are due within a moment.
    It comes when the last of them is due."""
    packs: list[list[tuple[str, datetime]]] = []
    for gid, at in sorted(due, key=lambda one: one[1]):
        if packs and len(packs[-1]) < TOGETHER and at - packs[-1][0][1] < NEARLY:
            packs[-1].append((gid, at))
        else:
            packs.append([(gid, at)])
    messages = [FlushMessage(gid=pack[0][0], also=tuple(gid for gid, _ in pack[1:]), at=pack[-1][1]) for pack in packs]
    return [(body_of(message), max(0.0, (message.at - now).total_seconds())) for message in messages]


def arm(groups: Groups, timers: Timers, clock: Clock, gid: str, header: GroupHeader, *, due: datetime) -> None:
    """Makes the group due, and sends its timer, unless it is armed. Raises StoreFailure, TimersFailure."""
    if groups.arm(gid, header, due=due):
        send_flush_timer(timers, clock, gid, at=due)


def note_joined(groups: Groups, gid: str, header: GroupHeader | None) -> GroupHeader | None:
    """Sees to it that the owner of a group which somebody has joined neither closes it nor lets it sleep. Returns the
    header, read anew where the group has been given back since: then it may be asleep, or closed. Raises
    StoreFailure."""
    if header is None or not header.schedule.owner or header.schedule.woken or groups.note_joined(gid):
        return header
    return groups.header(gid)  # a later owner has seen the new member


def wake(groups: Groups, clock: Clock, gid: str, header: GroupHeader, *, group_interval: float) -> datetime | None:
    """Brings a group that sleeps forward to its next tick, and returns that; None where it does not sleep. Raises
    StoreFailure."""
    schedule = header.schedule
    if not schedule.sleeps or schedule.next_due is None:
        return None
    tick = tick_at(group_interval, due=schedule.next_due, at=clock.now())
    if recorded_at := header.progress.recorded_at:
        tick = max(tick, next_tick(group_interval, due=schedule.next_due, now=recorded_at))
    woken = tick < schedule.next_due and groups.wake(gid, due=tick, seen=schedule.next_due)
    return tick if woken else None


@dataclass(slots=True)
class Trouble:
    """When this container last found the table failing."""

    at: datetime | None = None

    def recent(self, now: datetime) -> bool:
        """Returns whether that is so short ago that the queue may still hold what was sent without the table."""
        return self.at is not None and now - self.at < OVERDUE


def postponed(groups: Groups, clock: Clock, gid: str, schedule: Schedule, trouble: Trouble) -> datetime | None:
    """Lets a group that the table held up wait once for what was sent meanwhile without it, and is recorded first.
    Returns until when, for which a timer is to be sent; None where it does not wait. Raises StoreFailure."""
    now, next_due = clock.now(), schedule.next_due
    if not trouble.recent(now):
        return None
    # What was postponed, died or failed before is due at another time than its tick.
    if next_due is None or schedule.owner or next_due != schedule.due or now - next_due < OVERDUE:
        return None
    return now + CATCH_UP if groups.bring_forward(gid, due=now + CATCH_UP, seen=next_due) else None


def make_due(groups: Groups, clock: Clock, gid: str, schedule: Schedule) -> None:
    """Makes a group due at once whose ledger is incomplete: the flush of its tick would come
    first. Nothing changes where somebody holds the group. Raises StoreFailure."""
    now, next_due = clock.now(), schedule.next_due
    if next_due and next_due > now and not schedule.owner:
        groups.bring_forward(gid, due=now, seen=next_due)
