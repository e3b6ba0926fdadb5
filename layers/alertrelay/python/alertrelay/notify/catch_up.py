"""Sends recipients who did not take what the others of their integration took what they are owed, and nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from alertrelay.config.durations import GIVE_UP
from alertrelay.config.model import Target
from alertrelay.nflog.behind import Behind, Owed, owed_to
from alertrelay.nflog.decision import FallbackChannels, OwnChannel
from alertrelay.notification import Notification, Outcome, Reason
from alertrelay.notify.announce import OWN_BUDGET
from alertrelay.notify.announced import Announced
from alertrelay.notify.compose import Content
from alertrelay.notify.deliver import Attempt, Delivery
from alertrelay.notify.fallback import Fallbacks, HeldAt, fall_back
from alertrelay.notify.outcomes import Reporter
from alertrelay.notify.recipients import narrowed
from alertrelay.ports import SelfAlert, Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """One message to the recipients `names`, who are owed the same."""

    names: tuple[str, ...]
    one: Behind
    owed: Owed
    content: Content
    notification: Notification


def catch_up(
    content: Content,
    announced: Announced,
    *,
    target: Target | None,
    fallbacks: Fallbacks,
    reporter: Reporter,
    telemetry: Telemetry,
    held: HeldAt,
) -> Announced:
    """Notifies who is behind, those who are owed the same by one message. Who missed the message of this flush is not
    tried again in it. Where somebody on call still does not take what no fallback has, the fallbacks are notified."""
    behind = announced.ledger.behind
    if not behind:
        return announced
    if target is None:
        return replace(announced, ledger=replace(announced.ledger, behind={}))
    own = announced.attempts[0] if announced.attempts else None
    fresh = own.recipients.missed if own else frozenset()
    if own and fresh & frozenset(behind):
        _log(telemetry, target, taken=(), left=sorted(fresh & frozenset(behind)), refused=(), attempt=own)
    for names, owed in _by_what_is_owed(content, announced, target):
        one = behind[names[0]]
        if not owed.now and not owed.later:
            announced = _with(announced, names, None)
            continue
        if not owed.now or set(names) <= fresh:
            announced = _waiting(announced, one) if owed.now else announced
            continue
        message = _message(content, names, one, owed, announced, fallbacks)
        attempt = fallbacks.courier.attempt(
            Delivery(
                target=narrowed(target, names),
                notification=message.notification,
                send_by=fallbacks.send_by,
                within=OWN_BUDGET,
                earlier=announced.ledger.receipts.get(str(target.integration)),
                once=True,
            )
        )
        announced = _after(message, announced, attempt, target, fallbacks, reporter, telemetry, held)
    return announced


def _by_what_is_owed(content: Content, announced: Announced, target: Target) -> Sequence[tuple[tuple[str, ...], Owed]]:
    """Returns who is owed the same, and what."""
    ledger, members = announced.ledger, content.members
    present = frozenset(key for key, member in members.items() if member.status == "event")
    found: dict[tuple[Behind, Owed], list[str]] = {}
    for name, one in sorted(ledger.behind.items()):
        owed = owed_to(
            one,
            announced=ledger.firing - ledger.unsure,
            shown=content.decision.view.shown,
            events=present,
            resolves=target.send_resolved,
        )
        found.setdefault((one, owed), []).append(name)
    return [(tuple(names), owed) for (_, owed), names in found.items()]


def _message(
    content: Content, names: tuple[str, ...], one: Behind, owed: Owed, announced: Announced, fallbacks: Fallbacks
) -> _Message:
    """Composes the group as it stands, with what these recipients missed as its news."""
    own = OwnChannel(new=owed.new, resolved=owed.resolved, events=owed.events, repeats=owed.repeats)
    news = owed.new - announced.ledger.fallback_firing
    decision = replace(
        content.decision, own=own, fallback=FallbackChannels(new=news, resolved=frozenset()), ledger=announced.ledger
    )
    theirs = replace(content, decision=decision)
    reason = _reason(one, owed, fires=bool(decision.view.open))
    notification = fallbacks.writer.notification(theirs, reason, resolved=owed.resolved, news=owed.new | owed.events)
    return _Message(names=names, one=one, owed=owed, content=theirs, notification=notification)


def _reason(one: Behind, owed: Owed, *, fires: bool) -> Reason:
    if owed.new:
        return Reason.NEW_ALERTS if one.firing else Reason.FIRST
    if owed.events:
        return Reason.EVENT
    if owed.resolved:
        return Reason.SOME_RESOLVED if fires else Reason.ALL_RESOLVED
    return Reason.REPEAT


def _after(
    message: _Message,
    announced: Announced,
    attempt: Attempt,
    target: Target,
    fallbacks: Fallbacks,
    reporter: Reporter,
    telemetry: Telemetry,
    held: HeldAt,
) -> Announced:
    one, owed = message.one, message.owed
    answers = attempt.recipients
    taken = tuple(name for name in message.names if attempt.receipt and name not in answers.missed)
    refused = tuple(name for name in message.names if name in answers.refused)
    left = tuple(name for name in message.names if name not in (*taken, *refused))
    unsure = one.unsure if attempt.certain else one.unsure | owed.new
    again = replace(one, tries=one.tries + 1, unsure=unsure)
    on_call = frozenset(name for name in (*left, *refused) if target.settings.recipients[name])
    keys = sorted(owed.new | owed.resolved | owed.events)
    ledger, news = announced.ledger, sorted(message.content.decision.fallback.new)
    outcomes: list[Outcome] = []
    if on_call and news:
        failed = replace(attempt, receipt=None)
        ledger, tried, outcomes = fall_back(
            message.content, ledger, failed, message.notification, news, fallbacks, reporter, held
        )
        left = left if tried.reached else (*left, *(name for name in refused if name in on_call))
    elif taken and any(target.settings.recipients[name] for name in taken):
        outcomes = reporter.of_own(message.content, attempt, keys=keys, reason=message.notification.reason)
    _log(telemetry, target, taken=taken, left=left, refused=refused, attempt=attempt)
    announced = replace(
        announced,
        ledger=ledger,
        outcomes=(*announced.outcomes, *outcomes),
        sent=announced.sent or bool(taken) or any(o.outcome == "fallback" for o in outcomes),
    )
    if left and fallbacks.courier.clock.now() - one.since >= GIVE_UP:
        _report_given_up(target, left, attempt, telemetry)
        left = ()
    announced = _with(_with(announced, message.names, None), left, again)
    return _waiting(announced, again) if left else announced


def _log(
    telemetry: Telemetry,
    target: Target,
    *,
    taken: Sequence[str],
    left: Sequence[str],
    refused: Sequence[str],
    attempt: Attempt,
) -> None:
    named: Mapping[Literal["taken", "deferred", "refused"], Sequence[str]] = {
        "taken": taken,
        "deferred": left,
        "refused": [name for name in refused if name not in left],
    }
    for answer, names in named.items():
        if names:
            failure = attempt.failure.text if attempt.failure else ""
            telemetry.log(
                "recipients_owed",
                integration=str(target.integration),
                answer=answer,
                recipients=list(names),
                failure=failure,
            )


def _with(announced: Announced, names: Sequence[str], one: Behind | None) -> Announced:
    """Returns the same with these recipients behind as `one` says, or no longer behind."""
    behind = {name: known for name, known in announced.ledger.behind.items() if name not in names}
    if one is not None:
        behind |= dict.fromkeys(names, one)
    return replace(announced, ledger=replace(announced.ledger, behind=behind))


def _waiting(announced: Announced, one: Behind) -> Announced:
    """Returns the same with a further try; the soonest of all counts."""
    return replace(announced, owed_tries=min(announced.owed_tries or one.tries, one.tries))


def _report_given_up(target: Target, names: Sequence[str], attempt: Attempt, telemetry: Telemetry) -> None:
    failure = attempt.failure.text if attempt.failure else ""
    answers = ", ".join(attempt.recipients.deferred.get(name, failure) for name in names)
    text = (
        f"{target.integration}: a message was not accepted for {GIVE_UP.days} days and will not be retried: {answers}."
    )
    telemetry.alert_ops(SelfAlert(name="RecipientRefused", text=text, cause=str(target.integration)))
