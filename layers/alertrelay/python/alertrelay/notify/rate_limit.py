"""Storms: what exceeds a receiver's limit joins one digest, `AlertStorm`, an incident and a message of its own.

A digest is a group like any other, of the same integration: its members are alerts of other groups, it counts and
names them, and it is resolved when its last member is. A storm is over when five minutes were quiet; until then a
digest does not send that some of its alerts have resolved, after it what still fires is named, and later ever less
often. Resolves of alerts that were notified alone in a storm join its digest as events, save where they cost no
message: PagerDuty's, and edits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertrelay.alert import Alert, Channel, Integration
from alertrelay.channels import channel
from alertrelay.config.model import Target
from alertrelay.groups.flush_timer import arm
from alertrelay.groups.reroute import DIGEST
from alertrelay.nflog.group_state import GroupHeader, GroupIdentity, Member
from alertrelay.notification import Listing
from alertrelay.notify.limits import END_OF_STORM, ENDS, QUIET, STORM, limit_of
from alertrelay.policy.group_key import resolve_key, storm_id
from alertrelay.ports import Clock, Timers
from alertrelay.state import Alerts, Groups, Limit, Rates, StoreFailure

WAIT = timedelta(seconds=10)
"""How long the first alerts of a storm are collected."""
GROWTH = 6
"""By how much each message of a digest waits longer than the one before it."""
RESOLVES = timedelta(minutes=30)
"""The longest that a resolve waits in a digest of which something fires."""
PART = timedelta(days=1)
"""An alert that began within so long before the last message of a digest was part of that storm."""
TOP = 5
"""Services that a digest counts."""
RESOLVED = "Resolved: "
"""Before the name of an alert whose resolve a digest announces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimiter:
    """Admits as many messages as each receiver takes. `configured`: by receiver, before the channel's default."""

    limits: Mapping[Channel, Limit]
    configured: Mapping[str, int]
    rates: Rates
    clock: Clock
    log: Callable[..., None]

    def admits(self, target: Target) -> bool:
        """Returns whether one more message may go to the target now. Fails open: a second message beats a lost one."""
        return self._take(_rate_key(target), limit_of(target, self.configured, self.limits))

    def admits_resolve(self, target: Target) -> bool:
        """Returns whether one more resolve may go to the target alone."""
        limit = limit_of(target, self.configured, self.limits)
        return limit is None or not limit.quiet or self._take(_resolves_key(target), limit)

    def admits_doubtful(self, target: Target) -> bool:
        """Returns whether one more resolve of what may never have been announced may go to the target now. They have a
        rate of their own, so that they take no room from pages."""
        limit = limit_of(target, self.configured, self.limits)
        return self._take(_doubtful_key(target), replace(limit, quiet=0.0) if limit else None)

    def collects_resolves(self, target: Target) -> bool:
        """Returns whether resolves to the target join the digest of a storm."""
        limit = limit_of(target, self.configured, self.limits)
        return limit is not None and bool(limit.quiet)

    def allows_after(self, target: Target, quiet: timedelta, *, digests: int, free: bool) -> int:
        """Returns how many messages the target takes at once when none was refused for so long. A bucket that a refusal
        closed opens with one, and has one more each interval; and where people read them, a storm is no more than STORM
        of them, with those that it began with, its `digests` and its end. Each resolve is one more, unless it is
        `free`."""
        limit = limit_of(target, self.configured, self.limits)
        if limit is None or quiet.total_seconds() < limit.quiet:
            return 0
        opened = min(limit.burst, 1 + int((quiet.total_seconds() - limit.quiet) / limit.interval))
        left = STORM - limit.burst - digests if free else (STORM - limit.burst - digests - ENDS) // 2
        return max(0, min(opened, left)) if limit.quiet else opened

    def admits_end_of_storm(self, target: Target) -> bool:
        """Returns whether what still fires after a storm may be tried alone now. Each try asks the limit itself, and
        one that is refused would close it anew, so the tries have a rate of their own."""
        return self._take(_end_key(target), END_OF_STORM)

    def _take(self, key: str, limit: Limit | None) -> bool:
        if limit is None:
            return True
        try:
            return self.rates.take(key, now=self.clock.now(), limit=limit)
        except StoreFailure as failure:
            self.log("rate_not_asked", failure=str(failure))
            return True


def _rate_key(target: Target) -> str:
    """Returns what messages are counted by: what the channel counts by, else the integration."""
    return channel(target.integration.channel).rate_key(target.settings) or str(target.integration)


def _resolves_key(target: Target) -> str:
    return f"{_rate_key(target)} resolves"


def _doubtful_key(target: Target) -> str:
    return f"{_rate_key(target)} doubtful resolves"


def _end_key(target: Target) -> str:
    return f"{target.integration} end of storm"


def refill(rates: Rates, target: Target) -> None:
    """Forgets what the target was sent lately: each of its limits begins anew. Raises StoreFailure."""
    for key in (_rate_key, _resolves_key, _doubtful_key, _end_key):
        rates.refill(key(target))


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Puts alerts into the digest of their integration."""

    alerts: Alerts
    groups: Groups
    timers: Timers
    clock: Clock

    def join(self, integration: Integration, members: Iterable[Member], *, wait: timedelta = WAIT) -> None:
        """Makes members of a group members of the digest too, which is flushed soon. Raises StoreFailure."""
        now = self.clock.now()
        gid = storm_id(integration)
        for member in members:
            self.alerts.add_groups(member, [gid])
            self.groups.put_member(gid, replace(member, at=now))
        identity = GroupIdentity(
            integration=integration, route_id=DIGEST, group_key=DIGEST, group_labels={"alertname": "AlertStorm"}
        )
        arm(self.groups, self.timers, self.clock, gid, GroupHeader(identity=identity), due=now + wait)

    def join_resolves(self, integration: Integration, members: Iterable[Member]) -> None:
        """Puts resolves into the digest, which announces each once, together with those of the next minutes. Raises
        StoreFailure."""
        found = [_resolve_event(member) for member in members]
        self.join(integration, found, wait=timedelta(seconds=QUIET))

    def has_storm_since(self, integration: Integration, starts: Iterable[datetime]) -> bool:
        """Returns whether an alert that began at one of these times was part of the storm of the integration's digest,
        now or before. Raises StoreFailure."""
        header = self.groups.header(storm_id(integration))
        if header is None:
            return False
        last = header.progress.notified_at
        if last is None:
            return header.schedule.armed
        return any(last - PART <= at <= last for at in starts)


def _resolve_event(member: Member) -> Member:
    return replace(
        member,
        key=resolve_key(member.alert.state_key, member.order_key),
        status="event",
        alert=replace(member.alert, labels={**member.alert.labels, "alertname": f"{RESOLVED}{member.name}"}),
    )


def next_digest_in(digests: int) -> timedelta:
    """Returns how long a digest waits after so many messages: a storm of hours is a few messages too."""
    factor: int = GROWTH ** max(0, digests - 1)
    return timedelta(seconds=QUIET) * factor


def storm_is_over(members: Iterable[Member], *, now: datetime) -> bool:
    """Returns whether nothing joined the digest for as long as a storm is quiet."""
    return all(now - member.at >= timedelta(seconds=QUIET) for member in members)


def listing_of(members: Iterable[Member], resolved: Iterable[Member], alerts: Mapping[str, Alert]) -> Listing:
    """Returns every alert of a digest by name, with the services of which the most fire. `alerts` by key are those
    whose summary is known."""
    found = list(members)
    services = Counter(member.alert.labels.get("service", "no service") for member in found)
    return Listing(
        services=tuple(sorted(services.items(), key=lambda one: (-one[1], one[0]))[:TOP]),
        firing=tuple(sorted(_line(member.alert.labels, alerts.get(member.key)) for member in found)),
        resolved=tuple(sorted(_line(member.alert.labels, None) for member in resolved)),
    )


def _line(labels: Mapping[str, str], alert: Alert | None) -> str:
    found = (labels.get(name, "") for name in ("alertname", "alarm_name", "service", "instance"))
    names = dict.fromkeys(filter(None, (name.removeprefix(RESOLVED) for name in found)))
    summary = alert.annotations.get("summary", "") if alert else ""
    return (" ".join(names) or "alert") + (f": {summary}" if summary else "")
