"""Forgets what was notified of a group and how much its receiver was sent, so that the next flush notifies once more
what fires: for a person who lost a message, or who changed where one went. A silence stays, and so does what a resolve
needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertrelay.config.model import Config, Route, Target
from alertrelay.nflog.group_state import GroupChange, GroupHeader, GroupState, LeaseRefused
from alertrelay.notify.rate_limit import refill
from alertrelay.policy.group_key import group_id, group_labels
from alertrelay.ports import Clock
from alertrelay.state import Groups, Rates

HOLDS = timedelta(seconds=10)
"""The lease under which the ledger is changed."""


class NoSuchGroup(Exception):
    """Raised where no group of the receiver has these labels; the text says where to look."""


class GroupBusy(Exception):
    """Raised where a flush holds the group now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """What `clear` needs."""

    config: Config
    groups: Groups
    rates: Rates
    clock: Clock
    new_id: Callable[[], str]


def clear(clearing: Clearing, receiver: str, labels: Mapping[str, str]) -> list[str]:
    """Returns the ids of the groups that are due now: one an integration of the receiver. `labels` are all of the
    group's, as `GET /api/v2/alerts/groups` shows them, and no other. Raises NoSuchGroup, GroupBusy,
    state.StoreFailure."""
    wanted = dict(_targets(clearing.config, receiver, labels))
    found = {gid: one for gid, one in clearing.groups.headers(list(wanted)).items() if _is_open(one)}
    if not found:
        raise NoSuchGroup(f"receiver {receiver!r} has no group with these labels: GET /api/v2/alerts/groups lists them")
    for gid in found:
        refill(clearing.rates, wanted[gid])
    now = clearing.clock.now()
    return [gid for gid, header in found.items() if _cleared(clearing, gid, header, now)]


def _targets(config: Config, receiver: str, labels: Mapping[str, str]) -> Iterator[tuple[str, Target]]:
    """Yields each group id with its target."""
    found = config.receiver(receiver)
    for route in _routes(config.route, receiver):
        for target in found.targets if found else ():
            if group_labels(route, labels) == labels:  # a label that no group has would name another one
                yield group_id(target.integration, route, labels), target


def _routes(route: Route, receiver: str) -> Iterator[Route]:
    if route.receiver == receiver:
        yield route
    for child in route.routes:
        yield from _routes(child, receiver)


def _is_open(header: GroupHeader) -> bool:
    """A group that is closed has nothing to forget: what fires next is notified anyway."""
    return header.schedule.next_due is not None and not header.schedule.closing


def _cleared(clearing: Clearing, gid: str, header: GroupHeader, now: datetime) -> bool:
    due = header.schedule.next_due
    if due is None:
        return False
    groups, owner = clearing.groups, clearing.new_id()
    if due > now and not groups.bring_forward(gid, due=now, seen=due):
        raise GroupBusy(gid)
    state = groups.lease(gid, owner=owner, now=now, until=now + HOLDS)
    if isinstance(state, LeaseRefused):
        raise GroupBusy(gid)
    if state.stored.lost:  # its flush notifies again by itself: a record would say that nothing was notified
        groups.release(gid, owner=owner, unsent_due=now)
        return True
    if not groups.record(gid, owner=owner, change=_forgotten(state, now)):
        raise GroupBusy(gid)
    return True


def _forgotten(state: GroupState, now: datetime) -> GroupChange:
    """The ledger in which all that is open is unsure: it is notified once more, and resolved when it resolves."""
    return GroupChange(
        ledger=replace(state.ledger, unsure=state.ledger.firing),
        progress=replace(state.progress, recorded_at=state.progress.recorded_at, failures=0, failing_since=None),
        due=now,
        next_due=now,
        closing=False,
        config_hash=state.config_hash,
    )
