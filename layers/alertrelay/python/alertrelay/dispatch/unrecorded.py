"""Puts what was notified without the table into the ledger of its group, once the table answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alertrelay.config.durations import CRASH_MARGIN
from alertrelay.config.model import Config
from alertrelay.dispatch.scheduling import Flush
from alertrelay.groups.flush_timer import make_due
from alertrelay.groups.joining import Joining
from alertrelay.nflog.group_state import GroupHeader, GroupState
from alertrelay.nflog.ledger import Ledger, doubted, merged
from alertrelay.ports import Clock
from alertrelay.state import Groups


def record_notified(
    joinings: Mapping[str, Joining],
    notified: Mapping[str, Ledger],
    *,
    since: datetime,
    config: Config,
    groups: Groups,
    clock: Clock,
    flush: Flush,
    deadline: datetime,
) -> dict[str, Ledger]:
    """Flushes each group with what was notified of it in its ledger, so that it is resolved, and not notified again.
    `since`: when the message reached its topic. Returns those of the groups that somebody holds, to be tried again
    later. Raises StoreFailure."""
    left = {}
    for gid, ledger in notified.items():
        header = groups.header(gid)
        joining = joinings.get(gid)
        known = header or (joining.header if joining else None)
        armed = header is not None and header.schedule.armed
        if armed and header:
            make_due(groups, clock, gid, header.schedule)  # else its flush would notify it again first
        if known is None:
            continue
        amend = _amended(ledger, joining, since=since, group_interval=_group_interval(config, known))
        if not flush(gid, deadline=deadline, arm=None if armed else known, amend=amend):
            left[gid] = ledger
    return left


def _amended(
    ledger: Ledger, joining: Joining | None, *, since: datetime, group_interval: timedelta
) -> Callable[[GroupState], GroupState]:
    """A flush may have resolved an older firing of the alert after it was notified anew, or with another alert the
    whole group: then the alert is in doubt, which notifies it once more. A repeat is counted from then."""
    new = _never_resolved(joining) if joining else frozenset[str]()

    def amend(before: GroupState) -> GroupState:
        sure = new if before.ledger.open else frozenset[str]()
        more = ledger if _quiet(before, since, group_interval) else doubted(ledger, sure=sure)
        progress = before.progress
        if ledger.notified:
            progress = replace(progress, notified_at=max(since, progress.notified_at or since))
        return replace(before, ledger=merged(before.ledger, more), progress=progress)

    return amend


def _never_resolved(joining: Joining) -> frozenset[str]:
    """Returns the alerts of which no resolve stood in the group."""
    replaced = {member.key: member.status for member in joining.replaced}
    came = {update.key for update in joining.updates} - set(joining.repeated)
    return frozenset(key for key in came if replaced.get(key, "firing") == "firing")


def _quiet(group: GroupState, since: datetime, group_interval: timedelta) -> bool:
    """Whether no flush of the group has notified anybody since then. A flush counts as the tick that it stands for,
    which lies up to an interval before it."""
    recorded_at, notified_at = group.progress.recorded_at, group.progress.notified_at
    if recorded_at is None or recorded_at + CRASH_MARGIN < since:
        return True
    return notified_at is None or notified_at + group_interval + CRASH_MARGIN < since


def _group_interval(config: Config, header: GroupHeader) -> timedelta:
    route = config.route_of(header.identity.route_id) or config.route
    return timedelta(seconds=route.group_interval)
