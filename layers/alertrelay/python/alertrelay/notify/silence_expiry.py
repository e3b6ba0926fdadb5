"""Announces the end of a silence over a critical alert that still fires, so that it is no surprise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from alertrelay.alert import Alert, fingerprint, rfc3339, severity_rank
from alertrelay.channels import channel
from alertrelay.config.durations import ALERT_KEPT
from alertrelay.config.escalation import Tier
from alertrelay.groups.insert import member_of
from alertrelay.groups.joining import Update
from alertrelay.nflog.decision import Mute
from alertrelay.nflog.group_state import AlertItem, GroupState, Member
from alertrelay.notify.lease import Timing
from alertrelay.notify.mute import SILENCE_ENDS
from alertrelay.policy.group_key import key_of, order_of
from alertrelay.state import Alerts, Groups, StoreFailure

FLUSHES = 2
"""How many flushes of the group before the end: at least one of them is in time."""


def warn_of_silence_expiry(
    gid: str,
    group: GroupState,
    members: Sequence[Member],
    mutes: Mapping[str, Mute],
    *,
    timing: Timing,
    alerts: Alerts,
    groups: Groups,
    now: datetime,
    log: Callable[..., None],
    tiers: Mapping[str, Tier],
) -> Sequence[Member]:
    """Returns the members with an event for each silence that ends soon; once a group, and not on PagerDuty, which
    would page for it, nor at a tier of an escalation. A table that fails here only costs the warning."""
    if channel(group.identity.integration.channel).pages or group.identity.route_id in tiers:
        return members
    soon = now + FLUSHES * timedelta(seconds=timing.group_interval)
    found = list(members)
    known = group.ledger.events | {member.key for member in members}
    for member in members:
        mute = mutes.get(member.key)
        if mute is None or mute.until is None or mute.until > soon or member.alert.labels.get("severity") != "critical":
            continue
        alert = _event(member, mute, mute.until, now)
        key = key_of(alert.state_key)
        if key in known:
            continue
        update = Update(alert=alert, key=key, order_key=order_of(alert, received=now, index=0))
        event = member_of(update, now)
        try:
            alerts.put_alert(_item(update, now), groups=[gid])
            groups.put_member(gid, event)
        except StoreFailure as failure:
            log("silence_end_not_told", failure=str(failure))
            return found
        found.append(event)
        known |= {key}
    return found


def _item(update: Update, now: datetime) -> AlertItem:
    return AlertItem(
        key=update.key,
        order_key=update.order_key,
        rank=severity_rank(update.alert.labels),
        alert=update.alert,
        expires=now + ALERT_KEPT,
    )


def _event(member: Member, mute: Mute, until: datetime, now: datetime) -> Alert:
    labels = {**member.alert.labels, "alertname": SILENCE_ENDS, "severity": "warning"}
    summary = f"The silence of {member.name} ends at {until:%H:%M} UTC, and it still fires"
    description = f"Silence {mute.detail}. If it shall go on, prolong it: alertrelay silence add --id."
    return Alert(
        labels=labels,
        annotations={"summary": summary, "description": description},
        status="firing",
        kind="event",
        starts_at=now,
        ends_at=None,
        updated_at=now,
        source="raw",
        fingerprint=fingerprint(labels),
        state_key=f"silence-end:{mute.detail.partition(':')[0]}:{rfc3339(until)}",
    )
