"""Resolves of alerts that the ledger does not name, although they may have been announced: while table and queue
failed, or before the table was lost.

They are sent where the channel resolves by a key that the route alone gives, that is to PagerDuty, which drops one of
an unknown key without a sound: the OK of an alarm that was just created reaches nobody. Other channels stay quiet.
"""

from __future__ import annotations

from alertrelay.alert import Integration, Labels
from alertrelay.config.model import Config
from alertrelay.groups.joining import Joining, Update
from alertrelay.nflog.group_state import GroupHeader, Member
from alertrelay.nflog.ledger import Ledger, merged


def unknown_resolves(joining: Joining, header: GroupHeader | None, config: Config) -> tuple[Ledger, frozenset[str]]:
    """Returns what the resolves among the updates may still be open as, and their keys; empty where the ledger, or the
    group's next flush, accounts for all of them."""
    known, ledger, keys = header or joining.header, Ledger(), set[str]()
    if known is None or (header is not None and header.ledger is None):
        return ledger, frozenset()
    before = {member.key: member for member in joining.replaced} | joining.repeated
    for update in joining.updates:
        repeated = update.key in joining.repeated
        if update.resolved and not _accounted_for(update, before.get(update.key), header, repeated=repeated):
            found = _open_by_key(config, known.identity.integration, update.alert.labels, update.key)
            if found.open:
                ledger, keys = merged(ledger, found), keys | {update.key}
    return ledger, frozenset(keys)


def resolves_by_key(config: Config, integration: Integration, labels: Labels) -> bool:
    """Returns whether an alert of these labels may be open under a key that the route alone gives."""
    return _open_by_key(config, integration, labels, "").open


def _open_by_key(config: Config, integration: Integration, labels: Labels, key: str) -> Ledger:
    """As the group's own channel, and as its fallbacks, which PagerDuty is for severity critical only."""
    keys = frozenset({key})
    receiver = config.receiver(integration.receiver)
    keyed = [one.integration for one in (receiver.targets if receiver else ()) if one.settings.resolves_by_key]
    own = keys if integration in keyed else frozenset[str]()
    pagers: frozenset[str] = frozenset()
    if labels.get("severity") == "critical":
        names = {name for stage in config.fallbacks.get(integration.receiver, ()) for name in stage}
        receivers = [receiver for receiver in map(config.receiver, sorted(names)) if receiver]
        pages = [one.integration for each in receivers for one in each.targets if one.settings.resolves_by_key]
        pagers = frozenset(str(one) for one in pages if one != integration)
    return Ledger(firing=own, unsure=own, fallback_unsure=keys if pagers else frozenset(), fallbacks=pagers)


def _accounted_for(update: Update, before: Member | None, header: GroupHeader | None, *, repeated: bool) -> bool:
    """Returns whether the ledger names the alert, or the group knew of its firing and accounts for it itself. `before`:
    what stood in the group for it until now, or stands there where the update came before."""
    if header is None or header.ledger is None:
        return False
    ledger, schedule, recorded_at = header.ledger, header.schedule, header.progress.recorded_at
    if update.key in ledger.firing | ledger.fallback_firing | ledger.fallback_unsure | ledger.storm:
        return True
    seen = before is not None and recorded_at is not None and before.at <= recorded_at
    knew_firing = before is not None and before.status == "firing"
    if seen and (repeated or knew_firing):
        return True
    if schedule.next_due is None:
        return False
    # Armed: what is open on the group's key is resolved with the group, and what fires may still be announced there.
    return ledger.open or recorded_at is None or knew_firing
