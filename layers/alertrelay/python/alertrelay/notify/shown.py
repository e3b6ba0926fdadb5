"""Chooses the alerts that a message shows, in order, and reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from alertrelay.alert import Acknowledgement, Alert, AnomalyVerdict, severity_rank
from alertrelay.nflog.decision import Decision, Mute
from alertrelay.nflog.group_state import AlertItem, Member
from alertrelay.notification import Reason
from alertrelay.notify.error_budget import with_budget
from alertrelay.notify.rate_limit import RESOLVED
from alertrelay.policy.group_key import clock_of, key_of, resolve_key
from alertrelay.policy.silence import Silence
from alertrelay.policy.verdict import verdict_on
from alertrelay.render.notice import ACKNOWLEDGED, FROM_ELSEWHERE, SILENCED, VERDICT
from alertrelay.render.text import one_line
from alertrelay.render.when import clock
from alertrelay.state import Alerts, Facts, StoreFailure
from alertrelay.values.charted import ANNOTATION
from alertrelay.values.tries import tried

ANOMALIES = 3
"""Anomalies of a service that one of its alerts names."""


def in_order(decision: Decision, members: Mapping[str, Member], most: int) -> list[str]:
    """Returns keys in the order of showing: what fires before what resolved, then by severity, the news first among
    equals."""
    own = decision.own
    news = own.new | own.events | own.resolved | decision.fallback.resolved | own.owed | own.settled
    current = decision.view.open | {key for key in own.events if not is_resolve(members.get(key))}

    def place(key: str) -> tuple[bool, int, bool, datetime]:
        member = members.get(key)
        rank = severity_rank(member.alert.labels) if member else 0
        started = member.alert.starts_at if member else datetime.max.replace(tzinfo=UTC)
        return key not in current, -rank, key not in news, started

    # The news comes in first, however severe the rest is: a message must show what it is about.
    first = sorted(news, key=place)[:most]
    rest = decision.view.open - news
    if not rest:
        return first
    return sorted([*first, *sorted(rest, key=place)[: most - len(first)]], key=place)


def read_shown(
    alerts: Alerts,
    keys: Sequence[str],
    members: Mapping[str, Member],
    known: Mapping[str, AlertItem],
    must: frozenset[str],
) -> dict[str, Alert]:
    """Returns the alerts of these keys; what cannot be read is what its member knows. Raises StoreFailure where that
    is one of `must`."""
    # The resolve of another group's alert stands under a key of its own.
    about = {key: key_of(members[key].alert.state_key) for key in keys if is_resolve(members.get(key))}
    missing = [about.get(key, key) for key in keys if key not in known]
    try:
        items = {**known, **tried(lambda: alerts.get_alerts(missing), StoreFailure)} if missing else known
        items = {**items, **{key: items[one] for key, one in about.items() if one in items}}
    except StoreFailure:
        if not must.isdisjoint(missing):
            raise
        items = known
    found = {key: _marked(items[key]) for key in keys if key in items}
    return {key: found.get(key) or _from_member(members[key]) for key in keys if key in found or key in members}


def _marked(item: AlertItem) -> Alert:
    """Marks a resolve that came from elsewhere than its alert: it may be forged, and the message says so."""
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
    over = is_resolve(member)
    name = member.name.removeprefix(RESOLVED) if over else member.name
    resolved = over or member.status == "resolved"
    return Alert(
        labels={**member.alert.labels, "alertname": name} if over else member.alert.labels,
        annotations={"summary": f"{name} (its details could not be read)"},
        status="resolved" if resolved else "firing",
        kind="event" if member.status == "event" and not over else "alert",
        starts_at=member.alert.starts_at,
        ends_at=clock_of(member.order_key) if over else member.at if resolved else None,
        updated_at=None,
        source="raw",
        fingerprint=member.alert.fingerprint,
        state_key=member.alert.state_key,
    )


def is_resolve(member: Member | None) -> bool:
    """Returns whether it is the resolve of another group's alert, in a storm's digest."""
    if member is None or member.status != "event":
        return False
    return member.key == resolve_key(member.alert.state_key, member.order_key)


def without_query(alert: Alert) -> Alert:
    """Returns the alert without what only the drawing of its chart needs."""
    if ANNOTATION not in alert.annotations:
        return alert
    return replace(alert, annotations={k: v for k, v in alert.annotations.items() if k != ANNOTATION})


def _with_acknowledged(alert: Alert, by: Acknowledgement | None, now: datetime) -> Alert:
    if by is None:
        kept = {name: text for name, text in alert.annotations.items() if name != ACKNOWLEDGED}
        return alert if ACKNOWLEDGED not in alert.annotations else replace(alert, annotations=kept)
    text = f"by {by.by} at {clock(by.at, now)}" + (f": {by.comment}" if by.comment else "")
    return replace(alert, annotations={**alert.annotations, ACKNOWLEDGED: text})


def _with_verdict(alert: Alert, verdict: AnomalyVerdict | None, now: datetime) -> Alert:
    kept = {name: text for name, text in alert.annotations.items() if name != VERDICT}  # no source may write it
    if verdict:
        at = clock(datetime.fromtimestamp(verdict.at, UTC), now)
        kept[VERDICT] = f"{'helpful' if verdict.helpful else 'not helpful'}, by {one_line(verdict.by)} at {at}"
    return alert if kept == alert.annotations else replace(alert, annotations=kept)


def with_silenced(alert: Alert, mute: Mute | None, silences: Sequence[Silence], now: datetime) -> Alert:
    """Returns an alert that was notified before it was silenced, with until when, by whom and why."""
    if mute is None or mute.reason != Reason.SILENCED or mute.until is None or alert.status == "resolved":
        return alert
    found = next((one for one in silences if mute.detail.startswith(f"{one.id}:")), None)
    by = f" by {one_line(found.created_by)}" if found and found.created_by.strip() else ""
    why = f": {one_line(found.comment)}" if found and found.comment.strip() else ""
    return replace(alert, annotations={**alert.annotations, SILENCED: f"until {clock(mute.until, now)}{by}{why}"})


def as_notified(
    alert: Alert,
    facts: Facts,
    *,
    resolved: bool,
    now: datetime,
    acknowledged: Acknowledgement | None = None,
) -> Alert:
    """Returns the alert as the message shows it: resolved where the ledger decided so, since the item may already hold
    a later update. What the anomaly-scorer finds unusual of the same service, the error budget of its objective, and
    what a person said of it, stand beside what the alert has itself."""
    alert = _with_acknowledged(with_budget(without_query(alert), facts.context.budgets, now=now), acknowledged, now)
    alert = _with_verdict(alert, verdict_on(alert.fingerprint, alert.starts_at, facts.context.verdicts), now)
    if facts.context.anomalies and alert.source != "anomaly" and alert.status != "resolved":
        notes = facts.context.anomalies.get(alert.labels.get("service", ""), ())
        texts = [f"{n.text} (score {n.score:.3f})" + (f" {n.link}" if n.link else "") for n in notes[:ANOMALIES]]
        if texts:
            alert = replace(alert, annotations={**alert.annotations, "also_unusual": "\n".join(texts)})
    if not resolved:
        fires = alert.status == "firing" and alert.ends_at is None
        return alert if fires else replace(alert, status="firing", ends_at=None)
    return alert if alert.status == "resolved" else replace(alert, status="resolved", ends_at=alert.ends_at or now)
