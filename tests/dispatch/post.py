"""A world whose e-mail goes to several recipients, each of whom the mail server may refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from alertrelay.channels.email import EmailSettings, bare_addresses, recipient_name
from alertrelay.config.model import Config, Receiver, Target
from alertrelay.notification import Message, Notification, Receipt, Recipients
from alertrelay.ports import DeliveryFailure, Key, Permanent, Retryable
from alertrelay.render import wording

from tests.dispatch.test_crashes import MortalWorld
from tests.dispatch.world import Relay, _email, alarm, config

A, B, C = "anna@example.com", "ben@example.com", "carl@example.com"
FIRED, OVER = ("firing", "cpu"), ("resolved", "cpu")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that one recipient got: the alerts that it calls firing and resolved, by name."""

    to: str
    status: str
    reason: str
    firing: frozenset[str]
    resolved: frozenset[str]
    news: frozenset[str]


@dataclass
class Post:
    """ports.Sender of e-mail. `codes` are what the server answers for a recipient; `lost` are tries of which the answer
    to the data is lost, in order."""

    codes: dict[str, int] = field(default_factory=dict)
    lost: list[bool] = field(default_factory=list)
    got: list[Mail] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    always: DeliveryFailure | None = None

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
        assert isinstance(target.settings, EmailSettings)
        addresses = bare_addresses(target.settings.to)
        self.asked.append(addresses)
        if self.always:
            raise self.always
        codes = {address: self.codes[address] for address in addresses if address in self.codes}
        found = Recipients(
            taken=frozenset(recipient_name(a) for a in addresses if a not in codes),
            deferred={recipient_name(a): f"{a[:1]}… ({code})" for a, code in codes.items() if code < 500},
            refused={recipient_name(a): f"{a[:1]}… ({code})" for a, code in codes.items() if code >= 500},
        )
        if not found.taken:
            kind = Retryable if found.deferred else Permanent
            raise kind("nobody took it", recipients=replace(found, taken=frozenset()))
        self.got += [self._mail(a, message["notification"]) for a in addresses if a not in codes]
        if self.lost and self.lost.pop(0):
            raise Retryable("no answer", ambiguous=True, recipients=replace(found, taken=frozenset()))
        return Receipt(integration=target.integration, ref={"message_id": notification_id}, recipients=found)

    @staticmethod
    def _mail(to: str, notification: Notification) -> Mail:
        by_status: dict[str, set[str]] = {"firing": set(), "resolved": set()}
        for alert in notification.alerts:
            by_status[alert.status].add(alert.state_key.rpartition(":")[2])
        news = frozenset(key.rpartition(":")[2] for key in notification.news)
        return Mail(
            to,
            notification.status,
            str(notification.reason),
            frozenset(by_status["firing"]),
            frozenset(by_status["resolved"]),
            news,
        )

    def key_name(self, target: Target) -> str:
        """See ports.Sender."""
        return ""

    def edits(self, target: Target) -> bool:
        """See ports.Sender."""
        return False

    def of(self, to: str) -> list[tuple[str, str]]:
        """The mails of one recipient: their status, and the alerts that they are about."""
        return [(mail.status, ",".join(sorted(mail.news or mail.resolved))) for mail in self.got if mail.to == to]


def mailing(*to: str, on_call: Sequence[str] = (), stages: Sequence[Sequence[str]] = (), ses: bool = False) -> Config:
    """Everything goes to one receiver of e-mail, with these fallbacks behind it."""
    before = config()
    mail = replace(_email(to[0]), to=to, on_call=tuple(on_call), transport="ses" if ses else "smtp")
    receivers = tuple(
        Receiver(name=r.name, targets=tuple(replace(t, settings=mail, send_resolved=True) for t in r.targets))
        if r.name == "mail"
        else r
        for r in before.receivers
    )
    routes = tuple(replace(r, continue_=False) for r in before.route.routes if r.receiver == "mail")
    return replace(
        before,
        route=replace(before.route, routes=routes),
        receivers=receivers,
        fallbacks={"mail": tuple(tuple(stage) for stage in stages)},
    )


@dataclass
class PostWorld(MortalWorld):
    """The world with `post` as its mail server. Messages to e-mail are the notifications themselves."""

    def __post_init__(self) -> None:
        self.post = Post()
        super().__post_init__()
        self.senders["email"] = self.post  # type: ignore[assignment]

    def _relay(self, channels: Any) -> Relay:
        relay = super()._relay(channels)
        return replace(relay, renderer=lambda _: _rendered)

    def of_ops(self, name: str) -> list[str]:
        """The texts of the self-alerts of one name."""
        return [alert.text for alert in self.ops if alert.name == name]

    def behind(self) -> dict[str, Mapping[str, Any]]:
        """Returns the recipients behind, of each group that has some."""
        return {
            gid: header.ledger.behind
            for gid, header in self.memory._headers.items()
            if header.ledger and header.ledger.behind
        }


def _rendered(notification: Notification, _target: Target) -> Message:
    if notification.integration.channel == "pagerduty":
        action = "resolve" if notification.status == "resolved" else "trigger"
        return {"notification": notification, "event_action": action, "dedup_key": notification.dedup_key}
    return {"notification": notification, "headline": wording.headline(notification)}


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def ends(world: PostWorld, *, seconds: float = 900) -> None:
    """The alarm is over, and time goes on."""
    world.publish(alarm("cpu", "OK", at=world.clock.now() + after(1)))
    world.run(seconds)
