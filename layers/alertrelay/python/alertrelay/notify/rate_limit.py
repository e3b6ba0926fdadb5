"""Storms: what exceeds a channel's rate joins one digest, `AlertStorm`, an incident and a message of its own.

A digest is a group like any other, of the same integration: its members are alerts of other groups, it counts and
lists them, and it is resolved when its last member is. Resolves are never held back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from alertrelay.alert import Channel, Integration
from alertrelay.config.model import PagerDutySettings, SlackSettings, Target
from alertrelay.groups.flush_timer import arm
from alertrelay.groups.reroute import DIGEST
from alertrelay.nflog.group_state import GroupHeader, GroupIdentity, Member
from alertrelay.policy.group_key import storm_id
from alertrelay.ports import Clock, Timers
from alertrelay.state import Alerts, Groups, Limit, Rates, StoreFailure

WAIT = timedelta(seconds=10)
"""How long the first alerts of a storm are collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimiter:
    """Admits as many messages as each channel takes."""

    limits: Mapping[Channel, Limit]
    rates: Rates
    clock: Clock
    log: Callable[..., None]

    def admits(self, target: Target, *, apart: str = "") -> bool:
        """Whether one more message may go to the target now; `apart` names a rate of its own. Fails open: a second
        message beats a lost one."""
        limit = self.limits.get(target.integration.channel)
        key = f"{_rate_key(target)} {apart}".strip()
        if limit is None or not _rate_key(target):
            return True
        try:
            return self.rates.take(key, now=self.clock.now(), limit=limit)
        except StoreFailure as failure:
            self.log("rate_not_asked", failure=str(failure))
            return True


def _rate_key(target: Target) -> str:
    """What the channel counts by: PagerDuty the routing key, Slack the channel. By names, never by the keys."""
    settings = target.settings
    if isinstance(settings, PagerDutySettings):
        return f"pagerduty {settings.routing_key}"
    if isinstance(settings, SlackSettings):
        return f"slack {settings.key} {settings.channel}"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Puts alerts into the digest of their integration."""

    alerts: Alerts
    groups: Groups
    timers: Timers
    clock: Clock

    def join(self, integration: Integration, members: Iterable[Member]) -> None:
        """Makes members of a group members of the digest too, which is flushed soon. Raises StoreFailure."""
        now = self.clock.now()
        gid = storm_id(integration)
        for member in members:
            self.alerts.add_groups(member, [gid])
            self.groups.put_member(gid, replace(member, at=now))
        identity = GroupIdentity(
            integration=integration, route_id=DIGEST, group_key=DIGEST, group_labels={"alertname": "AlertStorm"}
        )
        arm(self.groups, self.timers, self.clock, gid, GroupHeader(identity=identity), due=now + WAIT)
