"""The channels behind a channel: the order in which they are tried, and what they are notified of later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from alertrelay.alert import Labels
from alertrelay.channels import channel
from alertrelay.config.durations import RETRY
from alertrelay.config.model import Target
from alertrelay.nflog.ledger import Ledger, events_at
from alertrelay.nflog.notified import may_have_notified_fallback, notified_fallback
from alertrelay.notification import Failed, Notification, Outcome, Reason, Receipt
from alertrelay.notify.compose import Content, Writer, fallback_key
from alertrelay.notify.deliver import Attempt, Courier, Delivery
from alertrelay.notify.held import Held
from alertrelay.notify.outcomes import Reporter
from alertrelay.notify.targets import Targets
from alertrelay.state import Groups, StoreFailure

BUDGET = 6.0
"""Seconds for one channel of a stage."""


HeldAt = Callable[[Target, Mapping[str, Labels]], Held | None]
"""What a target's destination holds open already of these alerts, by their labels."""
Intend = Callable[[frozenset[str]], bool]
"""Writes that these fallbacks are about to be notified; False where the lease is lost, and nothing is to be sent."""


class Tried(NamedTuple):
    """The attempts of the stage that delivered, or of all of them when every channel failed; `before`: those of the
    stages before it. `annotated`: names of those whose destination held the alerts open already, so that a group of its
    own resolves them there."""

    attempts: list[Attempt]
    before: list[Attempt]
    annotated: frozenset[str] = frozenset()

    @property
    def reached(self) -> list[Attempt]:
        """Those that delivered."""
        return [a for a in self.attempts if a.delivered]

    @property
    def partly(self) -> list[Attempt]:
        """Those that some recipients took, but not everybody on call: they are to be resolved."""
        tried = (*self.attempts, *self.before)
        return [a for a in tried if a.receipt and a.missed and str(a.integration) not in self.annotated]

    @property
    def unanswered(self) -> list[Attempt]:
        """Those that may have arrived although the channel did not confirm it, and are to be resolved."""
        tried = (*self.attempts, *self.before)
        return [a for a in tried if a.unanswered and str(a.integration) not in self.annotated]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallbacks:
    """Notifies the fallbacks of one group, within `send_by`. `intend` is called before one is notified of news: a flush
    that dies after that leaves behind which of them may hold the alert open."""

    gid: str
    targets: Targets
    courier: Courier
    writer: Writer
    send_by: datetime
    intend: Intend = lambda _: True

    def fall_back(
        self,
        own: Attempt,
        notification: Notification,
        *,
        next_try_at: datetime,
        held: Callable[[Target], Held | None] = lambda _: None,
    ) -> Tried:
        """Tries the stages behind a receiver, in order, until one of them has delivered; the last resort comes last.

        A stage may name several receivers; each of its channels is tried. PagerDuty gets only what is critical. Where a
        destination holds all of it open already (`held`) that is annotated: edited, else one reply or line.
        """
        notification = replace(notification, reason=Reason.CHANNEL_FAILED, next_try_at=next_try_at)
        critical = notification.severity == "critical"
        tried: list[Attempt] = []
        annotated: dict[str, Held] = {}
        for stage in self.targets.behind(own.integration.receiver):
            here = [
                target
                for target in stage
                if target.integration != own.integration and (critical or not channel(target.integration.channel).pages)
            ]
            annotated |= {str(target.integration): found for target in here if (found := held(target))}
            names = frozenset(str(target.integration) for target in here) - frozenset(annotated)
            if names and not self.intend(names):
                break
            attempts = [
                self._notify(target, notification, failed=own.failed, held=annotated.get(str(target.integration)))
                for target in here
            ]
            if any(a.delivered for a in attempts):
                return Tried(attempts, tried, frozenset(annotated))
            tried += attempts
        return Tried(tried, [], frozenset(annotated))

    def follow_up(
        self, names: Iterable[str], notification: Notification, ledger: Ledger, *, failed: Failed | None = None
    ) -> list[Attempt]:
        """Sends a further message to channels that were notified as fallbacks; where a channel can, its first one is
        edited. A channel that the configuration no longer has is left out."""
        known = [target for name in sorted(names) if (target := self.targets.named(name))]
        return [self._notify(target, notification, failed=failed, ledger=ledger) for target in known]

    def _notify(
        self,
        target: Target,
        notification: Notification,
        *,
        failed: Failed | None,
        ledger: Ledger | None = None,
        held: Held | None = None,
    ) -> Attempt:
        """Sends one message to one fallback. It is of its own: its PagerDuty key is not the group's, since the
        fallback's own route may have opened an incident under that one."""
        name = str(target.integration)
        earlier = held.receipt if held else ledger.receipts.get(name) if ledger else None
        key = held.dedup_key if held else ""
        message = replace(
            notification,
            id=self.writer.new_id(),
            integration=target.integration,
            dedup_key=key or fallback_key(self.writer.site, name, self.gid),
            failed=failed,
        )
        edit = earlier is not None and self.courier.edits(target)
        delivery = Delivery(
            target=target, notification=message, send_by=self.send_by, within=BUDGET, earlier=earlier, edit=edit
        )
        return self.courier.attempt(delivery)


def intent_of(gid: str, *, owner: str, groups: Groups, known: frozenset[str], log: Callable[..., None]) -> Intend:
    """Returns the `intend` of one flush; `known` stands there already. Fails open: where the table does not take it,
    the fallback is notified all the same."""
    noted = set(known)

    def intend(names: frozenset[str]) -> bool:
        if names <= noted:
            return True
        noted.update(names)
        try:
            return groups.intend(gid, owner=owner, fallbacks=frozenset(noted))
        except StoreFailure as failure:
            log("store_failing", gid=gid, failure=str(failure))
            return True

    return intend


def fall_back(
    content: Content,
    ledger: Ledger,
    own: Attempt,
    message: Notification,
    news: Sequence[str],
    fallbacks: Fallbacks,
    reporter: Reporter,
    held: HeldAt,
) -> tuple[Ledger, Tried, list[Outcome]]:
    """Notifies the fallbacks of `news`, which the own channel did not take, or not for everybody on call. Returns the
    ledger after it, the attempts and their outcomes."""
    decision = content.decision
    if not news:
        return ledger, Tried([], []), []
    about = frozenset(content.alerts[key].state_key for key in news if key in content.alerts)
    tried = fallbacks.fall_back(
        own,
        replace(message, news=about, status="firing"),
        next_try_at=fallbacks.courier.clock.now() + RETRY,
        held=lambda target: held(target, {key: content.members[key].alert.labels for key in news}),
    )
    theirs = [a for a in tried.attempts if a.receipt and str(a.integration) not in tried.annotated]
    if tried.unanswered or tried.partly:
        ledger = may_have_notified_fallback(decision, ledger)
        ledger = replace(ledger, fallbacks=ledger.fallbacks | names_of((*tried.unanswered, *tried.partly)))
    if tried.reached:
        ledger = with_receipts(notified_fallback(decision, ledger), theirs)
        owed = frozenset(name for a in tried.attempts if str(a.integration) not in tried.annotated for name in a.owing)
        ledger = replace(
            ledger,
            fallbacks=ledger.fallbacks | names_of(theirs),
            fallbacks_owed=ledger.fallbacks_owed | owed,
            events_at=ledger.events_at | events_at(decision.own.events, names_of(theirs)),
        )
    detail = own.failure.text if own.failure else ""
    outcomes = [
        outcome
        for fallback in tried.reached
        for outcome in reporter.of_fallback(
            content, fallback, keys=news, reason=Reason.CHANNEL_FAILED, detail=detail, resolved=False
        )
    ]
    return ledger, tried, outcomes


def names_of(attempts: Iterable[Attempt]) -> frozenset[str]:
    """Returns the names of the integrations."""
    return frozenset(str(a.integration) for a in attempts)


def with_receipts(ledger: Ledger, attempts: Iterable[Attempt]) -> Ledger:
    """Returns the ledger with the receipts of the attempts."""
    return replace(ledger, receipts=receipts_with(ledger, attempts))


def receipts_with(ledger: Ledger, attempts: Iterable[Attempt]) -> Mapping[str, Receipt]:
    """Returns the receipts of a ledger, and those of the attempts. The first of a channel stays: later messages are
    threaded under it, and it is the one that is edited."""
    fresh: dict[str, Receipt] = {str(a.integration): a.receipt for a in attempts if a.receipt}
    return {**fresh, **ledger.receipts}


def still_owed(names: frozenset[str], attempts: Sequence[Attempt]) -> frozenset[str]:
    """Returns which channels, and which recipients of one (`<integration>#<recipient>`), are to be tried once more."""
    done: set[str] = set()
    for a in attempts:
        done |= {str(a.integration)} if a.receipt else set()
        done |= {f"{a.integration}#{name}" for name in (*a.recipients.taken, *a.recipients.refused)}
    return (names - done).union(*(a.owing for a in attempts if a.receipt))
