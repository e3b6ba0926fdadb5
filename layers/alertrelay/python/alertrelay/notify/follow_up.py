"""Follows up on fallbacks that were notified before: resolves there, and further tries of those that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alertrelay.config.model import Target
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Failed, Notification, Outcome, Reason
from alertrelay.notify.announced import Announced
from alertrelay.notify.compose import Content
from alertrelay.notify.deliver import Attempt
from alertrelay.notify.fallback import Fallbacks, names_of, still_owed, with_receipts
from alertrelay.notify.held import Beside
from alertrelay.notify.outcomes import Reporter
from alertrelay.notify.rate_limit import RateLimiter
from alertrelay.notify.takeover import of_this_reader
from alertrelay.notify.throttle import JoinedAll


def reached_again(content: Content) -> bool:
    """Returns whether the own channel is notified of what only its fallbacks knew."""
    return bool(content.decision.own.new & content.decision.ledger.fallback_firing)


def answered(own: Attempt) -> Failed:
    """Returns the own channel as the note that it answers again names it."""
    return Failed(integration=own.integration, text="", attempts=own.attempts, seconds=0.0)


def resolve_fallbacks(
    content: Content,
    announced: Announced,
    beside: Beside,
    *,
    fallbacks: Fallbacks,
    reporter: Reporter,
    limiter: RateLimiter,
    joined_all: JoinedAll,
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
    if not left and not joined_all():
        return replace(announced, unfinished=True)
    if doubtful and not all(limiter.admits_doubtful(target) for target in targets):
        return replace(announced, unfinished=True)
    reason = Reason.SOME_RESOLVED if left else Reason.ALL_RESOLVED
    message = fallbacks.writer.notification(content, reason, resolved=resolved, news=resolved)
    if left:
        attempts = _resolve_some(content, announced, message, fallbacks)
    else:
        attempts = _resolve_all(ledger, message, beside, fallbacks)
    reached, missed = [a for a in attempts if a.receipt], [a for a in attempts if not a.receipt]
    # A reader who has the resolve, or may have, is notified anew of an alert that fires again.
    unsure = ledger.fallback_unsure - resolved if left or not missed else ledger.fallback_unsure | resolved
    ledger = replace(ledger, fallback_firing=ledger.fallback_firing - resolved, fallback_unsure=unsure)
    if not left:
        ledger = replace(ledger, fallbacks=names_of(missed), fallbacks_owed=frozenset())
    outcomes = [outcome for a in reached for outcome in _of_resolve(content, a, targets, reason, reporter)]
    return replace(
        announced,
        ledger=ledger,
        outcomes=(*announced.outcomes, *outcomes),
        sent=announced.sent or bool(reached),
        unfinished=announced.unfinished or bool(missed and not left),
    )


def _of_resolve(
    content: Content, reached: Attempt, targets: Sequence[Target], reason: Reason, reporter: Reporter
) -> list[Outcome]:
    """Returns the outcomes of what a fallback was asked to resolve. One that resolves by key drops what was never open
    there, so what may only have been has none."""
    resolved, known = content.decision.fallback.resolved, content.decision.ledger.fallback_firing
    by_key = any(t.integration == reached.integration and t.settings.resolves_by_key for t in targets)
    keys = sorted(resolved & known if by_key else resolved)
    return reporter.of_fallback(content, reached, keys=keys, reason=reason, detail="", resolved=True)


def _resolve_some(content: Content, announced: Announced, message: Notification, fallbacks: Fallbacks) -> list[Attempt]:
    """Notifies the fallbacks of a resolve while others fire, and with it that the own channel answers again. One that
    has just had a message which names these resolves is left out."""
    own, failed = announced.attempts[0] if announced.attempts else None, None
    if own and own.receipt and reached_again(content):
        message, failed = replace(message, reason=Reason.REACHED_AGAIN), answered(own)
    decision = content.decision
    named = decision.fallback.resolved <= decision.own.resolved
    just_had = names_of(a for a in announced.attempts[1:] if a.delivered) if named else frozenset()
    return fallbacks.follow_up(announced.ledger.fallbacks - just_had, message, announced.ledger, failed=failed)


def _resolve_all(ledger: Ledger, message: Notification, beside: Beside, fallbacks: Fallbacks) -> list[Attempt]:
    """Resolves everything on the fallbacks; each is sent what of it is open at its own destination."""
    attempts = []
    for name in sorted(ledger.fallbacks):
        target = fallbacks.targets.named(name)
        # An incident of its own is resolved, whatever another one there holds: a trigger would open it anew.
        alone = target is not None and target.settings.resolves_by_key
        open_ = frozenset[str]() if alone else beside.get(name, frozenset())
        attempts += fallbacks.follow_up([name], of_this_reader(message, open_), ledger)
    return attempts


def retry_owed(content: Content, announced: Announced, *, fallbacks: Fallbacks, reporter: Reporter) -> Announced:
    """Retries a channel alone that failed in a stage which succeeded without it, while the own channel is owed."""
    ledger = announced.ledger
    still = content.decision.view.firing & ledger.fallback_firing - ledger.firing
    if not still and not ledger.fallbacks_owed:
        return announced
    if not still:
        return replace(announced, ledger=replace(ledger, fallbacks_owed=frozenset()))
    # What has just failed in this flush is not tried again in it.
    names = ledger.fallbacks_owed.difference(*(a.owing for a in announced.attempts[1:]))
    if not names or not fallbacks.intend(names):
        return announced
    own = content.group.identity.integration
    text = f"{own.channel} has not taken it yet"
    failed = Failed(integration=own, text=text, attempts=0, seconds=0.0)
    if announced.attempts and announced.attempts[0].receipt is None:
        failed = announced.attempts[0].failed
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
