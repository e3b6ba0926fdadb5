"""After a configuration change: alerts whose labels now lead elsewhere join there first, and end here later; those that
stay join what the configuration adds beside this group.

A crash anywhere repeats: every step is a condition. Both groups may be open for a moment; there is no gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from alertrelay.groups.insert import groups_for
from alertrelay.groups.wake import wake
from alertrelay.nflog.dedup import is_firing
from alertrelay.nflog.ledger import Header, Member
from alertrelay.policy.group_key import channel_of
from alertrelay.policy.inhibit import InhibitKey, source_entries
from alertrelay.policy.timing import first_flush
from alertrelay.ports import Relay

STORM = "storm"
"""The route of a digest (notify/rate_limit.py), which leads nowhere else."""
NOTED = 20
"""A rule that came with a configuration has not seen what fires already: of each group it is shown so many."""


class Moved(NamedTuple):
    """The firing members that no longer end at this group, each now a member of the groups that it leads to. `all` is
    False where time ran out before everybody was looked at."""

    members: Sequence[Member] = ()
    all: bool = True


def move(relay: Relay, gid: str, header: Header, members: Sequence[Member], *, until: datetime) -> Moved:
    """Nothing moves while the configuration is the one of the last record. A group of thousands does not move within
    one invocation: what has moved by `until` is marked by the flush, whose next one goes on with the rest. Whoever the
    configuration adds beside this group hears of its alerts too. Raises StoreFailure."""
    if header.config_hash in ("", relay.config.hash) or header.route_id == STORM:
        return Moved()
    now = relay.clock.now()
    moved: list[Member] = []
    noted = Counter[InhibitKey]()
    joined: dict[str, tuple[Header, datetime]] = {}
    beside: dict[str, tuple[Header, list[Member]]] = {}
    out_of_time = False
    for member in members:
        if not is_firing(member, now):
            continue
        if out_of_time := relay.clock.now() >= until:
            break
        _note_as_source(relay, member, noted)
        homes = groups_for(relay, member.labels, every_channel=True)
        if homes.pop(gid, None):
            for home, new in homes.items():
                beside.setdefault(home, (new, []))[1].append(member)
            continue
        moved.append(member)
        for home, new in homes.items():
            _join(relay, home, new, member, joined)
    added = _add(relay, gid, beside, joined, until=until)
    # Armed when all are in: the first look at a new group finds everybody who came along.
    for home, (new, since) in joined.items():
        _arm(relay, home, new, since)
    return Moved(moved, added and not out_of_time)


def _add(
    relay: Relay,
    gid: str,
    beside: Mapping[str, tuple[Header, Sequence[Member]]],
    joined: dict[str, tuple[Header, datetime]],
    *,
    until: datetime,
) -> bool:
    """Whoever is told beside this group: who of its members is not there joins there too. False where the next flush
    goes on, which finds there who has joined by now."""
    for home, (header, members) in beside.items():
        if relay.clock.now() >= until:
            relay.log("added_receivers_not_all_told", gid=gid)
            return True
        there = {member.key: member.k for member in relay.store.members(home) if member.status != "moved"}
        for member in members:
            if there.get(member.key, "") >= member.k:
                continue
            if relay.clock.now() >= until:
                return False
            _join(relay, home, header, member, joined)
        # Who put them there may have died before the group was armed.
        joined.setdefault(home, (header, min(member.starts_at for member in members)))
    return True


def _join(relay: Relay, home: str, header: Header, member: Member, joined: dict[str, tuple[Header, datetime]]) -> None:
    # Refused: an end or a newer update knows the homes as they were, and will end it here.
    if relay.store.add_homes(member, [home]):
        relay.store.put_member(home, replace(member, at=relay.clock.now()))
        _, since = joined.get(home, (header, member.starts_at))
        joined[home] = header, min(since, member.starts_at)


def _note_as_source(relay: Relay, member: Member, noted: Counter[InhibitKey]) -> None:
    for entry in source_entries(relay.config.inhibit_rules, member.labels):
        if noted[entry] < NOTED:
            relay.store.note_source(entry, member.key, fires=True)
            noted[entry] += 1


def _arm(relay: Relay, gid: str, header: Header, since: datetime) -> None:
    found = relay.store.header(gid)
    if found and found.next_due and not found.closing:
        return
    now = relay.clock.now()
    route = relay.config.route_of(header.route_id) or relay.config.route
    due = first_flush(route, starts_at=since, now=now)
    if relay.store.arm(gid, header, due=due) and channel_of(gid) in relay.channels:
        wake(relay, gid, at=due)
