"""Puts what was notified without the table into the ledger of its group, once the table answers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alertrelay.config.durations import CATCH_UP, CRASH_MARGIN
from alertrelay.config.model import Config
from alertrelay.dispatch.scheduling import Flush
from alertrelay.groups.flush_timer import make_due, send_flush_timer, wake
from alertrelay.groups.joining import Joining
from alertrelay.nflog.group_state import GroupChange, GroupHeader, GroupState
from alertrelay.nflog.ledger import Ledger, doubted, merged
from alertrelay.notify.lease import take_lease
from alertrelay.ports import Clock, Timers
from alertrelay.state import Groups, StoreFailure
from alertrelay.values.tries import tried


def record_notified(
    joinings: Mapping[str, Joining],
    notified: Mapping[str, Ledger],
    *,
    since: datetime,
    new: frozenset[str],
    config: Config,
    groups: Groups,
    timers: Timers,
    clock: Clock,
    new_id: Callable[[], str],
    deadline: datetime,
) -> dict[str, Ledger]:
    """Writes what was notified of each group into its ledger, so that it is resolved, and not notified again. `since`:
    when the message reached its topic; `new`: alerts of which no resolve stood in their groups. Nothing is sent: what
    the queue still holds of the group comes first. Returns those of the groups that somebody holds, to be tried again
    later. Raises StoreFailure."""
    left = {}
    for gid, ledger in notified.items():
        joining, header = joinings.get(gid), groups.header(gid)
        known = header or (joining.header if joining else None)
        if known is None:
            continue
        interval = _group_interval(config, known)
        if header and wake(groups, clock, gid, header, group_interval=interval.total_seconds()):
            header = groups.header(gid)  # it keeps the tick that it has by now
        amend = _amended(ledger, new, since=since, group_interval=interval)
        due = _record(gid, known, header, amend, groups, clock, owner=new_id(), deadline=deadline)
        if due:
            send_flush_timer(timers, clock, gid, at=due)
        else:
            left[gid] = ledger
    return left


def flush_doubted(
    joinings: Mapping[str, Joining],
    doubted_: Mapping[str, Ledger],
    *,
    groups: Groups,
    clock: Clock,
    flush: Flush,
    deadline: datetime,
) -> dict[str, Ledger]:
    """Flushes each group with what may be open of it in its ledger, as unsure. Returns those of the groups that
    somebody holds, to be tried again later. Raises StoreFailure."""
    left = {}
    for gid, ledger in doubted_.items():
        header = groups.header(gid)
        armed = header is not None and header.schedule.armed
        if armed and header:
            make_due(groups, clock, gid, header.schedule)
        known = header or joinings[gid].header

        def amend(before: GroupState, more: Ledger = ledger) -> GroupState:
            return replace(before, ledger=merged(before.ledger, more))

        arm, paged = None if armed else known, ledger.fallback_unsure - ledger.firing
        if known and not flush(gid, deadline=deadline, arm=arm, amend=amend, reported=paged):
            left[gid] = ledger
    return left


def _record(
    gid: str,
    known: GroupHeader,
    header: GroupHeader | None,
    amend: Callable[[GroupState], GroupState],
    groups: Groups,
    clock: Clock,
    *,
    owner: str,
    deadline: datetime,
) -> datetime | None:
    """Takes the group, writes its ledger, and gives it back: returns when it is due, None where somebody holds it. It
    keeps its tick; one that was held up, and what is in doubt, waits for what the queue still holds."""
    armed = header is not None and header.schedule.armed
    tick = header.schedule.next_due if header and armed and not header.schedule.owner else None
    began = clock.now()
    try:
        if armed and header:
            make_due(groups, clock, gid, header.schedule)
        arm = None if armed else known
        taken = take_lease(gid, groups=groups, clock=clock, owner=owner, deadline=deadline, arm=arm, amend=amend)
        return _write(gid, taken.group, tick, groups, owner=owner, now=clock.now()) if taken else None
    except StoreFailure:
        # Its flush would notify before this comes back.
        due = max(tick or began, began + CATCH_UP)
        with contextlib.suppress(StoreFailure):
            groups.release(gid, owner=owner, unsent_due=due)
            groups.bring_forward(gid, due=due, seen=began)
        raise


def _write(
    gid: str, group: GroupState, tick: datetime | None, groups: Groups, *, owner: str, now: datetime
) -> datetime:
    keeps = tick and tick > now and not (group.ledger.unsure or group.ledger.fallback_unsure)
    due = tick if keeps and tick else now + CATCH_UP
    change = GroupChange(
        ledger=group.ledger,
        progress=group.progress,
        due=group.schedule.due if keeps else due,
        next_due=due,
        closing=False,
        config_hash=group.config_hash,
    )
    tried(lambda: groups.record(gid, owner=owner, change=change, before=group), StoreFailure)
    return due


def _amended(
    ledger: Ledger, new: frozenset[str], *, since: datetime, group_interval: timedelta
) -> Callable[[GroupState], GroupState]:
    """Returns what adds `ledger` to the group's own when its lease is taken. A flush since then may have resolved an
    older firing of the alert, or the whole group with another alert: then the alert is in doubt, which notifies it once
    more. The next repeat is counted from `since`."""

    def amend(before: GroupState) -> GroupState:
        sure = new if before.ledger.open else frozenset[str]()
        more = ledger if _quiet(before, since, group_interval) else doubted(ledger, sure=sure)
        progress = before.progress
        if ledger.notified:
            progress = replace(progress, notified_at=max(since, progress.notified_at or since))
        return replace(before, ledger=merged(before.ledger, more), progress=progress)

    return amend


def never_resolved(joinings: Mapping[str, Joining]) -> frozenset[str]:
    """Returns the alerts that joined now, and of which no resolve stood in any of their groups."""
    came = {update.key for joining in joinings.values() for update in joining.updates}
    before = {key for joining in joinings.values() for key in joining.repeated}
    resolved = {member.key for joining in joinings.values() for member in joining.replaced if member.status != "firing"}
    return frozenset(came - before - resolved)


def _quiet(group: GroupState, since: datetime, group_interval: timedelta) -> bool:
    """Returns whether no flush of the group has notified anybody since then. A flush counts as the tick that it stands
    for, which lies up to an interval before it."""
    recorded_at, notified_at = group.progress.recorded_at, group.progress.notified_at
    if recorded_at is None or recorded_at + CRASH_MARGIN < since:
        return True
    return notified_at is None or notified_at + group_interval + CRASH_MARGIN < since


def _group_interval(config: Config, header: GroupHeader) -> timedelta:
    route = config.route_of(header.identity.route_id) or config.route
    return timedelta(seconds=route.group_interval)
