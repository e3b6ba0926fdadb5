"""Alerts that the ledger does not name, although they may have been announced: while table and queue failed, or before
the table was lost. They are resolved all the same.

PagerDuty resolves by a key that the route alone gives, and drops one of an unknown key without a sound: it is asked to
resolve whatever the ledger does not account for, so that the OK of an alarm that was just created reaches nobody. Other
channels are notified of a resolve only where the alert surely fired, and may have been announced:

- its source says that it fired, and the table knows no group of it, ten minutes later either: the table was lost. The
  resolve comes again, since it may have overtaken its firing only;
- its firing came late, so that an earlier try may have notified it while neither table nor queue could record that.
"""

from __future__ import annotations

from alertrelay.alert import Alert, Integration, Labels
from alertrelay.config.model import Config
from alertrelay.groups.joining import Joining, Update
from alertrelay.nflog.group_state import GroupHeader, Member
from alertrelay.nflog.ledger import Ledger, merged

_ALARMS = frozenset({"cloudwatch", "eventbridge", "cloudwatch-direct"})
"""Sources whose first update of an alert may be its OK; all others resolve only what fired."""


def unknown_resolves(joining: Joining, header: GroupHeader | None, config: Config) -> tuple[Ledger, frozenset[str]]:
    """Returns what the alerts of the updates may still be open as, and their keys; empty where the ledger, or the
    group's next flush, accounts for all of them."""
    known, ledger, keys = header or joining.header, Ledger(), set[str]()
    if known is None or (header is not None and header.ledger is None):
        return ledger, frozenset()
    integration = known.identity.integration
    before = {member.key: member for member in joining.replaced} | joining.repeated
    overtaken = [update for update in joining.doubted if not update.resolved]
    for update in (*(update for update in joining.updates if update.resolved), *overtaken):
        found = _may_be_open(update, before.get(update.key), joining, header, config, integration)
        if found.open:
            ledger, keys = merged(ledger, found), keys | {update.key}
    return ledger, frozenset(keys)


def resolves_by_key(config: Config, integration: Integration, labels: Labels) -> bool:
    """Returns whether an alert of these labels may be open under a key that the route alone gives."""
    return resolves_by_own_key(config, integration) or bool(_pagers(config, integration, labels))


def resolves_by_own_key(config: Config, integration: Integration) -> bool:
    """Returns whether the integration resolves by a key that the route alone gives."""
    receiver = config.receiver(integration.receiver)
    found = (one for one in (receiver.targets if receiver else ()) if one.integration == integration)
    return any(one.settings.resolves_by_key for one in found)


def fired_before(alert: Alert) -> bool:
    """Returns whether a resolve says that its alert fired: an alarm's OK also follows its creation, and its lack of
    data."""
    return alert.source not in _ALARMS or alert.annotations.get("previous_state") == "ALARM"


def _may_be_open(
    update: Update,
    before: Member | None,
    joining: Joining,
    header: GroupHeader | None,
    config: Config,
    integration: Integration,
) -> Ledger:
    """Returns the ledger that names the alert where it may be open: on the group's own channel, and as a fallback's
    page, which PagerDuty makes for severity critical only. `before`: what stood in the group for it until now, or
    stands there where the update came before."""
    known, key = (header.ledger if header else None) or Ledger(), update.key
    doubted = any(one.key == key for one in joining.doubted)
    if (before is not None and before.alert.late) or not update.resolved:
        own, paged = True, True
    else:
        repeated, seen = key in joining.repeated, _seen(before, header)
        accounted = _accounted_for(update, before, header, repeated=repeated)
        died = repeated and not seen and header is not None and header.progress.uncertain
        own = doubted and update.settled if not resolves_by_own_key(config, integration) else not accounted
        paged = died or not accounted or (doubted and not (repeated and seen))
    own = own and key not in known.firing | known.storm
    paged = paged and key not in known.fallback_firing | known.fallback_unsure
    keys, none = frozenset({key}), frozenset[str]()
    pagers = _pagers(config, integration, update.alert.labels) if paged else none
    here = keys if own else none
    return Ledger(firing=here, unsure=here, fallback_unsure=keys if pagers else none, fallbacks=pagers)


def _pagers(config: Config, integration: Integration, labels: Labels) -> frozenset[str]:
    if labels.get("severity") != "critical":
        return frozenset()
    names = {name for stage in config.fallbacks.get(integration.receiver, ()) for name in stage}
    receivers = [receiver for receiver in map(config.receiver, sorted(names)) if receiver]
    pages = [one.integration for each in receivers for one in each.targets if one.settings.resolves_by_key]
    return frozenset(str(one) for one in pages if one != integration)


def _accounted_for(update: Update, before: Member | None, header: GroupHeader | None, *, repeated: bool) -> bool:
    """Returns whether the ledger names the alert, or the group knew of its firing and accounts for it itself."""
    if header is None or header.ledger is None:
        return False
    ledger, schedule = header.ledger, header.schedule
    if update.key in ledger.firing | ledger.fallback_firing | ledger.fallback_unsure | ledger.storm:
        return True
    knew_firing = before is not None and before.status == "firing"
    if _seen(before, header) and (repeated or knew_firing):
        return True
    if schedule.next_due is None:
        return False
    # Armed: what is open on the group's key is resolved with the group, and what fires may still be announced there.
    return ledger.open or header.progress.recorded_at is None or knew_firing


def _seen(before: Member | None, header: GroupHeader | None) -> bool:
    """Returns whether a flush has recorded since the member came."""
    recorded_at = header.progress.recorded_at if header else None
    return before is not None and recorded_at is not None and before.at <= recorded_at
