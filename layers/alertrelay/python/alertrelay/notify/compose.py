"""Composes the message of a flush: which alerts, in which order, under which key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertrelay.alert import Acknowledgement, Alert, Labels, fingerprint, severity_rank
from alertrelay.config.escalation import Tier
from alertrelay.groups.reroute import DIGEST
from alertrelay.nflog.decision import Decision
from alertrelay.nflog.group_state import GroupIdentity, GroupState, Member, is_firing
from alertrelay.notification import Listing, Notification, Reason, Withheld
from alertrelay.notify.flapping import with_flapping
from alertrelay.notify.rate_limit import listing_of
from alertrelay.notify.shown import as_notified, in_order, is_resolve, read_shown, with_silenced
from alertrelay.policy.group_key import dedup_key, key_of
from alertrelay.ports import Clock
from alertrelay.render.wording import STORM
from alertrelay.state import Alerts, Facts

UNFINISHED = 3
"""Leases that left no record, after which a flush does no more than it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The place of a deployment: part of each incident's key, so that no stack resolves another's. `console` is the
    address of its console, "" where it has none."""

    environment: str
    account: str
    region: str
    console: str = ""

    @property
    def home(self) -> Labels:
        """The labels that alerts of the relay's own account and region have."""
        return {"account_id": self.account, "region": self.region}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One flush's view of its group. `alerts` are those that are shown, in order, by key; `facts` has what is
    unusual of their services and the error budgets of their objectives."""

    gid: str
    group: GroupState
    decision: Decision
    alerts: Mapping[str, Alert]
    members: Mapping[str, Member]
    facts: Facts = field(default_factory=Facts)

    def acknowledged(self, key: str) -> Acknowledgement | None:
        """Returns who is on an alert of the group, None for nobody."""
        member = self.members.get(key)
        return member.alert.acknowledged if member else None

    @property
    def resolves(self) -> frozenset[str]:
        """Returns the events of a digest that are resolves of alerts which were announced alone."""
        return frozenset(key for key in self.decision.own.events if is_resolve(self.members.get(key)))

    @property
    def twice(self) -> frozenset[str]:
        """Returns those of these that resolve what the digest announced too: one alert is one resolve for its
        readers."""
        return _twice(self.decision, self.members)


def _twice(decision: Decision, members: Mapping[str, Member]) -> frozenset[str]:
    over = {key for key in decision.own.resolved if key in members and members[key].status == "resolved"}
    resolves = (key for key in decision.own.events if is_resolve(members.get(key)))
    return frozenset(key for key in resolves if key_of(members[key].alert.state_key) in over)


def compose(
    gid: str,
    group: GroupState,
    decision: Decision,
    members: Sequence[Member],
    facts: Facts,
    *,
    alerts: Alerts,
    shown: int,
) -> Content:
    """Reads what is to be shown and not among `facts` yet, at most `shown` alerts. The table may fail here: then each
    alert is what its member knows of it. That is the name alone of an event, which is notified once: where one is to be
    notified, the next flush reads it. Raises StoreFailure then, as long as that flush is a normal one."""
    by_key = {m.key: m for m in members}
    resolves = frozenset(key for key in decision.own.events if is_resolve(by_key.get(key)))
    if resolves:
        # Their own channel alone announced what they resolve.
        news = decision.fallback.new - resolves
        decision = replace(decision, fallback=replace(decision.fallback, new=news))
    must = decision.own.events if group.progress.tries < UNFINISHED else frozenset[str]()
    own = decision.own
    once = replace(decision, own=replace(own, events=own.events - _twice(decision, by_key)))
    return Content(
        gid=gid,
        group=group,
        decision=decision,
        alerts=read_shown(alerts, in_order(once, by_key, shown), by_key, facts.alerts, must),
        members=by_key,
        facts=facts,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes notifications: what every one of them needs beside its content. `tiers`: see notify/escalation.py."""

    site: Site
    clock: Clock
    new_id: Callable[[], str]
    tiers: Mapping[str, Tier] = field(default_factory=dict)

    def notification(
        self, content: Content, reason: Reason, *, resolved: frozenset[str], news: frozenset[str]
    ) -> Notification:
        """Returns the group as it stands, with `resolved` as resolved; `news` is what the message is about."""
        identity, decision = content.group.identity, content.decision
        over, now = content.resolves, self.clock.now()
        firing, over = (decision.view.open | decision.own.events) - over, over - content.twice
        back = handed_back(content, resolved, now)
        resolved = (resolved - back) | over
        again = _fires_again(content, resolved)
        resolved -= again
        back = back if firing or resolved else back | again
        if over and reason == Reason.EVENT:
            reason = Reason.SOME_RESOLVED if firing else Reason.ALL_RESOLVED
        shown = {
            key: as_notified(
                alert, content.facts, resolved=key in resolved, now=now, acknowledged=content.acknowledged(key)
            )
            for key, alert in content.alerts.items()
            if key in firing or key in resolved
        }
        muted, silences = decision.view.muted, content.facts.silences
        shown = {key: with_silenced(alert, muted.get(key), silences, now) for key, alert in shown.items()}
        shown = with_flapping(shown, decision.view.damping, now=now)
        if back:
            note = _storm_over([content.members[key] for key in back], now)
            shown = {**shown, "": note} if firing else {"": note, **shown}
        digest, tier = identity.route_id == DIGEST, self.tiers.get(identity.route_id)
        return Notification(
            id=self.new_id(),
            integration=identity.integration,
            status="firing" if firing else "resolved",
            reason=reason,
            environment=self.site.environment,
            group_key=identity.group_key,
            group_labels=identity.group_labels,
            dedup_key=_incident(self.site, identity, decision),
            alerts=_resolved_early(shown.values()) if digest else tuple(shown.values()),
            news=frozenset(_state_keys(content, news)),
            firing_count=len(firing),
            resolved_count=len(resolved),
            at=now,
            home=self.site.home,
            console=self.site.console,
            listing=_listing(content, firing, resolved) if digest else None,
            tier=tier.number if tier else 0,
            unacknowledged=tier.after if tier else 0.0,
            contacts=tier.contacts if tier else (),
            withheld=_withheld(content, firing),
            gid=content.gid,
        )


def _withheld(content: Content, firing: frozenset[str]) -> Withheld | None:
    """Returns how many of the group a mute holds back: what was announced before it is shown all the same."""
    mutes = [mute for key, mute in content.decision.view.muted.items() if key not in firing]
    ends = sorted(mute.until for mute in mutes if mute.reason == Reason.SILENCED and mute.until)
    silenced = sum(mute.reason == Reason.SILENCED for mute in mutes)
    inhibited = sum(mute.reason == Reason.INHIBITED for mute in mutes)
    if not silenced and not inhibited:
        return None
    return Withheld(
        silenced=silenced, inhibited=inhibited, until=ends[0] if ends else None, alike=ends[:1] == ends[-1:]
    )


def _resolved_early(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Returns the alerts of a digest with those that have resolved after the first: its listing names what fires."""
    found = tuple(alerts)
    return (*found[:1], *sorted(found[1:], key=lambda alert: alert.status == "firing"))


def _state_keys(content: Content, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        if key in content.members:
            yield content.members[key].alert.state_key
        elif key in content.alerts:
            yield content.alerts[key].state_key


def handed_back(content: Content, resolved: Iterable[str], now: datetime) -> frozenset[str]:
    """Returns what a digest resolves no more because it fires on and its own group has announced it
    (notify/storm_end.py)."""
    if content.group.identity.route_id != DIGEST:
        return frozenset()
    found = ((key, content.members[key]) for key in resolved if key in content.members)
    return frozenset(key for key, member in found if member.status == "moved" or is_firing(member, now))


def _fires_again(content: Content, resolved: Iterable[str]) -> frozenset[str]:
    """Returns what a digest would call resolved although it fires again, which its own group announces."""
    if content.group.identity.route_id != DIGEST:
        return frozenset()
    return frozenset(key for key in resolved if key in content.alerts and content.alerts[key].status == "firing")


def _storm_over(members: Sequence[Member], now: datetime) -> Alert:
    """Returns what a digest's message has in place of the alerts that it hands back: none of them has resolved."""
    count = len(members)
    fire = "1 alert still fires and has" if count == 1 else f"{count} alerts still fire, and each has"
    highest = max((member.alert.labels for member in members), key=severity_rank)
    labels = {"alertname": STORM, "severity": highest.get("severity", "")}
    return Alert(
        labels=labels,
        annotations={"summary": f"The storm is over: {fire} a message of its own"},
        status="resolved",
        kind="alert",
        starts_at=min(member.alert.starts_at for member in members),
        ends_at=now,
        updated_at=None,
        source="raw",
        fingerprint=fingerprint(labels),
        state_key="",
    )


def _listing(content: Content, firing: Iterable[str], resolved: Iterable[str]) -> Listing:
    found = content.members
    fires, over = ([found[key] for key in keys if key in found] for keys in (firing, resolved))
    return listing_of(fires, over, content.alerts)


def incident_key(site: Site, identity: GroupIdentity, events: Iterable[str] = ()) -> str:
    """Returns what PagerDuty knows the incident of a group by, or that of single events."""
    receiver = identity.integration.receiver
    return dedup_key(site.environment, site.account, site.region, receiver, identity.group_key, *events)


def fallback_key(site: Site, name: str, gid: str) -> str:
    """Returns the key of a fallback's own incident for a group; `name` is str(Integration)."""
    return dedup_key(site.environment, site.account, site.region, name, gid)


def _incident(site: Site, identity: GroupIdentity, decision: Decision) -> str:
    """Returns the key of the incident: the group's, which it keeps while anything of it is open. Events alone have one
    of their own, since nothing would ever resolve the group's."""
    if decision.ledger.dedup_key:
        return decision.ledger.dedup_key
    own = decision.own
    alone = own.events and not decision.view.open and not own.resolved
    return incident_key(site, identity, sorted(own.events) if alone else ())
