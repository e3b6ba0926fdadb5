"""After a configuration change: alerts whose labels now lead elsewhere join there first, and are resolved here later;
those that stay join what the configuration adds beside this group.

A crash anywhere repeats: every step is a condition. Both groups may be open for a moment; there is no gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from alertrelay.config.durations import MEMBER_KEPT
from alertrelay.groups.flush_timer import note_joined, send_flush_timer, wake
from alertrelay.groups.router import Router, groups_for
from alertrelay.groups.unrouted import marked, unrouted_group
from alertrelay.nflog.group_state import GroupHeader, GroupState, Member, is_firing
from alertrelay.policy.group_key import channel_of
from alertrelay.policy.inhibit import InhibitKey, source_entries
from alertrelay.policy.timing import first_flush
from alertrelay.ports import Clock, Telemetry, Timers
from alertrelay.state import Alerts, Groups, Inhibitors

DIGEST = "storm"
"""In place of a route's id: a digest belongs to no route, and is never rerouted."""
NOTED = 20
"""A rule that came with a configuration has not seen what fires already: of each group it is shown so many."""
SHARE = 1 / 3
"""Of a lease: another third is for arming the new groups, the last one for notifying."""


class Moved(NamedTuple):
    """The firing members that no longer belong to this group, each now a member of the groups that it leads to. `all`
    is False where time ran out before every member was seen."""

    members: Sequence[Member] = ()
    all: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joined:
    """The groups that members joined, each with its earliest start."""

    alerts: Alerts
    groups: Groups
    clock: Clock
    since: dict[str, tuple[GroupHeader, datetime]] = field(default_factory=dict)

    def add(self, gid: str, header: GroupHeader, member: Member) -> None:
        # Refused: a resolve or a newer update knows the groups as they were, and resolves it here.
        if self.alerts.add_groups(member, [gid]):
            self.groups.put_member(gid, replace(member, at=self.clock.now()))
            _, since = self.since.get(gid, (header, member.alert.starts_at))
            self.since[gid] = header, min(since, member.alert.starts_at)


def reroute(
    gid: str,
    group: GroupState,
    members: Sequence[Member],
    *,
    router: Router,
    alerts: Alerts,
    groups: Groups,
    inhibitors: Inhibitors,
    timers: Timers,
    clock: Clock,
    telemetry: Telemetry,
    until: datetime,
) -> Moved:
    """Moves members to the groups that they belong to now, where the configuration is another than at the last record.
    A group of thousands does not move within one invocation: what has moved after a third of the time up to `until` is
    marked by this flush, and the next one goes on with the rest. Receivers that the configuration adds beside this
    group are notified of its alerts too; what leads to nobody is kept for the next configuration. Raises
    StoreFailure."""
    known = router.config.hash
    if group.config_hash in ("", known, marked(known)) or group.identity.route_id == DIGEST:
        return Moved()
    now = clock.now()
    stop = now + SHARE * (until - now)
    moved: list[Member] = []
    noted = Counter[InhibitKey]()
    joined = _Joined(alerts=alerts, groups=groups, clock=clock)
    beside: dict[str, tuple[GroupHeader, list[Member]]] = {}
    out_of_time = False
    for member in (m for m in members if is_firing(m, now)):
        if out_of_time := clock.now() >= stop:
            break
        _note_as_source(router, inhibitors, member, noted)
        found = groups_for(router, member.alert.labels, every_channel=True)
        if not found and member.alert.ends_at is None:
            found = unrouted_group(router)
        if found.pop(gid, None):
            for other, header in found.items():
                beside.setdefault(other, (header, []))[1].append(member)
            continue
        moved.append(member)
        for other, header in found.items():
            joined.add(other, header, member)
    added = _join_beside(gid, beside, joined, stop, telemetry)
    # Armed when all are in: the first flush of a new group finds every member that came along.
    for other, (header, since) in joined.since.items():
        _arm(other, header, since, router, groups, timers, clock)
    return Moved(moved, added and not out_of_time)


def mark_moved(gid: str, moved: Sequence[Member], groups: Groups, *, now: datetime) -> None:
    """Marks members as moved away, after the record. Raises StoreFailure."""
    for member in moved:
        groups.mark_moved(gid, member, expires=now + MEMBER_KEPT)


def _join_beside(
    gid: str,
    beside: Mapping[str, tuple[GroupHeader, Sequence[Member]]],
    joined: _Joined,
    stop: datetime,
    telemetry: Telemetry,
) -> bool:
    """Puts members into the groups beside this one that lack them. False where the next flush goes on, which finds
    there those that have joined by now."""
    for other, (header, members) in beside.items():
        if joined.clock.now() >= stop:
            telemetry.log("added_receivers_not_all_told", gid=gid)
            return True
        there = {m.key: m.order_key for m in joined.groups.members(other) if m.status != "moved"}
        for member in members:
            if there.get(member.key, "") >= member.order_key:
                continue
            if joined.clock.now() >= stop:
                return False
            joined.add(other, header, member)
        # The flush that put them there may have died before the group was armed.
        joined.since.setdefault(other, (header, min(member.alert.starts_at for member in members)))
    return True


def _note_as_source(router: Router, inhibitors: Inhibitors, member: Member, noted: Counter[InhibitKey]) -> None:
    for entry in source_entries(router.config.inhibit_rules, member.alert.labels):
        if noted[entry] < NOTED:
            inhibitors.note_source(entry, member.key, fires=True)
            noted[entry] += 1


def _arm(
    gid: str,
    header: GroupHeader,
    since: datetime,
    router: Router,
    groups: Groups,
    timers: Timers,
    clock: Clock,
) -> None:
    found = note_joined(groups, gid, groups.header(gid))
    route = router.config.route_of(header.identity.route_id) or router.config.route
    if found and found.schedule.armed:
        due = wake(groups, clock, gid, found, group_interval=route.group_interval)
    else:
        now, wait = clock.now(), timedelta(seconds=route.group_wait)
        due = first_flush(route.group_wait, starts_at=since, now=now)
        due = max(now, since + wait) if router.config.tier_of(route.id) else due  # it has waited since then
        due = due if groups.arm(gid, header, due=due) else None
    if due and channel_of(gid) in router.channels:
        send_flush_timer(timers, clock, gid, at=due)
