"""Storms: what exceeds a channel's rate joins one digest, `AlertStorm`, an incident and a message of its own.

A digest is a group like any other, of the same integration: its members are alerts of other groups, it counts and
lists them, and it is resolved when its last member is. Ends are never held back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from alertrelay.channels import channel
from alertrelay.config.model import Target
from alertrelay.groups.wake import wake
from alertrelay.nflog.ledger import Header, Member, Standing
from alertrelay.policy.group_key import storm_id
from alertrelay.ports import Relay, StoreFailure

ROUTE = "storm"
"""In place of a route's id: a digest belongs to no route, and never moves."""
WAIT = timedelta(seconds=10)
"""How long the first alerts of a storm are collected."""


def admitted(relay: Relay, target: Target) -> bool:
    """Whether one more message may go to the target now. Fails open: a second message beats a lost one."""
    limit = relay.limits.get(target.integration.channel)
    key = channel(target.integration.channel).rate_key(target.settings)
    if limit is None or not key:
        return True
    try:
        return relay.store.take(key, now=relay.clock.now(), limit=limit)
    except StoreFailure as failure:
        relay.log("rate_not_asked", failure=str(failure))
        return True


def join_digest(relay: Relay, header: Standing, members: list[Member]) -> None:
    """Puts members of a group into the digest of its integration, which is told soon. Raises StoreFailure."""
    now = relay.clock.now()
    gid = storm_id(header.integration)
    for member in members:
        relay.store.add_homes(member, [gid])
        relay.store.put_member(gid, replace(member, at=now))
    digest = Header(
        integration=header.integration, route_id=ROUTE, group_key=ROUTE, group_labels={"alertname": "AlertStorm"}
    )
    if relay.store.arm(gid, digest, due=now + WAIT):
        wake(relay, gid, at=now + WAIT)
