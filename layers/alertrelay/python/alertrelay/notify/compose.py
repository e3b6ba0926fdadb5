"""Composes the message of a flush: which alerts, in which order, under which key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from alertrelay.alert import Alert, Labels, fingerprint, severity_rank
from alertrelay.groups.reroute import DIGEST
from alertrelay.nflog.dedup import Decision, is_firing
from alertrelay.nflog.group_state import AlertItem, GroupIdentity, GroupState, Member
from alertrelay.notification import Listing, Notification, Reason
from alertrelay.notify.rate_limit import RESOLVED, listing_of
from alertrelay.policy.group_key import dedup_key
from alertrelay.ports import Clock
from alertrelay.render.notice import FROM_ELSEWHERE
from alertrelay.render.wording import STORM
from alertrelay.state import Alerts, AnomalyNote, Facts, StoreFailure
from alertrelay.values.tries import tried

UNFINISHED = 3
"""Leases that left no record, after which a flush does no more than it must."""
ANOMALIES = 3
"""Anomalies of a service that one of its alerts names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The place of a deployment: part of each incident's key, so that no stack resolves another's."""

    environment: str
    account: str
    region: str

    @property
    def home(self) -> Labels:
        """The labels that alerts of the relay's own account and region have."""
        return {"account_id": self.account, "region": self.region}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One flush's view of its group. `alerts` are those that are shown, in order, by key; `anomalies` is what is
    unusual of their services, by name."""

    gid: str
    group: GroupState
    decision: Decision
    alerts: Mapping[str, Alert]
    members: Mapping[str, Member]
    anomalies: Mapping[str, Sequence[AnomalyNote]] = field(default_factory=dict)


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
    must = decision.own.events if group.progress.tries < UNFINISHED else frozenset[str]()
    return Content(
        gid=gid,
        group=group,
        decision=decision,
        alerts=_read(alerts, _in_order(decision, by_key, shown), by_key, facts.alerts, must),
        members=by_key,
        anomalies=facts.anomalies,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes notifications: what every one of them needs beside its content."""

    site: Site
    clock: Clock
    new_id: Callable[[], str]

    def notification(
        self, content: Content, reason: Reason, *, resolved: frozenset[str], news: frozenset[str]
    ) -> Notification:
        """Returns the group as it stands, with `resolved` as resolved; `news` is what the message is about."""
        identity, decision = content.group.identity, content.decision
        firing = decision.view.open | decision.own.events
        now = self.clock.now()
        back = handed_back(content, resolved, now)
        resolved -= back
        shown = {
            key: _as_notified(alert, content.anomalies, resolved=key in resolved, now=now)
            for key, alert in content.alerts.items()
            if key in firing or key in resolved
        }
        if back:
            over = _storm_over([content.members[key] for key in back], now)
            shown = {**shown, "": over} if firing else {"": over, **shown}
        return Notification(
            id=self.new_id(),
            integration=identity.integration,
            status="firing" if firing else "resolved",
            reason=reason,
            environment=self.site.environment,
            group_key=identity.group_key,
            group_labels=identity.group_labels,
            dedup_key=_incident(self.site, identity, decision),
            alerts=tuple(shown.values()),
            news=frozenset(alert.state_key for key, alert in shown.items() if key in news),
            firing_count=len(firing),
            resolved_count=len(resolved),
            at=now,
            home=self.site.home,
            listing=_listing(content, firing) if identity.route_id == DIGEST else None,
        )


def handed_back(content: Content, resolved: Iterable[str], now: datetime) -> frozenset[str]:
    """Returns what a digest resolves no more because it fires on and its own group has announced it
    (notify/storm_end.py)."""
    if content.group.identity.route_id != DIGEST:
        return frozenset()
    found = ((key, content.members[key]) for key in resolved if key in content.members)
    return frozenset(key for key, member in found if member.status == "moved" or is_firing(member, now))


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


def _listing(content: Content, firing: Iterable[str]) -> Listing:
    return listing_of((content.members[key] for key in firing if key in content.members), content.alerts)


def incident_key(site: Site, identity: GroupIdentity, events: Iterable[str] = ()) -> str:
    """Returns what PagerDuty knows the incident of a group by, or that of single events."""
    receiver = identity.integration.receiver
    return dedup_key(site.environment, site.account, site.region, receiver, identity.group_key, *events)


def fallback_key(site: Site, name: str, gid: str) -> str:
    """Returns the key of a fallback's own incident for a group; `name` is str(Integration)."""
    return dedup_key(site.environment, site.account, site.region, name, gid)


def _incident(site: Site, identity: GroupIdentity, decision: Decision) -> str:
    """The group's own, from its first day; events alone have theirs, since nothing would ever resolve the group's."""
    if decision.ledger.dedup_key:
        return decision.ledger.dedup_key
    own = decision.own
    alone = own.events and not decision.view.open and not own.resolved
    return incident_key(site, identity, sorted(own.events) if alone else ())


def _in_order(decision: Decision, members: Mapping[str, Member], most: int) -> list[str]:
    """Returns keys in the order of showing: what fires before what resolved, then by severity, the news first among
    equals."""
    own = decision.own
    news = own.new | own.events | own.resolved | decision.fallback.resolved | own.owed
    current = decision.view.open | own.events

    def place(key: str) -> tuple[bool, int, bool, datetime]:
        member = members.get(key)
        rank = severity_rank(member.alert.labels) if member else 0
        started = member.alert.starts_at if member else datetime.max.replace(tzinfo=UTC)
        return key not in current, -rank, key not in news, started

    # The news comes in first, however severe the rest is: a message must show what it is about.
    first = sorted(news, key=place)[:most]
    rest = current - news
    if not rest:
        return first
    return sorted([*first, *sorted(rest, key=place)[: most - len(first)]], key=place)


def _read(
    alerts: Alerts,
    keys: Sequence[str],
    members: Mapping[str, Member],
    known: Mapping[str, AlertItem],
    must: frozenset[str],
) -> dict[str, Alert]:
    missing = [key for key in keys if key not in known]
    try:
        items = {**known, **tried(lambda: alerts.get_alerts(missing), StoreFailure)} if missing else known
    except StoreFailure:
        if not must.isdisjoint(missing):
            raise
        items = known
    found = {key: _marked(items[key]) for key in keys if key in items}
    return {key: found.get(key) or _from_member(members[key]) for key in keys if key in found or key in members}


def _marked(item: AlertItem) -> Alert:
    """A resolve that came from elsewhere than its alert may be forged: the message says so."""
    if not item.from_elsewhere:
        return item.alert
    text = f"it came from {_place(item.resolved_by)}, its alert from {_place(item.opened_by)}"
    return replace(item.alert, annotations={**item.alert.annotations, FROM_ELSEWHERE: text})


def _place(origin: str) -> str:
    """Returns an origin in words: `cloudwatch of account 111122223333 in eu-west-1`."""
    source, account, region = (*origin.split(), "-", "-", "-")[:3]
    words = source + (f" of account {account}" if account != "-" else "")
    return words + (f" in {region}" if region != "-" else "")


def _from_member(member: Member) -> Alert:
    resolved = member.status == "resolved"
    named = member.status == "event" and member.name.startswith(RESOLVED)
    return Alert(
        labels=member.alert.labels,
        annotations={"summary": member.name if named else f"{member.name} (its details could not be read)"},
        status="resolved" if resolved else "firing",
        kind="event" if member.status == "event" else "alert",
        starts_at=member.alert.starts_at,
        ends_at=member.at if resolved else None,
        updated_at=None,
        source="raw",
        fingerprint=member.alert.fingerprint,
        state_key=member.alert.state_key,
    )


def _as_notified(
    alert: Alert, anomalies: Mapping[str, Sequence[AnomalyNote]], *, resolved: bool, now: datetime
) -> Alert:
    """The ledger decides what a message calls resolved: the item may already hold a later update. What the
    anomaly-scorer finds unusual of the same service stands beside what the alert has itself."""
    if anomalies and alert.source != "anomaly" and alert.status != "resolved":
        notes = anomalies.get(alert.labels.get("service", ""), ())
        texts = [f"{n.text} (score {n.score:.3f})" + (f" {n.link}" if n.link else "") for n in notes[:ANOMALIES]]
        if texts:
            alert = replace(alert, annotations={**alert.annotations, "also_unusual": "\n".join(texts)})
    if not resolved:
        return replace(alert, status="firing", ends_at=None)
    return alert if alert.status == "resolved" else replace(alert, status="resolved", ends_at=alert.ends_at or now)
