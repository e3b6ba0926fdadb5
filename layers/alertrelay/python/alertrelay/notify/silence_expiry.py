"""A silence about to end over a critical alert that still fires is announced, so that its end is no surprise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from alertrelay.alert import Alert, fingerprint, rfc3339, severity_rank
from alertrelay.channels import channel
from alertrelay.config.model import Route
from alertrelay.groups.insert import Update, member_of
from alertrelay.nflog.dedup import Mute
from alertrelay.nflog.ledger import AlertItem, Header, Member
from alertrelay.notify.mute import SILENCE_ENDS
from alertrelay.policy.group_key import key_of, order_of
from alertrelay.ports import Relay, StoreFailure

KEPT = timedelta(days=30)
LOOKS = 2
"""How many looks at the group before the end: at least one of them is in time."""


def warn(
    relay: Relay, gid: str, route: Route, header: Header, members: Sequence[Member], mutes: Mapping[str, Mute]
) -> list[Member]:
    """The members with an event for each silence that ends soon; said once a group, and not on PagerDuty, which would
    page for it. A table that fails here only costs the warning."""
    now = relay.clock.now()
    soon = now + LOOKS * timedelta(seconds=route.group_interval)
    found = list(members)
    known = header.ledger.events | {member.key for member in members}
    if channel(header.integration.channel).pages:
        return found
    for member in members:
        mute = mutes.get(member.key)
        if mute is None or mute.until is None or mute.until > soon or member.labels.get("severity") != "critical":
            continue
        alert = _event(member, mute, mute.until, now)
        key = key_of(alert.state_key)
        if key in known:
            continue
        update = Update(alert=alert, key=key, k=order_of(alert, received=now, index=0))
        rank = severity_rank(alert.labels)
        item = AlertItem(key=key, k=update.k, rank=rank, alert=alert, expires=now + KEPT)
        try:
            relay.store.put_alert(item, homes=[gid])
            event = member_of(relay, update)
            relay.store.put_member(gid, event)
        except StoreFailure as failure:
            relay.log("silence_end_not_told", failure=str(failure))
            return found
        found.append(event)
        known |= {key}
    return found


def _event(member: Member, mute: Mute, until: datetime, now: datetime) -> Alert:
    labels = {**member.labels, "alertname": SILENCE_ENDS, "severity": "warning"}
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
