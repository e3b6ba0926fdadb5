"""The outcome of an update that is decided before any flush, by the alert or by what its group knew of it."""

from __future__ import annotations

from alertrelay.alert import Alert, Integration, rfc3339
from alertrelay.nflog.group_state import Member
from alertrelay.notification import Outcome, OutcomeName, Reason
from alertrelay.policy.group_key import clock_of


def of_alert(
    alert: Alert,
    outcome: OutcomeName,
    reason: Reason,
    *,
    receiver: str = "",
    integration: Integration | None = None,
    detail: str = "",
) -> Outcome:
    """Returns the outcome of an update decided before any flush: stale, a duplicate, unrouted, or waiting for its
    group."""
    return Outcome(
        alertname=alert.name,
        fingerprint=alert.fingerprint,
        state_key=alert.state_key,
        status=alert.status,
        receiver=integration.receiver if integration else receiver,
        channel=integration.channel if integration else None,
        outcome=outcome,
        reason=reason,
        detail=detail,
        starts_at="" if alert.status == "resolved" else rfc3339(alert.starts_at),
        ended_at=_ended(alert),
    )


def _ended(alert: Alert) -> str:
    ended = (alert.ends_at or alert.updated_at) if alert.status == "resolved" else None
    return rfc3339(ended) if ended else ""


def of_unknown_resolve(alert: Alert, integration: Integration, *, comes_again: bool) -> Outcome:
    """Returns the outcome of a resolve of which the table knows no firing, where it is not notified now: it waits for a
    firing that it may have overtaken, or nobody was notified of one."""
    if comes_again:
        return of_alert(alert, "pending", Reason.WAITING, integration=integration)
    return of_alert(alert, "suppressed", Reason.NOT_ANNOUNCED, integration=integration)


def of_member(member: Member, reason: Reason, integration: Integration | None) -> Outcome:
    """Returns the outcome of an update that is not notified, as its group knew it."""
    return Outcome(
        alertname=member.name,
        fingerprint=member.alert.fingerprint,
        state_key=member.alert.state_key,
        status="resolved" if member.status == "resolved" else "firing",
        receiver=integration.receiver if integration else "",
        channel=integration.channel if integration else None,
        outcome="suppressed",
        reason=reason,
        starts_at=rfc3339(member.alert.starts_at),
        ended_at=rfc3339(clock_of(member.order_key)) if member.status == "resolved" else "",
    )
