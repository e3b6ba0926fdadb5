"""Hands what still fires after a storm back to its own groups, where it is no more than the receiver takes alone.

An alert joins its own group first and leaves the digest later: that group is flushed without the digest's claim, asks
the limit as for any message, and announces the alert; only what its record then names as announced leaves the digest.
Until then both are open for it, and each resolves what it announced. A crash anywhere repeats, since every step is a
condition; what the own group cannot announce stays with the digest, which names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alertrelay.config.durations import LEASE_MARGIN
from alertrelay.groups.reroute import DIGEST, Moved
from alertrelay.groups.router import Router, groups_for
from alertrelay.nflog.group_state import GroupHeader, GroupState, Member, is_firing
from alertrelay.notify.deliver import Courier
from alertrelay.notify.lease import Lease
from alertrelay.notify.rate_limit import RateLimiter, storm_is_over
from alertrelay.notify.targets import Targets
from alertrelay.ports import Clock, Telemetry, TimersFailure
from alertrelay.state import Groups, StoreFailure

SHARE = 1 / 3
"""Of a lease, for flushing the alerts' own groups; the rest is for the digest's own message."""
FlushWith = Callable[[str, datetime, Callable[[GroupState], GroupState]], bool]
"""Flushes a group by a deadline, with a change of its state; False where it is not ours to do now."""


def end_storm(
    lease: Lease,
    group: GroupState,
    members: Sequence[Member],
    moved: Moved,
    *,
    router: Router,
    groups: Groups,
    targets: Targets,
    limiter: RateLimiter,
    courier: Courier,
    clock: Clock,
    telemetry: Telemetry,
    flush_with: FlushWith,
) -> Moved:
    """Returns the members of a digest that their own groups have announced since the storm is over: they leave it. A
    digest that a fallback announced keeps its alerts. Raises StoreFailure."""
    if group.identity.route_id != DIGEST or group.ledger.fallback_firing or group.ledger.fallback_unsure:
        return moved
    firing = [member for member in members if is_firing(member, lease.began)]
    target = targets.of(group.identity.integration)
    if not (firing and target and storm_is_over(firing, now=lease.began)):
        return moved
    quiet, free = lease.began - max(member.at for member in members), courier.edits(target)
    if len(firing) > limiter.allows_after(target, quiet, digests=group.ledger.digests, free=free):
        return moved
    own = {member.key: _own_groups(router, member, group) for member in firing}
    gids = sorted({gid for found in own.values() for gid in found})
    headers = groups.headers(gids)
    waiting = {gid: header for gid, header in headers.items() if header.ledger and header.ledger.storm & own.keys()}
    if waiting and limiter.admits_end_of_storm(target):
        _announce(lease, waiting, own.keys(), groups=groups, clock=clock, telemetry=telemetry, flush_with=flush_with)
        headers = groups.headers(gids)
    return Moved([m for m in firing if _announced(m.key, [headers.get(gid) for gid in own[m.key]])])


def _own_groups(router: Router, member: Member, digest: GroupState) -> list[str]:
    found = groups_for(router, member.alert.labels)
    return [gid for gid, one in found.items() if one.identity.integration == digest.identity.integration]


def _announced(key: str, headers: Sequence[GroupHeader | None]) -> bool:
    """Returns whether an alert's own groups have announced it for certain, and none of them leaves it to the digest."""
    ledgers = [header.ledger for header in headers if header and header.ledger]
    if len(ledgers) < len(headers) or any(key in ledger.storm for ledger in ledgers):
        return False
    return any(key in ledger.firing - ledger.unsure for ledger in ledgers)


def _announce(
    lease: Lease,
    waiting: Mapping[str, GroupHeader],
    keys: Iterable[str],
    *,
    groups: Groups,
    clock: Clock,
    telemetry: Telemetry,
    flush_with: FlushWith,
) -> None:
    """Flushes groups without the digest's claim to these alerts. What fails, or finds no time, stays with the
    digest."""
    released = frozenset(keys)
    began, whole = lease.began, lease.until - LEASE_MARGIN - lease.began

    def without_claim(group: GroupState) -> GroupState:
        return replace(group, ledger=replace(group.ledger, storm=group.ledger.storm - released))

    for gid, header in waiting.items():
        now, due = clock.now(), header.schedule.next_due
        if now >= began + SHARE * whole:
            return
        if header.schedule.owner or due is None:
            continue
        try:
            if due <= now or groups.bring_forward(gid, due=now, seen=due):
                flush_with(gid, began + 2 * SHARE * whole, without_claim)
        except (StoreFailure, TimersFailure) as failure:
            telemetry.log("left_for_the_next_flush", gid=gid, failure=str(failure))
