"""One notification to one channel: retries inside a time budget, every version of the key, a circuit breaker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertrelay.alert import Channel, Integration
from alertrelay.config.model import Target
from alertrelay.notification import Failed, Message, Notification, Receipt
from alertrelay.ports import (
    AuthDead,
    DeliveryFailure,
    Key,
    Permanent,
    RateLimited,
    Relay,
    Retryable,
    SecretMissing,
    SelfAlert,
)

HTTP_TIMEOUT = 5.0
"""Seconds for one request. A flush sends only while this much is left before its lease is in danger."""
SHORTEST = 1.0
"""Seconds below which a request is not begun."""
BACKOFF = (1.0, 2.0, 4.0)
"""Seconds between tries: four tries within the budget."""
BREAKER = timedelta(seconds=30)
"""How long a channel that did not answer is tried once and shortly, instead of four times: an alarm of four Slack
receivers must not spend its invocation on waiting for Slack four times, and leave no time for their fallbacks."""
BROKEN_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one channel took one notification: a receipt, or the failure of the last try."""

    integration: Integration
    notification_id: str
    receipt: Receipt | None
    failure: DeliveryFailure | None
    attempts: int
    seconds: float
    certain: bool  # no try was ambiguous: where it failed, surely nothing was delivered

    @property
    def failed(self) -> Failed:
        """The failure as a fallback message names it."""
        text = self.failure.text if self.failure else ""
        return Failed(integration=self.integration, text=text, attempts=self.attempts, seconds=self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    """What every try of one attempt has in common. `longest` bounds one request, in seconds."""

    relay: Relay
    target: Target
    notification: Notification
    stop: datetime
    longest: float
    earlier: Receipt | None
    edit: bool


def attempt(
    relay: Relay,
    target: Target,
    notification: Notification,
    *,
    send_by: datetime,
    within: float,
    earlier: Receipt | None = None,
    edit: bool = False,
) -> Attempt:
    """Tries a channel until it takes the notification, says that it never will, or `within` seconds are over.

    Nothing is begun that could outlive `send_by`: a trigger that arrives after another owner's resolve would reopen
    an incident for ever. Never raises: an error of ours is a failure of this channel, and the next one is tried.
    """
    clock, began = relay.clock, relay.clock.now()
    stop = min(send_by, began + timedelta(seconds=within))
    broken = _is_failing(relay, target.integration.channel)
    pauses = iter(() if broken else BACKOFF)
    one = _Try(
        relay=relay,
        target=target,
        notification=notification,
        stop=stop,
        longest=BROKEN_TIMEOUT if broken else HTTP_TIMEOUT,
        earlier=earlier,
        edit=edit,
    )
    tries, certain = 0, True
    receipt: Receipt | None = None
    failure: DeliveryFailure | None = None
    while receipt is None:
        if _left(relay, stop) < SHORTEST:
            failure = failure or Retryable(f"no time was left to try {target.integration.channel}")
            break
        tries += 1
        try:
            receipt = _send(one)
        except DeliveryFailure as caught:
            failure, certain = caught, certain and not caught.ambiguous
            pause = _pause(caught, pauses)
            if pause is None or clock.now() + timedelta(seconds=pause + SHORTEST) > stop:
                break
            clock.sleep(pause)
    _remember(relay, target, failure if receipt is None else None)
    return Attempt(
        integration=target.integration,
        notification_id=notification.id,
        receipt=receipt,
        failure=None if receipt else failure,
        attempts=tries,
        seconds=(clock.now() - began).total_seconds(),
        certain=certain,
    )


def _left(relay: Relay, stop: datetime) -> float:
    return (stop - relay.clock.now()).total_seconds()


def _remember(relay: Relay, target: Target, failure: DeliveryFailure | None) -> None:
    """The breaker, and a word to the ops topic where only a person can mend it."""
    if failure is None:
        relay.failing.pop(target.integration.channel, None)
        return
    if isinstance(failure, Retryable):
        relay.failing[target.integration.channel] = relay.clock.now() + BREAKER
    if isinstance(failure, AuthDead | Permanent):
        name = "SecretKeyRefused" if isinstance(failure, AuthDead) else "MessageRefused"
        relay.tell_ops(SelfAlert(name=name, text=f"{target.integration}: {failure.text}. Its fallbacks are told."))


def _is_failing(relay: Relay, channel: Channel) -> bool:
    until = relay.failing.get(channel)
    return until is not None and relay.clock.now() < until


def _pause(failure: DeliveryFailure, pauses: Iterator[float]) -> float | None:
    """Seconds until the next try; None where there is none."""
    if isinstance(failure, RateLimited):
        pause = next(pauses, None)
        return None if pause is None else (pause if failure.retry_after is None else failure.retry_after)
    return next(pauses, None) if isinstance(failure, Retryable) else None


def _send(one: _Try) -> Receipt:
    """One try; where the key is refused, once more with each other version of the key."""
    try:
        return _with_each_key(one, one.relay.render(one.notification, one.target))
    except SecretMissing as missing:
        raise AuthDead(str(missing)) from None
    except DeliveryFailure:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours must lead to the next channel, not to a lost alert
        # Only the type is named: the text of a foreign exception may hold the address or the key.
        channel = one.target.integration.channel
        raise Retryable(f"{channel} raised {type(error).__name__}", ambiguous=True) from None


def _with_each_key(one: _Try, message: Message) -> Receipt:
    sender = one.relay.senders[one.target.integration.channel]
    name = sender.key_name(one.target)
    refused = AuthDead(f"no version of key {name!r} is left to try")
    for key in _keys(one.relay, name, one.earlier):
        # Each version of the key has what is left, so that three of them do not take three times as long.
        timeout = min(one.longest, _left(one.relay, one.stop))
        if timeout < SHORTEST:
            break
        try:
            return sender.send(
                message,
                one.target,
                key=key,
                notification_id=one.notification.id,
                timeout=timeout,
                earlier=one.earlier,
                edit=one.edit,
            )
        except AuthDead as caught:
            refused = caught
    raise refused


def _keys(relay: Relay, name: str, earlier: Receipt | None) -> Iterable[Key | None]:
    if not name:
        return (None,)
    prefer = earlier.key_version if earlier and earlier.key_name == name else ""
    return relay.secrets.versions(name, prefer=prefer)
