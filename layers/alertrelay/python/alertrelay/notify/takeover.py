"""Takes over what a fallback of another group announced at a group's own destination, and hands over what was taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alertrelay.config.model import Target
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Notification, Receipt
from alertrelay.notify.announced import Announced
from alertrelay.notify.compose import Content
from alertrelay.notify.deliver import Attempt
from alertrelay.notify.held import Beside, Destinations, Held
from alertrelay.notify.targets import Targets
from alertrelay.policy.group_key import key_of


def taking_over(
    heard: Mapping[str, Held], message: Notification, ledger: Ledger, target: Target
) -> tuple[Notification, Receipt | None]:
    """Returns the message under the incident, and the earlier message, that it continues: the group's own, else those
    that a fallback of another group opened here."""
    earlier = ledger.receipts.get(str(target.integration))
    theirs = next((one for one in heard.values() if one.dedup_key), None)
    if theirs and not ledger.dedup_key and earlier is None:
        key = theirs.dedup_key if target.settings.resolves_by_key else message.dedup_key
        return replace(message, dedup_key=key), theirs.receipt
    return message, earlier


def unsent(receipt: Receipt) -> Attempt:
    """Returns the attempt that stands for a message which a fallback sent here already."""
    return Attempt(
        integration=receipt.integration,
        notification_id="",
        receipt=receipt,
        failure=None,
        attempts=0,
        seconds=0.0,
        certain=True,
    )


def hand_over(
    content: Content, announced: Announced, *, targets: Targets, places: Destinations
) -> tuple[Announced, Beside]:
    """Leaves to the groups of a destination what they have taken over of this group's fallbacks there."""
    ledger = announced.ledger
    keys = ledger.fallback_firing | ledger.fallback_unsure
    about = {key: content.members[key].alert.labels for key in sorted(keys) if key in content.members}
    named = [target for name in sorted(ledger.fallbacks) if (target := targets.named(name))]
    found = places.shared(ledger, about, named)
    if not found.taken:
        return announced, found.beside
    receipts = {name: receipt for name, receipt in ledger.receipts.items() if name not in found.taken}
    ledger = replace(ledger, fallbacks=ledger.fallbacks - found.taken, receipts=receipts)
    return replace(announced, ledger=ledger), found.beside


def of_this_reader(message: Notification, open_: frozenset[str]) -> Notification:
    """Returns the message about what has resolved; of what else fires, this reader was notified only of what is open
    there by another group."""
    known = tuple(a for a in message.alerts if a.status == "resolved" or key_of(a.state_key) in open_)
    firing = sum(alert.status != "resolved" for alert in known)
    return replace(message, status="firing" if firing else "resolved", alerts=known, firing_count=firing)
