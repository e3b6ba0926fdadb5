"""The receiving ends: what PagerDuty, Slack, a mailbox and a topic were given, as the bodies that went over the wire.

A peer answers as its documentation does; what it refuses, and what it takes without confirming it, is the weather's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from alertrelay.alert import Channel
from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import AuthDead, DeliveryFailure, Key, Permanent, RateLimited, Retryable

from tests.harness.weather import AMBIGUOUS, Trouble, Weather


@dataclass(frozen=True, kw_only=True)
class Received:
    """A message that a peer took. `destination` is a routing key, a channel, an address or a topic; `thread` the
    message that it answers, and `edit` says that it took that one's place. `unrecorded`: the table had failed its
    sender."""

    at: datetime
    channel: Channel
    destination: str
    body: Mapping[str, Any]
    thread: str = ""
    edit: bool = False
    unrecorded: bool = False


class Step(Protocol):
    """Runs a request of an invocation, which may be killed around it."""

    def __call__(self, request: Callable[[], Any], verdict: str) -> Any:
        """Returns what the request returns. Raises Killed."""


@dataclass
class Peers:
    """All peers. `unconfirmed` counts the answers that left open whether the message had arrived."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    weather: Weather
    step: Step
    sent: Callable[[], None]
    without_table: Callable[[], bool]
    inbox: list[Received] = field(default_factory=list)
    unconfirmed: int = 0
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def take(self, target: Target, message: Message, key: Key | None, timeout: float, thread: str, edit: bool) -> str:
        """Answers one request: the id of the message. Raises a DeliveryFailure."""
        channel = target.integration.channel
        to = destination(target)

        def arrives() -> str:
            taken = Received(
                at=self.now(),
                channel=channel,
                destination=to,
                body=message,
                thread=thread,
                edit=edit,
                unrecorded=self.without_table(),
            )
            self.inbox.append(taken)
            return thread or f"{channel}-{next(self.numbers)}"

        def request() -> str:
            accepted = self.weather.accepted.get(key.name) if key else None
            if key and accepted is not None and key.value not in accepted:
                raise AuthDead(f"{channel} answered 401")
            trouble = self.weather.trouble(to, channel)
            if trouble is None:
                self.sent()
                return arrives()
            if trouble.kind in AMBIGUOUS:
                self.unconfirmed += 1
                if trouble.kind == "5xx-taken" or self.weather.strikes(trouble.taken):
                    arrives()
            raise self._failure(trouble, timeout)

        answer: str = self.step(request, self.weather.peer())
        return answer

    def _failure(self, trouble: Trouble, timeout: float) -> DeliveryFailure:
        if trouble.kind in ("hang", "trickle"):
            self.sleep(timeout)
            return Retryable("no answer came in time", ambiguous=True)
        return {
            "refused": Retryable("the connection was refused"),
            "tls": Retryable("it shows a certificate that is not trusted"),
            "reset": Retryable("the connection was reset", ambiguous=True),
            "429": RateLimited("it answered 429", retry_after=trouble.retry_after),
            "5xx": Retryable("it answered 503", ambiguous=True),
            "5xx-taken": Retryable("it answered 503", ambiguous=True),
            "400": Permanent("it answered 400"),
            "401": AuthDead("it answered 401"),
        }[trouble.kind]


@dataclass(frozen=True)
class PeerSender:
    """A Sender whose socket ends at the peers."""

    peers: Peers

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
        """See ports.Sender."""
        thread = earlier.ref.get("thread", "") if earlier else ""
        found = self.peers.take(target, message, key, timeout, thread, edit and bool(thread))
        return Receipt(
            integration=target.integration,
            key_name=key.name if key else "",
            key_version=key.version if key else "",
            ref={"thread": thread or found},
        )

    def key_name(self, target: Target) -> str:
        """See ports.Sender."""
        settings = target.settings
        return str(getattr(settings, "routing_key", "") or getattr(settings, "key", ""))

    def edits(self, target: Target) -> bool:
        """See ports.Sender."""
        return getattr(target.settings, "mode", "") == "bot"


def destination(target: Target) -> str:
    """Returns where a target's messages arrive."""
    settings = target.settings
    for name in ("channel", "routing_key", "topic_arn"):
        if found := getattr(settings, name, ""):
            return str(found)
    return ", ".join(getattr(settings, "to", ()))
