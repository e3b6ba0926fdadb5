"""What a flush says, to whom: the group's own channel, the fallbacks where it fails, and those told before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from alertrelay.alert import Integration
from alertrelay.channels import channel
from alertrelay.config.model import Target
from alertrelay.nflog.dedup import told_fallback, told_own, without_ends
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Failed, Notification, Outcome, Reason, Receipt
from alertrelay.notify.compose import Group, notification
from alertrelay.notify.deliver import Attempt, attempt
from alertrelay.notify.fallback import fall_back, tell_told
from alertrelay.notify.outcomes import muted, of_fallback, of_own, suppressed, unheard_of, waiting
from alertrelay.notify.rate_limit import ROUTE, admitted, join_digest
from alertrelay.ports import Permanent, Relay, SelfAlert, StoreFailure

OWN_BUDGET = 10.0
"""Seconds for the group's own channel; what is left of the invocation belongs to its fallbacks."""
FOR_FALLBACKS = timedelta(seconds=6)
"""Kept for the fallbacks of every group, however long the channel lets us wait."""
NEXT_TRY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of a flush. `unfinished`: something is still to be told, by a later try."""

    ledger: Ledger
    outcomes: tuple[Outcome, ...] = ()
    own: Attempt | None = None
    sent: bool = False
    unfinished: bool = False
    ambiguous: bool = False
    missed: tuple[Attempt, ...] = field(default=())  # fallbacks that failed in this flush


def tell(group: Group) -> Told:
    """Tells the own channel, or its fallbacks where it fails; then keeps what was promised to those told before.
    Never raises."""
    target = group.relay.config.target(group.header.integration)
    left_out: Sequence[Outcome] = ()
    if target and not _says_ends(group.relay, target):
        left_out = suppressed(group, group.decision.own_gone, Reason.SEND_RESOLVED_FALSE)
        group = replace(group, decision=without_ends(group.decision))
    told = _own(group, target) if group.decision.reason else Told(ledger=group.decision.ledger)
    told = _end_fallbacks(group, told)
    told = _retry_owed(group, told)
    return replace(told, outcomes=(*unheard_of(group), *muted(group), *left_out, *told.outcomes))


def _own(group: Group, target: Target | None) -> Told:
    decision, relay, header = group.decision, group.relay, group.header
    message = notification(
        group, decision.reason or Reason.FIRST, gone=decision.own_gone, news=decision.own_new | decision.events
    )
    if target is None:
        return _own_failed(group, _receiver_gone(relay, group.header.integration, message), message)
    if header.route_id != ROUTE and not decision.own_gone and not admitted(relay, target):
        joined = _to_digest(group)
        if joined:
            return joined
    # News and a repeat are posted, since an edit notifies nobody; an end changes the first message where it can.
    ends_only = not (decision.own_new or decision.events or decision.repeats)
    earlier = decision.ledger.receipts.get(str(target.integration))
    edit = ends_only and earlier is not None and relay.senders[target.integration.channel].edits(target)
    send_by = group.send_by - FOR_FALLBACKS if decision.news else group.send_by
    own = attempt(relay, target, message, send_by=send_by, within=OWN_BUDGET, earlier=earlier, edit=edit)
    return _own_told(group, own, message) if own.receipt else _own_failed(group, own, message)


def _to_digest(group: Group) -> Told | None:
    """The news goes to the digest instead, which is told soon. A repeat waits for the next look. None where the table
    does not take it: then it is told at once, whatever the rate."""
    decision = group.decision
    news = decision.own_new | decision.events
    try:
        join_digest(group.relay, group.header, [group.members[key] for key in sorted(news)])
    except StoreFailure as failure:
        group.relay.log("digest_not_joined", failure=str(failure))
        return None
    ledger = decision.ledger
    joined = replace(ledger, storm=ledger.storm | decision.own_new, events=ledger.events | decision.events)
    return Told(ledger=joined, outcomes=tuple(waiting(group, news, Reason.STORM)))


def _says_ends(relay: Relay, target: Target) -> bool:
    """PagerDuty always hears of an end, and a message that can be edited is edited, whatever send_resolved says."""
    kind = target.integration.channel
    return target.send_resolved or channel(kind).pages or relay.senders[kind].edits(target)


def _keys(group: Group) -> Sequence[str]:
    """What a message to the own channel is about, in the order of showing. A repeat is about no update: its first alert
    stands for it."""
    if group.decision.reason == Reason.REPEAT:
        return [key for key in group.alerts if key in group.decision.shown][:1]
    about = group.decision.own_new | group.decision.events | group.decision.own_gone
    return [*(k for k in group.alerts if k in about), *sorted(about - set(group.alerts))]


def _own_told(group: Group, own: Attempt, message: Notification) -> Told:
    decision = group.decision
    owed = decision.own_new & decision.ledger.fallback_firing
    ledger = _with_receipts(told_own(decision), [own])
    ledger = replace(ledger, dedup_key=message.dedup_key if ledger.firing else "", fallbacks_owed=frozenset())
    if owed:
        note = replace(message, reason=Reason.REACHED_AGAIN)
        failed = Failed(integration=group.header.integration, text="", attempts=own.attempts, seconds=0.0)
        # Once, whatever comes of it: no promise depends on this note.
        tell_told(group, decision.ledger.fallbacks, note, decision.ledger, failed=failed)
    outcomes = of_own(group, own, keys=_keys(group), reason=message.reason, notification_id=message.id)
    return Told(ledger=ledger, outcomes=tuple(outcomes), own=own, sent=True)


def _receiver_gone(relay: Relay, integration: Integration, message: Notification) -> Attempt:
    """A deploy removed the receiver while its group was open: said loudly, and what fires goes to the last resort."""
    text = f"{integration} is no longer in the configuration"
    relay.tell_ops(SelfAlert(name="ReceiverGone", text=f"{text}, but what it announced is still open."))
    return Attempt(
        integration=integration,
        notification_id=message.id,
        receipt=None,
        failure=Permanent(text),
        attempts=0,
        seconds=0.0,
        certain=True,
    )


def _own_failed(group: Group, own: Attempt, message: Notification) -> Told:
    relay, decision = group.relay, group.decision
    news = [key for key in _keys(group) if key in decision.news]
    tried: list[Attempt] = []
    if news:
        about = frozenset(group.alerts[key].state_key for key in news if key in group.alerts)
        next_try = relay.clock.now() + NEXT_TRY
        tried = fall_back(
            relay,
            own,
            replace(message, news=about, status="firing"),
            gid=group.gid,
            next_try_at=next_try,
            send_by=group.send_by,
        )
    reached = [a for a in tried if a.receipt]
    missed = tuple(a for a in tried if not a.receipt)
    ledger = decision.ledger
    if reached:
        ledger = _with_receipts(told_fallback(decision, ledger), reached)
        ledger = replace(
            ledger,
            fallbacks=ledger.fallbacks | _names(reached),
            fallbacks_owed=ledger.fallbacks_owed | _names(missed),
        )
    gone = relay.config.target(own.integration) is None
    if gone and (reached or not news):
        # Nobody can end it there, and its alerts have been told elsewhere: this group has nothing left to do.
        ledger = replace(ledger, firing=told_own(decision).firing, unsure=frozenset())
    settled = decision.events if reached else frozenset()
    owing = [key for key in _keys(group) if key not in settled]
    outcomes = of_own(group, own, keys=owing, reason=message.reason, notification_id="")
    if gone:
        outcomes = [replace(o, outcome="failed", reason=Reason.RECEIVER_GONE) for o in outcomes]
    detail = own.failure.text if own.failure else ""
    for told in reached:
        outcomes += of_fallback(group, told, keys=news, reason=Reason.CHANNEL_FAILED, detail=detail, ended=False)
    return Told(
        ledger=ledger,
        outcomes=tuple(outcomes),
        own=own,
        sent=bool(reached),
        unfinished=bool(owing) and not (gone and (reached or not news)),
        ambiguous=not own.certain,
        missed=missed,
    )


def _names(attempts: Iterable[Attempt]) -> frozenset[str]:
    return frozenset(str(a.integration) for a in attempts)


def _with_receipts(ledger: Ledger, attempts: Iterable[Attempt]) -> Ledger:
    """The first receipt of a channel stays: later messages are threaded under it, and it is the one that is edited."""
    fresh: dict[str, Receipt] = {str(a.integration): a.receipt for a in attempts if a.receipt}
    return replace(ledger, receipts={**fresh, **ledger.receipts})


def _end_fallbacks(group: Group, told: Told) -> Told:
    """Ends, on the fallbacks that announced them, the alerts that have ended.

    While others still fire a missed end is said with the next message; the last end is retried until it is said.
    """
    gone = group.decision.fallback_gone
    if not gone:
        return told
    left = told.ledger.fallback_firing - gone
    reason = Reason.SOME_RESOLVED if left else Reason.ALL_RESOLVED
    message = notification(group, reason, gone=gone, news=gone)
    if not left:
        message = replace(message, status="resolved")
    attempts = tell_told(group, told.ledger.fallbacks, message, told.ledger)
    reached, missed = [a for a in attempts if a.receipt], [a for a in attempts if not a.receipt]
    ledger = replace(told.ledger, fallback_firing=left if left or not missed else gone)
    if not left:
        ledger = replace(ledger, fallbacks=_names(missed), fallbacks_owed=frozenset())
    outcomes = [
        outcome
        for a in reached
        for outcome in of_fallback(group, a, keys=sorted(gone), reason=reason, detail="", ended=True)
    ]
    return replace(
        told,
        ledger=ledger,
        outcomes=(*told.outcomes, *outcomes),
        sent=told.sent or bool(reached),
        unfinished=told.unfinished or bool(missed and not left),
    )


def _retry_owed(group: Group, told: Told) -> Told:
    """A channel that failed in a stage that succeeded without it is retried alone, while the own one is owed."""
    ledger = told.ledger
    still = group.decision.firing & ledger.fallback_firing - ledger.firing
    if not still:
        return replace(told, ledger=replace(ledger, fallbacks_owed=frozenset()))
    names = ledger.fallbacks_owed - _names(told.missed)
    if not names:
        return told
    text = f"{group.header.integration.channel} has not taken it yet"
    failed = Failed(integration=group.header.integration, text=text, attempts=0, seconds=0.0)
    message = notification(group, Reason.CHANNEL_FAILED, gone=frozenset(), news=still)
    attempts = tell_told(group, names, message, ledger, failed=failed)
    reached = [a for a in attempts if a.receipt]
    ledger = _with_receipts(ledger, reached)
    ledger = replace(
        ledger,
        fallbacks=ledger.fallbacks | _names(reached),
        fallbacks_owed=ledger.fallbacks_owed - _names(reached),
    )
    outcomes = [
        outcome
        for a in reached
        for outcome in of_fallback(group, a, keys=sorted(still), reason=Reason.CHANNEL_FAILED, detail=text, ended=False)
    ]
    return replace(
        told,
        ledger=ledger,
        outcomes=(*told.outcomes, *outcomes),
        sent=told.sent or bool(reached),
        unfinished=told.unfinished or bool(ledger.fallbacks_owed),
    )
