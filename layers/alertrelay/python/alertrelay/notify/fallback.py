"""The channels behind a channel: the order in which they are tried, and the promises made by telling them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from alertrelay.channels import channel
from alertrelay.config.model import Target
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Failed, Notification, Reason
from alertrelay.notify.compose import Group
from alertrelay.notify.deliver import Attempt, attempt
from alertrelay.policy.group_key import dedup_key
from alertrelay.ports import Relay

BUDGET = 6.0
"""Seconds for one channel of a stage."""


def fall_back(
    relay: Relay, own: Attempt, notification: Notification, *, gid: str, next_try_at: datetime, send_by: datetime
) -> list[Attempt]:
    """Tells the stages behind a receiver, in order, until one of them has delivered; the last resort comes last.

    A stage may name several receivers; each of its channels is tried. PagerDuty is told only of what is critical.
    Returns the attempts of the stage that delivered, or of all of them when every channel failed.
    """
    tried: list[Attempt] = []
    for stage in _stages(relay, own.integration.receiver):
        targets = [t for t in stage if t.integration != own.integration and _may_hear(t, notification)]
        attempts = [
            _tell(
                relay,
                target,
                replace(notification, reason=Reason.CHANNEL_FAILED, next_try_at=next_try_at),
                failed=own.failed,
                gid=gid,
                send_by=send_by,
            )
            for target in targets
        ]
        if any(a.receipt for a in attempts):
            return attempts
        tried += attempts
    return tried


def _stages(relay: Relay, receiver: str) -> Iterator[list[Target]]:
    for stage in relay.config.fallbacks.get(receiver, ()):
        found = (relay.config.receiver(name) for name in stage)
        yield [target for receiver_ in found if receiver_ for target in receiver_.targets]
    if relay.last_resort:
        yield [relay.last_resort]


def _may_hear(target: Target, notification: Notification) -> bool:
    return not channel(target.integration.channel).pages or notification.severity == "critical"


def _tell(
    relay: Relay,
    target: Target,
    notification: Notification,
    *,
    failed: Failed | None,
    gid: str,
    send_by: datetime,
    ledger: Ledger | None = None,
) -> Attempt:
    """One message to one fallback, of its own: its PagerDuty key is not the group's, since the fallback's own route
    may have opened an incident under that one."""
    earlier = ledger.receipts.get(str(target.integration)) if ledger else None
    message = replace(
        notification,
        id=relay.new_id(),
        integration=target.integration,
        dedup_key=dedup_key(relay.config.environment, relay.account, relay.region, str(target.integration), gid),
        failed=failed,
    )
    edit = earlier is not None and relay.senders[target.integration.channel].edits(target)
    return attempt(relay, target, message, send_by=send_by, within=BUDGET, earlier=earlier, edit=edit)


def tell_told(
    group: Group, names: Iterable[str], notification: Notification, ledger: Ledger, *, failed: Failed | None = None
) -> list[Attempt]:
    """A further message to channels that were told as fallbacks; where a channel can, its first one is changed.

    A channel that the configuration no longer has is left out.
    """
    known = {str(t.integration): t for t in _all_targets(group.relay)}
    return [
        _tell(
            group.relay,
            known[name],
            notification,
            failed=failed,
            gid=group.gid,
            send_by=group.send_by,
            ledger=ledger,
        )
        for name in sorted(names)
        if name in known
    ]


def _all_targets(relay: Relay) -> Iterator[Target]:
    for receiver in relay.config.receivers:
        yield from receiver.targets
    if relay.last_resort:
        yield relay.last_resort
