"""Shows who is on an alert where it was notified, and what people said of an anomaly: a message that can be edited is,
and an incident is acknowledged.

Neither notifies anybody, and a channel that can do neither gets no message for it. An incident is a group's: it is
acknowledged once somebody is on each alert that it holds open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from alertrelay.config.model import Target
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Failed, Notification, Reason
from alertrelay.notify.announce import OWN_BUDGET
from alertrelay.notify.announced import Announced
from alertrelay.notify.compose import Content, fallback_key
from alertrelay.notify.deliver import Attempt, Delivery
from alertrelay.notify.fallback import Fallbacks
from alertrelay.policy.verdict import verdict_on
from alertrelay.ports import Permanent, Telemetry


def show_acknowledged(
    content: Content, announced: Announced, *, target: Target | None, fallbacks: Fallbacks, telemetry: Telemetry
) -> Announced:
    """Shows what has changed of who is on the alerts that are open here. What a channel does not take is tried again by
    the next flush."""
    ledger = announced.ledger
    here = acknowledged_here(content, ledger)
    # Of what it has just announced the own channel knows nothing yet, though its fallbacks may.
    fresh = here - (ledger.acknowledged - (content.decision.own.new if _has_sent(announced) else frozenset()))
    if content.decision.own.resolved - ledger.acknowledged:
        fresh = here  # nobody was on what has resolved: by now somebody may be on all that is left
    shown_as = _digest(content, ledger)
    if not fresh and shown_as == ledger.acknowledged_as:
        return announced
    shown = replace(announced, ledger=replace(ledger, acknowledged=here, acknowledged_as=shown_as))
    if not fresh and not ledger.acknowledged & content.decision.view.firing and not _verdicts(content, ledger):
        return shown  # it has resolved
    message = fallbacks.writer.notification(content, Reason.ACKNOWLEDGED, resolved=frozenset(), news=frozenset())
    attempts = [*_own(content, announced, message, fresh, target, fallbacks)]
    attempts += _on_fallbacks(content, ledger, message, fresh, fallbacks)
    if attempts:
        names = [str(one.integration) for one in attempts if one.receipt]
        telemetry.log("acknowledgement_shown", gid=content.gid, alerts=len(here), at=names)
    missed = [one for one in attempts if one.receipt is None and not isinstance(one.failure, Permanent)]
    return announced if missed else shown


def acknowledged_here(content: Content, ledger: Ledger) -> frozenset[str]:
    """Returns the keys of alerts that are open here, fire, and have somebody on them."""
    open_ = (ledger.firing | ledger.fallback_firing) & content.decision.view.firing
    return frozenset(key for key in open_ if content.acknowledged(key))


def is_shown(content: Content, ledger: Ledger) -> bool:
    """Returns whether everybody sees who is on the alerts that are open here."""
    return ledger.acknowledged_as == _digest(content, ledger)


def _verdicts(content: Content, ledger: Ledger) -> list[tuple[str, str, str]]:
    """Returns what people said of the anomalies that are open here."""
    open_ = (ledger.firing | ledger.fallback_firing) & content.decision.view.firing
    found = list[tuple[str, str, str]]()
    for key in sorted(open_) if content.facts.context.verdicts else ():
        if (member := content.members.get(key)) is None:
            continue
        brief = member.alert
        if said := verdict_on(brief.fingerprint, brief.starts_at, content.facts.context.verdicts):
            found.append((key, said.by, str(said.helpful)))
    return found


def _digest(content: Content, ledger: Ledger) -> str:
    """Returns a digest of who is on the alerts that are open here, of what stands behind it (a note comes later), and
    of what people said of them."""
    keys = acknowledged_here(content, ledger)
    found = [(key, by.by, by.comment) for key in sorted(keys) if (by := content.acknowledged(key))]
    found += _verdicts(content, ledger)
    return hashlib.sha256(repr(found).encode("utf-8", "replace")).hexdigest()[:16] if found else ""


def _own(
    content: Content,
    announced: Announced,
    message: Notification,
    fresh: frozenset[str],
    target: Target | None,
    fallbacks: Fallbacks,
) -> Iterator[Attempt]:
    """Sends it to the own channel, unless a message of this flush shows it already."""
    ledger, courier = announced.ledger, fallbacks.courier
    if target is None or not ledger.firing:
        return
    by_event = target.settings.acknowledges
    earlier = ledger.receipts.get(str(target.integration))
    if by_event:
        wanted = _all_are_on(content, ledger.firing, fresh, message.dedup_key)
    else:
        wanted = earlier is not None and courier.edits(target) and not _has_sent(announced)
    if wanted:
        delivery = Delivery(target=target, notification=message, send_by=fallbacks.send_by, within=OWN_BUDGET)
        yield courier.attempt(replace(delivery, earlier=earlier, edit=not by_event, once=True))


def _has_sent(announced: Announced) -> bool:
    return bool(announced.attempts and announced.attempts[0].receipt)


def _on_fallbacks(
    content: Content, ledger: Ledger, message: Notification, fresh: frozenset[str], fallbacks: Fallbacks
) -> list[Attempt]:
    own, names = content.group.identity.integration, list[str]()
    for name in sorted(ledger.fallbacks) if ledger.fallback_firing else ():
        target = fallbacks.targets.named(name)
        if target is None:
            continue
        if target.settings.acknowledges:
            key = fallback_key(fallbacks.writer.site, name, content.gid)
            wanted = _all_are_on(content, ledger.fallback_firing, fresh, key)
        else:
            wanted = name in ledger.receipts and fallbacks.courier.edits(target)
        names += [name] if wanted else []
    failed = Failed(integration=own, text=f"{own.channel} has not taken it yet", attempts=0, seconds=0.0)
    return fallbacks.follow_up(names, message, ledger, failed=failed)


def _all_are_on(content: Content, open_: frozenset[str], fresh: frozenset[str], incident: str) -> bool:
    """Returns whether somebody is on every alert that an incident holds open, as its service does not know by
    itself."""
    on = [content.acknowledged(key) for key in open_ & content.decision.view.firing]
    news = [by for key in fresh & open_ if (by := content.acknowledged(key))]
    return bool(on) and all(on) and any(by.incident != incident for by in news)
