"""Keeps alerts that the route tree leads to nobody, so that a configuration which gives their receiver an integration
notifies them: a CloudWatch alarm that fires sends no further update.

They stand in one group that is flushed like any other and notifies nobody; its flush reroutes them after a change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from alertrelay.alert import Alert, Integration
from alertrelay.groups.router import Router
from alertrelay.nflog.group_state import GroupHeader, GroupIdentity, Member
from alertrelay.policy.group_key import unrouted_id
from alertrelay.state import Groups

UNROUTED = "unrouted"
"""In place of a route's id."""


def unrouted_group(router: Router) -> dict[str, GroupHeader]:
    """Returns the group of what leads to nobody, by gid."""
    integration = Integration(receiver="", channel=router.unrouted_channel, index=0)
    identity = GroupIdentity(integration=integration, route_id=UNROUTED, group_key=UNROUTED, group_labels={})
    return {unrouted_id(integration): GroupHeader(identity=identity, config_hash=marked(router.config.hash))}


def marked(config_hash: str) -> str:
    """Returns how the group's header names a configuration. Code of before this group was, which may come back in a
    rollback, finds one other than its own there, and moves all of it away instead of taking it for a receiver that was
    removed."""
    return hashlib.sha256(f"{UNROUTED} {config_hash}".encode()).hexdigest()


def is_kept(router: Router, alert: Alert) -> bool:
    """Returns whether this forwarder keeps an alert that leads to nobody. What ends by itself is sent again by its
    source; an event is over."""
    lasts = alert.status == "firing" and alert.kind == "alert" and alert.ends_at is None
    return lasts and router.accounts_for_unrouted


def keep(group: Mapping[str, GroupHeader], member: Member, groups: Groups, *, interval: float, now: datetime) -> None:
    """Puts a member into the group, and arms it for a firing one; a tick finds it. Raises StoreFailure."""
    for gid, header in group.items():
        groups.put_member(gid, member)
        if member.status == "firing":
            groups.arm(gid, header, due=now + timedelta(seconds=interval))
