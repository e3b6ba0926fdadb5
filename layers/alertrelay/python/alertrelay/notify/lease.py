"""The lease of one flush: which group, whose, and the instants that the flush is counted by."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertrelay.config.durations import CRASH_MARGIN, LEASE_MARGIN
from alertrelay.config.model import Route
from alertrelay.groups.flush_timer import send_flush_timer
from alertrelay.nflog.group_state import GroupHeader, GroupState, LeaseRefused
from alertrelay.policy.timing import last_tick
from alertrelay.ports import Clock, Timers, TimersFailure
from alertrelay.state import Groups, StoreFailure
from alertrelay.values.tries import tried

SEND_MARGIN = timedelta(seconds=7)
"""Nothing is sent in the last seconds of a lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The timers of a route, in seconds."""

    group_wait: float
    group_interval: float
    repeat_interval: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """`began`: when the members are read. `tick`: the group's own tick that this flush stands for."""

    gid: str
    owner: str
    began: datetime
    tick: datetime
    until: datetime

    @property
    def send_by(self) -> datetime:
        """The time until which a message may be sent."""
        return self.until - SEND_MARGIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A group that is held until then, as it was before."""

    until: datetime
    group: GroupState


def timing_of(route: Route) -> Timing:
    """Returns the timers of a route."""
    return Timing(
        group_wait=route.group_wait, group_interval=route.group_interval, repeat_interval=route.repeat_interval
    )


def take_lease(
    gid: str,
    *,
    groups: Groups,
    clock: Clock,
    owner: str,
    deadline: datetime,
    arm: GroupHeader | None,
    amend: Callable[[GroupState], GroupState] = lambda group: group,
) -> Taken | LeaseRefused:
    """Takes a group that is due (or, with `arm`, that is unarmed), unless it is not ours to flush now. It stays due, so
    that a crash leaves it so. Raises StoreFailure."""
    now = clock.now()
    until = deadline + LEASE_MARGIN
    try:
        found = groups.lease(gid, owner=owner, now=now, until=until, arm=arm)
    except StoreFailure:
        # It may be taken by now: then nobody else could take it, and all of it would be notified once more. So it is
        # asked twice more; that three answers are lost in a row is the table's outage.
        found = tried(lambda: groups.lease(gid, owner=owner, now=now, until=until, arm=arm, again=True), StoreFailure)
    if isinstance(found, LeaseRefused):
        return found
    due = now if arm or found.schedule.due is None else found.schedule.due
    group = amend(found)
    return Taken(until=until, group=replace(group, schedule=replace(group.schedule, due=due)))


def hand_back(
    lease: Lease, group: GroupState, groups: Groups, timers: Timers, clock: Clock, log: Callable[..., None]
) -> None:
    """Gives a group back as it was found, after the table failed before anything was sent: else the next owner would
    notify all of it once more. It waits as after a crash, so that what is sent without the table is recorded first. One
    that was uncertain before is left as if its owner had died."""
    if group.progress.uncertain:
        return
    due = lease.began + CRASH_MARGIN
    due = max(due, group.schedule.next_due or due)
    try:
        tried(lambda: groups.release(lease.gid, owner=lease.owner, unsent_due=due), StoreFailure)
        with contextlib.suppress(TimersFailure):  # the tick finds it overdue
            send_flush_timer(timers, clock, lease.gid, at=due)
    except StoreFailure:
        log("lease_kept", gid=lease.gid)


def lease_of(gid: str, owner: str, group: GroupState, timing: Timing, *, now: datetime, until: datetime) -> Lease:
    """Returns the lease of a group that was taken."""
    due = group.schedule.due or now
    tick = last_tick(timing.group_interval, due=due, now=now)
    return Lease(gid=gid, owner=owner, began=now, tick=tick, until=until)
