"""States what the pipeline needs from the outside beside the state table, as Protocols, and the ways in which it fails.

Clock, Timers, Secrets and Sender have a real implementation (aws/, channels/) and a memory twin (memory/); both pass
the same contract tests. The table's ports stand in state.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from alertrelay.config.model import Target
from alertrelay.notification import Message, Outcome, Receipt, Recipients


class DeliveryFailure(Exception):
    """A channel did not take a message. `text` is a short sentence that is safe to log and to show.

    `ambiguous`: the message may have arrived all the same (a read timeout, a 5xx after the body was sent). `tried` is
    False where nothing was sent: no time was left, or there is no key. `recipients`: who refused it, where the channel
    answers for each.
    """

    def __init__(
        self, text: str, *, ambiguous: bool = False, tried: bool = True, recipients: Recipients | None = None
    ) -> None:
        super().__init__(text)
        self.text = text
        self.ambiguous = ambiguous
        self.tried = tried
        self.recipients = recipients


class RateLimited(DeliveryFailure):
    """429. `retry_after` is the channel's own delay in seconds, None where it named none."""

    def __init__(self, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Retryable(DeliveryFailure):
    """The same request may succeed later: refused, reset, timeout, 5xx."""


class AuthDead(DeliveryFailure):
    """The key is not accepted, or is missing: another version of the key may be."""


class Permanent(DeliveryFailure):
    """The channel will never take this request: 400, unknown channel, a bad address."""


class TimersFailure(Exception):
    """The queue did not take a message."""


class ChartFailure(Exception):
    """CloudWatch did not give the points of a metric in time. The text is safe to log."""


class NotAccountedFor(Exception):
    """Neither the table nor the queue took an alert, and nobody was notified: the event must come again."""


class SecretMissing(Exception):
    """The secret cannot be read, or has no such key. The text names the key, never a value."""


class Clock(Protocol):
    """Time, as an argument."""

    def now(self) -> datetime:
        """The time, aware, UTC."""

    def sleep(self, seconds: float) -> None:
        """Waits; a manual clock only moves."""


class Timers(Protocol):
    """The forwarder's own queue: a message comes back after its delay."""

    @property
    def horizon(self) -> float:
        """Seconds from the beginning of this minute on: what is due later is not sent but found by a tick."""

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        """Delay 0 to 900 s (SQS's bound). Raises TimersFailure."""

    def send_all(self, bodies: Sequence[tuple[Mapping[str, Any], float]]) -> None:
        """Many, each with its delay. Raises TimersFailure where one was not taken; the others are."""

    def dead_letter(self, body: Mapping[str, Any]) -> None:
        """Puts it in the dead-letter queue, whose alarm mails without our code. Raises TimersFailure."""


@dataclass(frozen=True, slots=True)
class Key:
    """One version of one key of the environment's secret; of several, which `name` names with a space between them, a
    value a line. `repr` shows no value."""

    name: str
    value: str
    version: str

    def __repr__(self) -> str:
        return f"Key({self.name!r}, version {self.version!r})"


class Secrets(Protocol):
    """The environment's one secret, a JSON object of keys."""

    def versions(self, name: str, *, prefer: str = "") -> Iterable[Key]:
        """The versions of a key worth trying, in order and lazily: the cached one; after it was refused, what a read
        past the cache finds anew; then the one before the last rotation. `prefer` (a Key.version) is put first where
        it is still known. Raises SecretMissing when there is none at all."""


class Sender(Protocol):
    """One channel. Opens the socket; holds no state that a delivery depends on."""

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,
        notification_id: str,
        timeout: float,
        earlier: Receipt | None = None,
        edit: bool = False,
    ) -> Receipt:
        """Sends within `timeout` seconds. `earlier` is what this target gave back for the group's first message: the
        new one is threaded under it where the channel can, or with `edit` that message is changed instead (and a
        new one sent where the channel refuses the change). Raises a DeliveryFailure whose text holds no part of the
        key."""

    def key_name(self, target: Target) -> str:
        """Returns the key of the secret that this target needs, "" for none."""

    def edits(self, target: Target) -> bool:
        """Returns whether an earlier message of this target can be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAlert:
    """Something is wrong with the relay itself: goes to the ops topic by SNS, never to our own topics. Of one `name`
    and `cause` a container sends one in a quarter of an hour, with the count of the others."""

    name: str  # a fixed word: SecretKeyRefused, ReceiverGone, LoopDetected, …
    text: str
    cause: str = ""  # an integration, where it is about one


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """The reports of a forwarder: outcomes, events of its log, and what is wrong with the relay itself.

    `emit` takes the outcome of an update; `log(event, **fields)`; `alert_ops` must not raise.
    """

    emit: Callable[[Outcome], None]
    log: Callable[..., None]
    alert_ops: Callable[[SelfAlert], None]
