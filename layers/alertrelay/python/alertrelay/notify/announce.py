"""Notifies about a group: its own channel, and the fallbacks where that fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alertrelay.alert import Integration
from alertrelay.channels import channel
from alertrelay.config.model import Target
from alertrelay.groups.reroute import DIGEST
from alertrelay.nflog.behind import OWN
from alertrelay.nflog.decision import Decision, without_refusals, without_resolves
from alertrelay.nflog.ledger import Ledger
from alertrelay.nflog.notified import left_behind, notified_own
from alertrelay.nflog.together import all_together
from alertrelay.notification import Notification, Outcome, Reason, Receipt
from alertrelay.notify.announced import Announced
from alertrelay.notify.compose import Content
from alertrelay.notify.deliver import Attempt, Courier, Delivery
from alertrelay.notify.fallback import Fallbacks, HeldAt, fall_back, receipts_with
from alertrelay.notify.follow_up import answered, reached_again
from alertrelay.notify.held import Destinations
from alertrelay.notify.outcomes import Reporter
from alertrelay.notify.recipients import narrowed
from alertrelay.notify.takeover import taking_over, unsent
from alertrelay.ports import Permanent, SelfAlert, Telemetry

OWN_BUDGET = 10.0
"""Seconds for the group's own channel; what is left of the invocation belongs to its fallbacks."""
FOR_FALLBACKS = timedelta(seconds=6)
"""Kept for the fallbacks of every group, however long the channel lets us wait."""


def settle_unnotified(
    content: Content, *, target: Target | None, courier: Courier, reporter: Reporter, reported: frozenset[str]
) -> tuple[Content, Announced]:
    """Accounts for what needs no notification. Where the channel is to hear of no resolve, what has resolved leaves the
    decision; PagerDuty always hears of it, and a message that can be edited is edited, whatever send_resolved says."""
    left_out: Sequence[Outcome] = ()
    outcomes = reporter.unnotified(content, but=reported)
    if content.decision.reason is None:
        content = replace(content, decision=without_refusals(content.decision))
    if target and not (target.send_resolved or channel(target.integration.channel).pages or courier.edits(target)):
        left_out = reporter.suppressed(content, content.decision.own.resolved, Reason.SEND_RESOLVED_FALSE)
        content = replace(content, decision=without_resolves(content.decision))
    return content, Announced(ledger=content.decision.ledger, outcomes=(*outcomes, *left_out))


def deliver_or_fall_back(
    content: Content,
    announced: Announced,
    digested: bool,
    *,
    target: Target | None,
    courier: Courier,
    fallbacks: Fallbacks,
    reporter: Reporter,
    telemetry: Telemetry,
    held: HeldAt,
    places: Destinations,
) -> Announced:
    """Notifies the own channel, and its fallbacks where that fails."""
    decision, own = content.decision, content.decision.own
    if digested or not decision.reason:
        return announced
    news = own.new | own.events | own.settled
    message = fallbacks.writer.notification(content, decision.reason, resolved=own.resolved, news=news)
    if target is None:
        removed = _receiver_removed(content.group.identity.integration, message, telemetry)
        return _failed(content, announced, removed, message, fallbacks, reporter, held, known=False)
    if content.group.ledger.behind and not fallbacks.intend(frozenset({OWN})):
        return announced  # the lease is lost
    about = {key: content.members[key].alert.labels for key in news if key in content.members}
    # Where a fallback has announced it already, nobody has acknowledged it: a tier is notified anew.
    heard = {} if message.tier else places.served(target, about)
    message, earlier = taking_over(heard, message, decision.ledger, target)
    if heard and news <= set(heard) and not own.repeats:
        edits = channel(target.integration.channel).pages or (earlier and courier.edits(target))
        if own.events or not (own.resolved or edits):
            return _merged(content, announced, message, earlier or Receipt(integration=target.integration), reporter)
        news = frozenset()
    # News and a repeat are posted, since an edit notifies nobody; a resolve edits the first message where it can.
    edit = earlier is not None and not (news or own.repeats) and courier.edits(target)
    attempt = courier.attempt(_delivery(target, message, decision, fallbacks, earlier, edit=edit))
    if attempt.delivered:
        return _delivered(content, announced, attempt, message, fallbacks, reporter)
    if attempt.receipt:
        return _missed_on_call(content, announced, attempt, message, fallbacks, reporter, held)
    return _failed(content, announced, attempt, message, fallbacks, reporter, held, known=True)


def _delivery(
    target: Target,
    message: Notification,
    decision: Decision,
    fallbacks: Fallbacks,
    earlier: Receipt | None,
    *,
    edit: bool,
) -> Delivery:
    return Delivery(
        target=_caught_up(target, decision.ledger),
        notification=message,
        send_by=fallbacks.send_by - FOR_FALLBACKS if decision.fallback.new else fallbacks.send_by,
        within=OWN_BUDGET,
        earlier=earlier,
        edit=edit,
    )


def _merged(
    content: Content, announced: Announced, message: Notification, receipt: Receipt, reporter: Reporter
) -> Announced:
    """A message that cannot be edited would say again what a fallback said here: it counts as sent."""
    own = unsent(receipt)
    ledger = notified_own(content.decision)
    ledger = replace(
        ledger,
        receipts=receipts_with(ledger, [own]),
        fallbacks_owed=frozenset(),
        dedup_key=message.dedup_key if ledger.firing else "",
    )
    outcomes = reporter.of_own(content, own, keys=_subjects(content), reason=message.reason)
    merged = [replace(outcome, outcome="merged", reason=Reason.MERGED) for outcome in outcomes]
    return replace(announced, ledger=ledger, outcomes=(*announced.outcomes, *merged), attempts=(own,), sent=True)


def _delivered(
    content: Content,
    announced: Announced,
    own: Attempt,
    message: Notification,
    fallbacks: Fallbacks,
    reporter: Reporter,
) -> Announced:
    decision = content.decision
    ledger = _taken(content, own, message, fallbacks.courier.clock.now(), owed=frozenset())
    # What has resolved there is the same message's news; see resolve_fallbacks.
    if reached_again(content) and not decision.fallback.resolved:
        note = replace(message, reason=Reason.REACHED_AGAIN)
        # Once, whatever comes of it: nothing depends on this note.
        fallbacks.follow_up(decision.ledger.fallbacks, note, decision.ledger, failed=answered(own))
    outcomes = reporter.of_own(content, own, keys=_subjects(content), reason=message.reason)
    return replace(announced, ledger=ledger, outcomes=(*announced.outcomes, *outcomes), attempts=(own,), sent=True)


def _caught_up(target: Target, ledger: Ledger) -> Target:
    """Returns the target without those who are behind, or who have refused this message for good."""
    names = frozenset(target.settings.recipients) - frozenset(ledger.behind)
    left = names - ledger.refused or names
    return narrowed(target, left) if left else target


def _taken(content: Content, own: Attempt, message: Notification, now: datetime, *, owed: frozenset[str]) -> Ledger:
    """Returns the ledger once the own channel took the message, with those behind who did not for now; `owed`: the
    fallbacks that are tried on."""
    decision = content.decision
    ledger = notified_own(decision)
    ledger = replace(
        ledger,
        receipts=receipts_with(ledger, [own]),
        refused=frozenset(),
        fallbacks_owed=owed,
        dedup_key=message.dedup_key if ledger.firing else "",
        digests=ledger.digests + (content.group.identity.route_id == DIGEST),
    )
    return left_behind(ledger, decision, own.recipients.deferred, certain=own.certain, now=now)


def _missed_on_call(
    content: Content,
    announced: Announced,
    own: Attempt,
    message: Notification,
    fallbacks: Fallbacks,
    reporter: Reporter,
    held: HeldAt,
) -> Announced:
    """Some took it, but not everybody who is on call: the fallbacks are notified, and nobody twice on the own channel.
    Who refused it for good is tried again only where no fallback took it."""
    now = fallbacks.courier.clock.now()
    subjects = _subjects(content)
    news = [key for key in subjects if key in content.decision.fallback.new]
    taken = _taken(content, own, message, now, owed=content.decision.ledger.fallbacks_owed)
    ledger, tried, outcomes = fall_back(content, taken, own, message, news, fallbacks, reporter, held)
    if news and not tried.reached:
        ledger = left_behind(ledger, content.decision, own.missed, certain=own.certain, now=now)
    waits = bool(own.missed & frozenset(ledger.behind))
    owns = reporter.of_own(content, replace(own, receipt=None) if waits else own, keys=subjects, reason=message.reason)
    return replace(
        announced,
        ledger=ledger,
        outcomes=(*announced.outcomes, *owns, *outcomes),
        attempts=(own, *tried.attempts),
        sent=True,
    )


def _receiver_removed(integration: Integration, message: Notification, telemetry: Telemetry) -> Attempt:
    """A deploy removed the receiver while its group was open: reported to ops, and what fires goes to the last
    resort."""
    text = f"{integration} is no longer in the configuration"
    said = f"{text}, but alerts that it announced are still open."
    telemetry.alert_ops(SelfAlert(name="ReceiverGone", text=said, cause=str(integration)))
    return Attempt(
        integration=integration,
        notification_id=message.id,
        receipt=None,
        failure=Permanent(text),
        attempts=0,
        seconds=0.0,
        certain=True,
    )


def _failed(
    content: Content,
    announced: Announced,
    own: Attempt,
    message: Notification,
    fallbacks: Fallbacks,
    reporter: Reporter,
    held: HeldAt,
    *,
    known: bool,
) -> Announced:
    """`known`: the configuration still has the receiver."""
    decision, subjects = content.decision, _subjects(content)
    news = [key for key in subjects if key in decision.fallback.new]
    refused = announced.ledger.refused | frozenset(own.recipients.refused)
    before = replace(announced.ledger, refused=refused)
    if not own.certain:  # it may have reached all but those behind: all are notified once more
        before = all_together(before)
    ledger, tried, fallback_outcomes = fall_back(content, before, own, message, news, fallbacks, reporter, held)
    reached = tried.reached
    over = not known and bool(reached or not news)
    if over:
        # Nobody can resolve it there, and its alerts were notified elsewhere: this group has nothing left to do.
        ledger = replace(ledger, firing=notified_own(decision).firing, unsure=frozenset())
    settled = decision.own.events & decision.fallback.new if reached else frozenset()
    owing = [key for key in subjects if key not in settled]
    outcomes = reporter.of_own(content, own, keys=owing, reason=message.reason)
    if not known:
        outcomes = [replace(o, outcome="failed", reason=Reason.RECEIVER_GONE) for o in outcomes]
    return replace(
        announced,
        ledger=ledger,
        outcomes=(*announced.outcomes, *outcomes, *fallback_outcomes),
        attempts=(own, *tried.attempts),
        sent=bool(reached),
        unfinished=bool(owing) and not over,
    )


def _subjects(content: Content) -> Sequence[str]:
    """Returns the keys that a message to the own channel is about, in the order of showing. A repeat is about no
    update: its first alert stands for it."""
    decision, own = content.decision, content.decision.own
    if decision.reason == Reason.REPEAT:
        return [key for key in content.alerts if key in decision.view.shown][:1]
    about = own.new | own.events | own.resolved | own.settled
    return [*(k for k in content.alerts if k in about), *sorted(about - set(content.alerts))]
