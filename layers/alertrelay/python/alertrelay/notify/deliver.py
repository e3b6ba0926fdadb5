"""One notification to one integration: retries inside a time budget, every version of the key, a circuit breaker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alertrelay.alert import Channel, Integration
from alertrelay.channels import Renderer, prepared
from alertrelay.config.model import Target
from alertrelay.notification import Failed, Message, Notification, Receipt, Recipients
from alertrelay.notify.recipients import Asked, first_asked
from alertrelay.notify.targets import peer_of
from alertrelay.ports import (
    AuthDead,
    Clock,
    DeliveryFailure,
    Key,
    Permanent,
    RateLimited,
    Retryable,
    SecretMissing,
    Secrets,
    SelfAlert,
    Sender,
)
from alertrelay.render.team_texts import NotAllowed, NotRendered, addressed

HTTP_TIMEOUT = 5.0
"""Seconds for one request. A flush sends only while this much is left before its lease is in danger."""
SHORTEST = 1.0
"""Seconds below which a request is not begun."""
BACKOFF = (1.0, 2.0, 4.0)
"""Seconds between tries: four tries within the budget."""
BREAKER = timedelta(seconds=30)
"""How long a peer that did not answer is tried once and shortly, instead of four times: an alarm of four Slack
receivers must not spend its invocation on waiting for Slack four times, and leave no time for their fallbacks."""
BROKEN_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The attempt of one channel at one notification: a receipt, or the failure of the last try. `attempts`
    counts the tries in which something was sent."""

    integration: Integration
    notification_id: str
    receipt: Receipt | None
    failure: DeliveryFailure | None
    attempts: int
    seconds: float
    certain: bool  # no try was ambiguous: where it failed, surely nothing was delivered
    recipients: Recipients = field(default_factory=Recipients)
    missed: frozenset[str] = frozenset()  # recipients on call who did not take what others took

    @property
    def delivered(self) -> bool:
        """Returns whether it was taken, also by everybody who is on call: a fallback is notified where it was not."""
        return self.receipt is not None and not self.missed

    @property
    def owing(self) -> frozenset[str]:
        """Returns names to try once more: the channel, or those of its recipients who refused it for now."""
        name = str(self.integration)
        return frozenset(f"{name}#{one}" for one in self.recipients.deferred) if self.receipt else frozenset({name})

    @property
    def unanswered(self) -> bool:
        """Returns whether it may have arrived although the channel did not confirm it."""
        return self.receipt is None and not self.certain

    @property
    def failed(self) -> Failed:
        """The failure as a fallback message names it."""
        text = self.failure.text if self.failure else ""
        return Failed(
            integration=self.integration,
            text=text,
            attempts=self.attempts,
            seconds=self.seconds,
            tried=self.attempts > 0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The parts of one sending. `earlier` is what the target gave back for the group's first message; with
    `edit` that one is changed. Nothing is begun that could outlive `send_by`: a trigger that arrives after another
    owner's resolve would reopen an incident for ever. `within` is in seconds. `once`: a timer tries it again."""

    target: Target
    notification: Notification
    send_by: datetime
    within: float
    earlier: Receipt | None = None
    edit: bool = False
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Delivers notifications. `renderer` returns what gives a notification the channel's own shape.

    `failing` is a circuit breaker, per container and peer: one that did not answer is tried once and shortly till then.
    """

    senders: Mapping[Channel, Sender]
    secrets: Secrets
    renderer: Callable[[Target], Renderer]
    clock: Clock
    alert_ops: Callable[[SelfAlert], None]
    failing: dict[str, datetime] = field(default_factory=dict)

    def edits(self, target: Target) -> bool:
        """Returns whether an earlier message of this target can be changed."""
        return self.senders[target.integration.channel].edits(target)

    def attempt(self, one: Delivery) -> Attempt:
        """Tries a channel until it takes the notification, refuses it for good, or the time is over.

        Never raises: an error of ours is a failure of this channel, and the next one is tried."""
        began = self.clock.now()
        stop = min(one.send_by, began + timedelta(seconds=one.within))
        tries, certain = 0, True
        receipt: Receipt | None = None
        failure: DeliveryFailure | None = None
        message, target = None, one.target
        try:
            target = addressed(target, one.notification.group_labels, now=one.notification.at)
            message = self.renderer(target)(self._prepared(one, target), target.settings)
        except (NotRendered, NotAllowed) as error:
            failure = Permanent(str(error), tried=False)
        except Exception as error:  # noqa: BLE001 - a fault of ours must lead to the next channel, not to a lost alert
            failure = Permanent(f"the message could not be rendered ({type(error).__name__})")
        (longest, pauses), asked = self._pace(target, began, once=one.once), first_asked(target)
        while message is not None and asked.target:
            now = self.clock.now()
            if (stop - now).total_seconds() < SHORTEST:
                failure = failure or Retryable(f"no time was left to try {target.integration.channel}", tried=False)
                break
            try:
                taken = self._try(one, asked.target, message, stop, longest)
                tries += 1
                receipt, failure, asked = receipt or taken, None, asked.after(taken.recipients)
                pause = next(pauses, None) if asked.target else None
            except DeliveryFailure as caught:
                tries += caught.tried
                failure, certain = caught, certain and not caught.ambiguous
                asked = asked.after_failure(caught.recipients)
                pause = _pause(caught, pauses)
            if pause is None or self.clock.now() + timedelta(seconds=pause + SHORTEST) > stop:
                break
            self.clock.sleep(pause)
        self._note(target, failure if receipt is None else None)
        self._report_refused(target, asked, taken=receipt is not None)
        missed = asked.missed if receipt else frozenset[str]()
        return Attempt(
            integration=target.integration,
            notification_id=one.notification.id,
            receipt=receipt,
            failure=asked.failure_for(missed) if receipt else failure,
            attempts=tries,
            seconds=(self.clock.now() - began).total_seconds(),
            certain=certain,
            recipients=asked.recipients,
            missed=missed,
        )

    def _prepared(self, one: Delivery, target: Target) -> Notification:
        """Returns the notification with the team's own texts. A template that fails leaves our text in its place, and
        a person has to mend it."""
        found = prepared(replace(one.notification, edit=True) if one.edit else one.notification, target)
        if found.text_failures:
            named = "; ".join(found.text_failures)
            text = f"{target.integration}: a template failed ({named}). alertrelay's own text was sent instead."
            self.alert_ops(SelfAlert(name="TemplateFailed", text=text, cause=str(target.integration)))
        return found

    def _pace(self, target: Target, now: datetime, *, once: bool) -> tuple[float, Iterator[float]]:
        """Returns the longest time for one try, in seconds, and the pauses between the tries."""
        until = self.failing.get(peer_of(target))
        if until is not None and now < until:
            return BROKEN_TIMEOUT, iter(())
        return HTTP_TIMEOUT, iter(() if once else BACKOFF)

    def _try(self, one: Delivery, target: Target, message: Message, stop: datetime, longest: float) -> Receipt:
        channel = target.integration.channel
        try:
            return self._with_each_key(one, target, message, stop, longest)
        except SecretMissing as missing:
            raise AuthDead(str(missing), tried=False) from None
        except DeliveryFailure:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours must lead to the next channel, not to a lost alert
            # Only the type is named: the text of a foreign exception may hold the address or the key.
            raise Retryable(f"{channel} raised {type(error).__name__}", ambiguous=True) from None

    def _with_each_key(
        self, one: Delivery, target: Target, message: Message, stop: datetime, longest: float
    ) -> Receipt:
        """Sends once; where the key is refused, once more with each other version of the key."""
        channel = target.integration.channel
        sender = self.senders[channel]
        name = sender.key_name(target)
        refused: DeliveryFailure = Retryable(f"no time was left to try {channel}", tried=False)
        for key in self._keys(name, one.earlier):
            # Each version of the key has what is left, so that three of them do not take three times as long.
            timeout = min(longest, (stop - self.clock.now()).total_seconds())
            if timeout < SHORTEST:
                break
            try:
                return sender.send(
                    message,
                    target,
                    key=key,
                    notification_id=one.notification.id,
                    timeout=timeout,
                    earlier=one.earlier,
                    edit=one.edit,
                )
            except AuthDead as caught:
                refused = caught
        raise refused

    def _keys(self, name: str, earlier: Receipt | None) -> Iterable[Key | None]:
        if not name:
            return (None,)
        prefer = earlier.key_version if earlier and earlier.key_name == name else ""
        return self.secrets.versions(name, prefer=prefer)

    def _report_refused(self, target: Target, asked: Asked, *, taken: bool) -> None:
        """Reports recipients that are refused for good to ops: only a person can mend an address. Where all are
        refused, `_note` reports the message."""
        if asked.recipients.refused and (taken or asked.recipients.deferred):
            named = ", ".join(asked.recipients.refused.values())
            text = f"{target.integration}: {named} was permanently refused and will not be retried for this message."
            self.alert_ops(SelfAlert(name="RecipientRefused", text=text, cause=str(target.integration)))

    def _note(self, target: Target, failure: DeliveryFailure | None) -> None:
        """Keeps the breaker of the peer, and reports a failure to ops that only a person can mend."""
        if failure is None:
            self.failing.pop(peer_of(target), None)
            return
        partly = failure.recipients and failure.recipients.missed
        if isinstance(failure, Retryable) and failure.tried and not partly:
            self.failing[peer_of(target)] = self.clock.now() + BREAKER
        if isinstance(failure, AuthDead | Permanent):
            name = "SecretKeyRefused" if isinstance(failure, AuthDead) else "MessageRefused"
            text = f"{target.integration}: {failure.text}. Its fallbacks are notified."
            self.alert_ops(SelfAlert(name=name, text=text, cause=str(target.integration)))


def _pause(failure: DeliveryFailure, pauses: Iterator[float]) -> float | None:
    """Returns the seconds until the next try; None where there is none."""
    if isinstance(failure, RateLimited):
        pause = next(pauses, None)
        return None if pause is None else (pause if failure.retry_after is None else failure.retry_after)
    return next(pauses, None) if isinstance(failure, Retryable) else None
