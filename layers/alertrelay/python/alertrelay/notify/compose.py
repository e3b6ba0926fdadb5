"""What a flush shows of its group: which alerts, in which order, under which name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from alertrelay.alert import Alert, severity_rank
from alertrelay.nflog.dedup import Decision
from alertrelay.nflog.ledger import AlertItem, Header, Member
from alertrelay.notification import Notification, Reason
from alertrelay.policy.group_key import dedup_key
from alertrelay.ports import AnomalyNote, Facts, Relay, StoreFailure

ANOMALIES = 3
"""Anomalies of a service that one of its alerts names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One flush's view of its group. `alerts` are those that are shown, in order, by key; `anomalies` is what is
    unusual of their services, by name."""

    relay: Relay
    gid: str
    header: Header
    decision: Decision
    alerts: Mapping[str, Alert]
    members: Mapping[str, Member]
    send_by: datetime
    anomalies: Mapping[str, Sequence[AnomalyNote]] = field(default_factory=dict)


def group_of(
    relay: Relay,
    gid: str,
    header: Header,
    decision: Decision,
    members: Iterable[Member],
    facts: Facts,
    *,
    send_by: datetime,
) -> Group:
    """Reads what is to be shown and not among `facts` yet. The table may fail here: then each alert is what its member
    knows of it."""
    by_key = {m.key: m for m in members}
    return Group(
        relay=relay,
        gid=gid,
        header=header,
        decision=decision,
        alerts=_alerts(relay, _shown(decision, by_key, relay.shown), by_key, facts.alerts),
        members=by_key,
        anomalies=facts.anomalies,
        send_by=send_by,
    )


def notification(group: Group, reason: Reason, *, gone: frozenset[str], news: frozenset[str]) -> Notification:
    """The group as it stands, with `gone` as ended; `news` is what the message is about."""
    decision, relay = group.decision, group.relay
    firing = decision.open | decision.events
    at = relay.clock.now()
    shown = {
        key: _as_told(_with_anomalies(group, alert), ended=key in gone, at=at)
        for key, alert in group.alerts.items()
        if key in firing or key in gone
    }
    return Notification(
        id=relay.new_id(),
        integration=group.header.integration,
        status="firing" if firing else "resolved",
        reason=reason,
        environment=relay.config.environment,
        group_key=group.header.group_key,
        group_labels=group.header.group_labels,
        dedup_key=_dedup_key(group),
        alerts=tuple(shown.values()),
        news=frozenset(alert.state_key for key, alert in shown.items() if key in news),
        firing_count=len(firing),
        resolved_count=len(gone),
        at=at,
    )


def _shown(decision: Decision, members: Mapping[str, Member], most: int) -> list[str]:
    """Keys in the order of showing: what fires before what ended, then by severity, the news first among equals."""
    news = decision.own_new | decision.events | decision.own_gone | decision.fallback_gone
    current = decision.open | decision.events

    def place(key: str) -> tuple[bool, int, bool, datetime]:
        member = members.get(key)
        rank = severity_rank(member.labels) if member else 0
        started = member.starts_at if member else datetime.max.replace(tzinfo=UTC)
        return key not in current, -rank, key not in news, started

    # The news comes in first, however severe the rest is: a message must show what it is about.
    first = sorted(news, key=place)[:most]
    rest = sorted(current - news, key=place)[: most - len(first)]
    return sorted([*first, *rest], key=place)


def _alerts(
    relay: Relay, keys: Sequence[str], members: Mapping[str, Member], known: Mapping[str, AlertItem]
) -> dict[str, Alert]:
    missing = [key for key in keys if key not in known]
    try:
        items = {**known, **(relay.store.get_alerts(missing) if missing else {})}
    except StoreFailure:
        items = dict(known)
    found = {key: items[key].alert for key in keys if key in items}
    return {key: found.get(key) or _from_member(members[key]) for key in keys if key in found or key in members}


def _from_member(member: Member) -> Alert:
    ended = member.status == "resolved"
    return Alert(
        labels=member.labels,
        annotations={"summary": f"{member.name} (its details could not be read)"},
        status="resolved" if ended else "firing",
        kind="event" if member.status == "event" else "alert",
        starts_at=member.starts_at,
        ends_at=member.at if ended else None,
        updated_at=None,
        source="raw",
        fingerprint=member.fingerprint,
        state_key=member.state_key,
    )


def _with_anomalies(group: Group, alert: Alert) -> Alert:
    """What the anomaly-scorer finds unusual of the same service stands beside what the alert says itself."""
    notes = group.anomalies.get(alert.labels.get("service", ""), ())
    if not notes or alert.source == "anomaly" or alert.status == "resolved":
        return alert
    told = [f"{n.text} (score {n.score:.3f})" + (f" {n.link}" if n.link else "") for n in notes[:ANOMALIES]]
    return replace(alert, annotations={**alert.annotations, "also_unusual": "\n".join(told)})


def _as_told(alert: Alert, *, ended: bool, at: datetime) -> Alert:
    """The ledger decides what a message calls ended: the item may already hold a later update."""
    if ended:
        return alert if alert.status == "resolved" else replace(alert, status="resolved", ends_at=alert.ends_at or at)
    return replace(alert, status="firing", ends_at=None)


def _dedup_key(group: Group) -> str:
    """The group's own, from its first day; events alone have theirs, since nothing would ever end the group's."""
    decision = group.decision
    if decision.ledger.dedup_key:
        return decision.ledger.dedup_key
    alone = decision.events and not decision.open and not decision.own_gone
    return incident_key(group.relay, group.header, sorted(decision.events) if alone else ())


def incident_key(relay: Relay, header: Header, events: Iterable[str] = ()) -> str:
    """What PagerDuty knows the incident of a group by, or that of single events."""
    receiver = header.integration.receiver
    return dedup_key(relay.config.environment, relay.account, relay.region, receiver, header.group_key, *events)
