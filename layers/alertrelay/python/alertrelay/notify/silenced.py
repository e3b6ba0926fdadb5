"""Shows in a message that can be edited that its alerts are silenced since, or no longer, and by whom: an edit notifies
nobody. Other messages show it when they are sent next."""

from __future__ import annotations

from dataclasses import replace

from alertrelay.config.model import Target
from alertrelay.notification import Reason
from alertrelay.notify.announce import OWN_BUDGET
from alertrelay.notify.announced import Announced
from alertrelay.notify.compose import Content
from alertrelay.notify.deliver import Delivery
from alertrelay.notify.fallback import Fallbacks
from alertrelay.policy.matchers import matches
from alertrelay.ports import Telemetry


def show_silenced(
    content: Content, announced: Announced, *, target: Target | None, fallbacks: Fallbacks, telemetry: Telemetry
) -> Announced:
    """Edits the message where somebody made, changed or ended a silence of an open alert since the last record. It is
    tried once: nothing depends on it."""
    ledger, recorded_at = announced.ledger, content.group.progress.recorded_at
    sent = announced.attempts and announced.attempts[0].receipt
    if target is None or recorded_at is None or sent or not fallbacks.courier.edits(target):
        return announced
    earlier = ledger.receipts.get(str(target.integration))
    changed = [one for one in content.facts.silences if one.updated_at > recorded_at]
    open_ = [content.members[key].alert.labels for key in content.decision.view.open if key in content.members]
    concerned = any(matches(sets, labels) for one in changed for sets in one.matchers for labels in open_)
    if earlier is None or not concerned:
        return announced
    message = fallbacks.writer.notification(content, Reason.SILENCED, resolved=frozenset(), news=frozenset())
    delivery = Delivery(target=target, notification=message, send_by=fallbacks.send_by, within=OWN_BUDGET)
    attempt = fallbacks.courier.attempt(replace(delivery, earlier=earlier, edit=True, once=True))
    telemetry.log("silence_shown", gid=content.gid, at=[str(target.integration)] if attempt.receipt else [])
    return announced
