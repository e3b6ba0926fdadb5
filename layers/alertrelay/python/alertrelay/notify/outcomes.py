"""One recorded outcome for every (alert update, integration), from what a flush did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alertrelay.alert import Integration, Status
from alertrelay.notification import Outcome, OutcomeName, Reason
from alertrelay.notify.compose import Group
from alertrelay.notify.deliver import Attempt
from alertrelay.policy.group_key import clock_of


def suppressed(group: Group, keys: Iterable[str], reason: Reason) -> list[Outcome]:
    """Updates of a group that nobody is told of, for a named reason."""
    return [_of_key(group, key, group.header.integration, "suppressed", reason, ended=True) for key in sorted(keys)]


def repeated(group: Group, keys: Iterable[str], reason: Reason) -> list[Outcome]:
    """Firing updates of a group that nobody is told of, for a named reason."""
    return [_of_key(group, key, group.header.integration, "suppressed", reason, ended=False) for key in sorted(keys)]


def unheard_of(group: Group) -> list[Outcome]:
    """Ends of alerts that the own channel had not heard of, and firings that ended of themselves before it did."""
    decision, own, reason = group.decision, group.header.integration, Reason.RESOLVED_EARLY
    return [
        _of_key(group, key, own, "suppressed", reason, ended=ended)
        for keys, ended in ((decision.lapsed, False), (decision.unheard, True))
        for key in sorted(keys)
    ]


def muted(group: Group) -> list[Outcome]:
    """Alerts that came since the last record and are kept from people, with what keeps them."""
    own = group.header.integration
    return [
        _of_key(group, key, own, "suppressed", mute.reason, detail=mute.detail, ended=False)
        for key, mute in sorted(group.decision.muted.items())
    ]


def waiting(group: Group, keys: Iterable[str], reason: Reason) -> list[Outcome]:
    """Updates that are told by a later message, for a named reason."""
    return [_of_key(group, key, group.header.integration, "pending", reason, ended=False) for key in sorted(keys)]


def of_own(group: Group, own: Attempt, *, keys: Sequence[str], reason: Reason, notification_id: str) -> list[Outcome]:
    """The updates that one message to the group's own channel told, or did not: the first stands for the message, the
    others are merged into it."""
    gone = group.decision.own_gone
    if own.receipt is None:
        text = own.failure.text if own.failure else ""
        return [
            _of_key(group, key, own.integration, "pending", Reason.CHANNEL_FAILED, own, text, ended=key in gone)
            for key in keys
        ]
    return [
        _of_key(
            group,
            key,
            own.integration,
            "delivered" if place == 0 else "merged",
            reason if place == 0 else Reason.MERGED,
            own,
            ended=key in gone,
            notification_id=notification_id,
        )
        for place, key in enumerate(keys)
    ]


def of_fallback(
    group: Group, reached: Attempt, *, keys: Sequence[str], reason: Reason, detail: str, ended: bool
) -> list[Outcome]:
    """The updates that one fallback message told."""
    return [
        _of_key(
            group,
            key,
            reached.integration,
            "fallback" if place == 0 else "merged",
            reason if place == 0 else Reason.MERGED,
            reached,
            detail,
            ended=ended,
            fallback_for=str(group.header.integration),
            notification_id=reached.notification_id,
        )
        for place, key in enumerate(keys)
    ]


def _of_key(
    group: Group,
    key: str,
    integration: Integration,
    outcome: OutcomeName,
    reason: Reason,
    attempt: Attempt | None = None,
    detail: str = "",
    *,
    ended: bool,
    fallback_for: str = "",
    notification_id: str = "",
) -> Outcome:
    alert, member = group.alerts.get(key), group.members.get(key)
    status: Status = "resolved" if ended else "firing"
    latency = None
    if member and outcome in ("delivered", "fallback"):
        latency = max(0.0, (group.relay.clock.now() - clock_of(member.k)).total_seconds())
    return Outcome(
        alertname=member.name if member else alert.name if alert else "",
        fingerprint=member.fingerprint if member else alert.fingerprint if alert else "",
        state_key=member.state_key if member else alert.state_key if alert else key,
        status=status,
        receiver=integration.receiver,
        channel=integration.channel,
        outcome=outcome,
        reason=reason,
        detail=detail,
        attempts=attempt.attempts if attempt else 0,
        notification_id=notification_id,
        fallback_for=fallback_for,
        group_key=group.header.group_key,
        latency_seconds=latency,
    )
