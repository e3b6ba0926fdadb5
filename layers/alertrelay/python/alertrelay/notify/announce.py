"""Notifies about a group: its own channel, the fallbacks where that fails, and the fallbacks that were notified
before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from alertrelay.alert import Integration
from alertrelay.channels import channel
from alertrelay.config.model import Config, Target
from alertrelay.groups.reroute import DIGEST
from alertrelay.nflog.behind import OWN, without_alerts
from alertrelay.nflog.dedup import (
    OwnChannel,
    left_behind,
    notified_own,
    without_refusals,
    without_resolves,
)
from alertrelay.nflog.ledger import Ledger
from alertrelay.nflog.together import all_together
from alertrelay.notification import Failed, Notification, Outcome, Reason
from alertrelay.notify.compose import Content
from alertrelay.notify.deliver import Attempt, Courier, Delivery
from alertrelay.notify.fallback import Fallbacks, HeldAt, fall_back, names_of, still_owed, with_receipts
from alertrelay.notify.held import held_open
from alertrelay.notify.outcomes import Reporter
from alertrelay.notify.rate_limit import Digests, RateLimiter, storm_is_over
from alertrelay.notify.recipients import narrowed
from alertrelay.notify.targets import Targets
from alertrelay.ports import Permanent, SelfAlert, Telemetry
from alertrelay.state import Groups, StoreFailure

OWN_BUDGET = 10.0
"""Seconds for the group's own channel; what is left of the invocation belongs to its fallbacks."""
FOR_FALLBACKS = timedelta(seconds=6)
"""Kept for the fallbacks of every group, however long the channel lets us wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What came of a flush. `attempts`: that of the own channel first, then those of its fallbacks. `unfinished`:
    something is still to be notified, by a later try. `uncertain`: a message may have arrived although the channel did
    not confirm it. `owed_tries`: how often the recipient who is tried again next was tried, 0 where none is."""

    ledger: Ledger
    outcomes: tuple[Outcome, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    sent: bool = False
    unfinished: bool = False
    uncertain: bool = False
    owed_tries: int = 0


def settle_unnotified(
    content: Content, *, targets: Targets, courier: Courier, reporter: Reporter
) -> tuple[Content, Announced]:
    """Accounts for what needs no notification. Where the channel is to hear of no resolve, what has resolved leaves the
    decision; PagerDuty always hears of it, and a message that can be edited is edited, whatever send_resolved says."""
    target = targets.of(content.group.identity.integration)
    left_out: Sequence[Outcome] = ()
    outcomes = reporter.unnotified(content)
    if content.decision.reason is None:
        content = replace(content, decision=without_refusals(content.decision))
    if target and not (target.send_resolved or channel(target.integration.channel).pages or courier.edits(target)):
        left_out = reporter.suppressed(content, content.decision.own.resolved, Reason.SEND_RESOLVED_FALSE)
        content = replace(content, decision=without_resolves(content.decision))
    return content, Announced(ledger=content.decision.ledger, outcomes=(*outcomes, *left_out))


def limit(
    content: Content,
    announced: Announced,
    *,
    targets: Targets,
    courier: Courier,
    now: datetime,
    limiter: RateLimiter,
    digests: Digests,
    reporter: Reporter,
    telemetry: Telemetry,
) -> tuple[Announced, bool]:
    """Hands the news, or the resolves, to the digest of the integration where its channel takes no more now; True where
    the digest has them. A repeat waits for the next flush. Where the table fails it is notified at once, whatever the
    rate. A digest itself waits with what has resolved until the storm is over, or all has. Resolves of what may never
    have been announced have a rate of their own, and wait: thousands may come at a deployment."""
    identity, decision = content.group.identity, content.decision
    target = targets.of(identity.integration)
    doubtful = decision.reason == Reason.ALL_RESOLVED and decision.own.resolved <= decision.ledger.unsure
    if doubtful and target and not limiter.admits_doubtful(target):
        held_back = reporter.waiting(content, decision.own.resolved, Reason.WAITING, resolved=True)
        return replace(announced, outcomes=(*announced.outcomes, *held_back), unfinished=True), True
    if not (decision.reason and target):
        return announced, False
    own, free = decision.own, channel(target.integration.channel).pages or courier.edits(target)
    if identity.route_id == DIGEST:
        return announced, _digest_waits(content, now, free=free)
    news = own.new | own.events
    if own.resolved and (news or free or limiter.admits_resolve(target)):
        return announced, False
    if not own.resolved and limiter.admits(target):
        return announced, False
    resolved = [content.members[key] for key in sorted(own.resolved) if key in content.members]
    try:
        if resolved:
            digests.join_resolves(identity.integration, resolved)
        else:
            digests.join(identity.integration, [content.members[key] for key in sorted(news)])
    except StoreFailure as failure:
        telemetry.log("digest_not_joined", failure=str(failure))
        return announced, False
    outcomes = reporter.waiting(content, news, Reason.STORM)
    outcomes += reporter.waiting(content, own.resolved, Reason.STORM, resolved=True)
    ledger = _with_digest(announced.ledger, own)
    return replace(announced, ledger=ledger, outcomes=(*announced.outcomes, *outcomes)), True


def _digest_waits(content: Content, now: datetime, *, free: bool) -> bool:
    """Returns whether a digest says nothing yet of what has resolved: the storm goes on. `free`: an edit, a page."""
    if free or content.decision.reason != Reason.SOME_RESOLVED:
        return False
    return not storm_is_over((content.members[key] for key in content.decision.view.firing), now=now)


def _with_digest(ledger: Ledger, own: OwnChannel) -> Ledger:
    """Returns the ledger once the digest has the news and the resolves of the own channel."""
    return replace(
        ledger,
        firing=ledger.firing - own.resolved,
        unsure=ledger.unsure - own.resolved,
        behind=without_alerts(ledger.behind, own.resolved),
        storm=ledger.storm | own.new,
        events=ledger.events | own.events,
    )


def deliver_or_fall_back(
    content: Content,
    announced: Announced,
    digested: bool,
    *,
    targets: Targets,
    courier: Courier,
    fallbacks: Fallbacks,
    reporter: Reporter,
    telemetry: Telemetry,
    config: Config,
    groups: Groups,
) -> Announced:
    """Notifies the own channel, and its fallbacks where that fails."""
    held: HeldAt = partial(held_open, config=config, groups=groups, log=telemetry.log)
    decision, own = content.decision, content.decision.own
    if digested or not decision.reason:
        return announced
    news = own.new | own.events
    message = fallbacks.writer.notification(content, decision.reason, resolved=own.resolved, news=news)
    target = targets.of(content.group.identity.integration)
    if target is None:
        gone = _receiver_gone(content.group.identity.integration, message, telemetry)
        return _failed(content, announced, gone, message, fallbacks, reporter, held, known=False)
    if content.group.ledger.behind and not fallbacks.intend(frozenset({OWN})):
        return announced  # the lease is lost
    # News and a repeat are posted, since an edit notifies nobody; a resolve edits the first message where it can.
    earlier = decision.ledger.receipts.get(str(target.integration))
    delivery = Delivery(
        target=_caught_up(target, decision.ledger),
        notification=message,
        send_by=fallbacks.send_by - FOR_FALLBACKS if decision.fallback.new else fallbacks.send_by,
        within=OWN_BUDGET,
        earlier=earlier,
        edit=earlier is not None and not (news or own.repeats) and courier.edits(target),
    )
    attempt = courier.attempt(delivery)
    if attempt.delivered:
        return _delivered(content, announced, attempt, message, fallbacks, reporter)
    if attempt.receipt:
        return _missed_on_call(content, announced, attempt, message, fallbacks, reporter, held)
    return _failed(content, announced, attempt, message, fallbacks, reporter, held, known=True)


def _delivered(
    content: Content,
    announced: Announced,
    own: Attempt,
    message: Notification,
    fallbacks: Fallbacks,
    reporter: Reporter,
) -> Announced:
    decision = content.decision
    ledger = replace(_taken(content, own, message, fallbacks.courier.clock.now()), fallbacks_owed=frozenset())
    # What has resolved there is the same message's news; see resolve_fallbacks.
    if _reached_again(content) and not decision.fallback.resolved:
        note = replace(message, reason=Reason.REACHED_AGAIN)
        # Once, whatever comes of it: nothing depends on this note.
        fallbacks.follow_up(decision.ledger.fallbacks, note, decision.ledger, failed=_answered(own))
    outcomes = reporter.of_own(content, own, keys=_subjects(content), reason=message.reason)
    return replace(announced, ledger=ledger, outcomes=(*announced.outcomes, *outcomes), attempts=(own,), sent=True)


def _caught_up(target: Target, ledger: Ledger) -> Target:
    """Returns the target without those who are behind, or who have refused this message for good."""
    names = frozenset(target.settings.recipients) - frozenset(ledger.behind)
    left = names - ledger.refused or names
    return narrowed(target, left) if left else target


def _taken(content: Content, own: Attempt, message: Notification, now: datetime) -> Ledger:
    """Returns the ledger once the own channel took the message, with those behind who did not for now."""
    decision = content.decision
    ledger = replace(with_receipts(notified_own(decision), [own]), refused=frozenset())
    ledger = replace(ledger, dedup_key=message.dedup_key if ledger.firing else "")
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
    ledger, tried, outcomes = fall_back(
        content, _taken(content, own, message, now), own, message, news, fallbacks, reporter, held
    )
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


def _reached_again(content: Content) -> bool:
    """Whether the own channel is notified of what only its fallbacks knew."""
    return bool(content.decision.own.new & content.decision.ledger.fallback_firing)


def _answered(own: Attempt) -> Failed:
    """The own channel as the note names it that it answers again."""
    return Failed(integration=own.integration, text="", attempts=own.attempts, seconds=0.0)


def _receiver_gone(integration: Integration, message: Notification, telemetry: Telemetry) -> Attempt:
    """A deploy removed the receiver while its group was open: reported to ops, and what fires goes to the last
    resort."""
    text = f"{integration} is no longer in the configuration"
    said = f"{text}, but what it announced is still open."
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
    settled = decision.own.events if reached else frozenset()
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
        uncertain=not own.certain,
    )


def _subjects(content: Content) -> Sequence[str]:
    """Returns the keys that a message to the own channel is about, in the order of showing. A repeat is about no
    update: its first alert stands for it."""
    decision, own = content.decision, content.decision.own
    if decision.reason == Reason.REPEAT:
        return [key for key in content.alerts if key in decision.view.shown][:1]
    about = own.new | own.events | own.resolved
    return [*(k for k in content.alerts if k in about), *sorted(about - set(content.alerts))]


def resolve_fallbacks(
    content: Content, announced: Announced, *, fallbacks: Fallbacks, reporter: Reporter, limiter: RateLimiter
) -> Announced:
    """Resolves, on the fallbacks that announced them, the alerts that fire no more.

    While others still fire a missed resolve comes with the next message; the last one is retried until it is delivered.
    """
    resolved = content.decision.fallback.resolved
    if not resolved:
        return announced
    ledger = announced.ledger
    left = (ledger.fallback_firing | ledger.fallback_unsure) - resolved
    targets = [target for name in ledger.fallbacks if (target := fallbacks.targets.named(name))]
    doubtful = not left and resolved <= ledger.fallback_unsure
    if doubtful and not all(limiter.admits_doubtful(target) for target in targets):
        return replace(announced, unfinished=True)
    reason = Reason.SOME_RESOLVED if left else Reason.ALL_RESOLVED
    message = fallbacks.writer.notification(content, reason, resolved=resolved, news=resolved)
    if not left:
        message = replace(message, status="resolved")
    own = announced.attempts[0] if announced.attempts else None
    failed = None
    if left and own and own.receipt and _reached_again(content):
        message, failed = replace(message, reason=Reason.REACHED_AGAIN), _answered(own)
    attempts = fallbacks.follow_up(ledger.fallbacks, message, ledger, failed=failed)
    reached, missed = [a for a in attempts if a.receipt], [a for a in attempts if not a.receipt]
    if left or not missed:
        known, unsure = ledger.fallback_firing - resolved, ledger.fallback_unsure - resolved
        ledger = replace(ledger, fallback_firing=known, fallback_unsure=unsure)
    if not left:
        ledger = replace(ledger, fallbacks=names_of(missed), fallbacks_owed=frozenset())
    outcomes = [
        outcome
        for a in reached
        for outcome in reporter.of_fallback(content, a, keys=sorted(resolved), reason=reason, detail="", resolved=True)
    ]
    return replace(
        announced,
        ledger=ledger,
        outcomes=(*announced.outcomes, *outcomes),
        sent=announced.sent or bool(reached),
        unfinished=announced.unfinished or bool(missed and not left),
    )


def retry_owed(content: Content, announced: Announced, *, fallbacks: Fallbacks, reporter: Reporter) -> Announced:
    """Retries a channel alone that failed in a stage which succeeded without it, while the own channel is owed."""
    ledger = announced.ledger
    still = content.decision.view.firing & ledger.fallback_firing - ledger.firing
    if not still:
        return replace(announced, ledger=replace(ledger, fallbacks_owed=frozenset()))
    # What has just failed in this flush is not tried again in it.
    names = ledger.fallbacks_owed.difference(*(a.owing for a in announced.attempts[1:]))
    if not names or not fallbacks.intend(names):
        return announced
    own = content.group.identity.integration
    text = f"{own.channel} has not taken it yet"
    failed = Failed(integration=own, text=text, attempts=0, seconds=0.0)
    message = fallbacks.writer.notification(content, Reason.CHANNEL_FAILED, resolved=frozenset(), news=still)
    attempts = fallbacks.follow_up(names, message, ledger, failed=failed)
    reached = [a for a in attempts if a.receipt]
    ledger = with_receipts(ledger, reached)
    ledger = replace(
        ledger,
        fallbacks=ledger.fallbacks | names_of(a for a in attempts if a.receipt or a.unanswered),
        fallbacks_owed=(ledger.fallbacks_owed - names) | still_owed(names, attempts),
    )
    outcomes = [
        outcome
        for a in reached
        for outcome in reporter.of_fallback(
            content, a, keys=sorted(still), reason=Reason.CHANNEL_FAILED, detail=text, resolved=False
        )
    ]
    return replace(
        announced,
        ledger=ledger,
        outcomes=(*announced.outcomes, *outcomes),
        sent=announced.sent or bool(reached),
        unfinished=announced.unfinished or bool(ledger.fallbacks_owed),
    )
