"""Accounts for every alert of every file: puts each outcome to its update, and finds what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertrelay.alert import Alert, Integration
from alertrelay.config.model import Config
from alertrelay.notification import Outcome, Reason
from alertrelay.policy.group_key import group_id
from alertrelay.policy.route import match_routes
from alertrelay.sources import Envelope, Parsed


@dataclass(slots=True, kw_only=True)
class AccountedUpdate:
    """One update at one integration; a later outcome takes the place of `pending`."""

    at: datetime
    function: str
    outcome: Outcome
    next_try: datetime | None = None


@dataclass(slots=True, kw_only=True)
class PublishedEvent:
    """One file, as the functions got it: `topic` is where its first message went."""

    file: str
    at: datetime
    topic: str
    envelopes: list[Envelope] = field(default_factory=list)
    parsed: list[Parsed] = field(default_factory=list)
    deliveries: list[AccountedUpdate] = field(default_factory=list)

    def add(self, envelope: Envelope, parsed: Parsed) -> None:
        """One message of the file, as it was published."""
        self.topic = self.topic or envelope.topic_arn
        self.envelopes.append(envelope)
        self.parsed.append(parsed)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The alerts of all its messages."""
        return tuple(alert for parsed in self.parsed for alert in parsed.alerts)

    def holds(self, outcome: Outcome) -> bool:
        """Returns whether the outcome is about an update of this file."""
        return any(a.state_key == outcome.state_key and a.status == outcome.status for a in self.alerts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An update that was not notified, and that no queue holds."""

    file: str
    alertname: str
    integration: str


@dataclass(slots=True)
class Account:
    """The events so far, and what was said of them."""

    config: Config
    events: list[PublishedEvent] = field(default_factory=list)

    def observe(self, at: datetime, function: str, outcome: Outcome) -> None:
        """Puts an outcome to the latest file that holds its update; a final one also settles what waited for it."""
        new = AccountedUpdate(at=at, function=function, outcome=outcome)
        home = next((e for e in reversed(self.events) if e.holds(outcome)), None)
        waiting = [(event, old) for event in self.events for old in event.deliveries if _settles(new, old)]
        if outcome.outcome == "pending":
            waiting = [(event, old) for event, old in waiting if event is home]
        for _, old in waiting:
            old.at, old.outcome = at, _as_settled(old.outcome, outcome)
        if home and not (waiting and any(_alike(outcome, old.outcome) for old in home.deliveries)):
            home.deliveries.append(new)

    def give_up(self, event: PublishedEvent, function: str, handles: Iterable[str], *, at: datetime, why: str) -> None:
        """The function gave the event up, and a dead-letter queue has it."""
        for alert, integration in expected(self.config, event.alerts):
            if integration.channel in handles and not _notified(event, alert, integration):
                outcome = Outcome(
                    alertname=alert.name,
                    fingerprint=alert.fingerprint,
                    state_key=alert.state_key,
                    status=alert.status,
                    receiver=integration.receiver,
                    channel=integration.channel,
                    outcome="failed",
                    reason=Reason.RETRY_EXHAUSTED,
                    detail=why,
                )
                event.deliveries.append(AccountedUpdate(at=at, function=function, outcome=outcome))

    def lost(self, waiting: str) -> Iterator[Lost]:
        """`waiting` is all that lies in the queues, as one text."""
        for event in self.events:
            queued = any(e.message_id and e.message_id in waiting for e in event.envelopes)
            for alert in event.alerts:
                said = [d.outcome for d in event.deliveries if d.outcome.state_key == alert.state_key]
                if not said and not queued and alert.status != "unknown":
                    yield Lost(file=event.file, alertname=alert.name, integration="")
            for delivery in event.deliveries:
                one = delivery.outcome
                pending = one.outcome == "pending" and not _fell_back(event, one.state_key, one.receiver, one.channel)
                if pending and not queued and not any(gid in waiting for gid in self.groups_of(one)):
                    yield Lost(file=event.file, alertname=delivery.outcome.alertname, integration=_name(delivery))
            for alert, integration in expected(self.config, event.alerts):
                if not queued and not _notified(event, alert, integration) and not _for_nobody(event, alert):
                    yield Lost(file=event.file, alertname=alert.name, integration=str(integration))

    def groups_of(self, outcome: Outcome) -> Iterator[str]:
        """The groups that an update may be in: by the labels that its alert had in any file."""
        for other in self.events:
            for alert in other.alerts:
                if alert.state_key == outcome.state_key:
                    yield from (gid for gid, integration in groups(self.config, alert) if _same(integration, outcome))


def groups(config: Config, alert: Alert) -> Iterator[tuple[str, Integration]]:
    """The groups that the route tree puts an alert in."""
    for route in match_routes(config.route, alert.labels):
        receiver = config.receiver(route.receiver)
        for target in receiver.targets if receiver else ():
            yield group_id(target.integration, route, alert.labels), target.integration


def expected(config: Config, alerts: Iterable[Alert]) -> Iterator[tuple[Alert, Integration]]:
    """Yields every (update, integration) that must be accounted for: firing alerts, by the route tree. A resolve goes
    to the integrations that were notified, which only the table knows."""
    for alert in alerts:
        if alert.status == "firing":
            for integration in sorted({integration for _, integration in groups(config, alert)}):
                yield alert, integration


def _fell_back(event: PublishedEvent, state_key: str, receiver: str, channel: str | None) -> bool:
    """Returns whether a fallback notified an event in place of an integration: it is not tried there again."""
    events = {alert.state_key for alert in event.alerts if alert.kind == "event"}
    return state_key in events and any(
        d.outcome.state_key == state_key
        and d.outcome.outcome == "fallback"
        and d.outcome.fallback_for.startswith(f"{receiver}/{channel}/")
        for d in event.deliveries
    )


def _notified(event: PublishedEvent, alert: Alert, integration: Integration) -> bool:
    if _fell_back(event, alert.state_key, integration.receiver, integration.channel):
        return True
    return any(
        d.outcome.state_key == alert.state_key and _same(integration, d.outcome) and not d.outcome.fallback_for
        for d in event.deliveries
    )


def _for_nobody(event: PublishedEvent, alert: Alert) -> bool:
    """Decided for all integrations at once: a loop, a stale or a repeated update."""
    return any(
        d.outcome.state_key == alert.state_key and d.outcome.channel is None and d.outcome.outcome == "suppressed"
        for d in event.deliveries
    )


def _same(integration: Integration, outcome: Outcome) -> bool:
    return integration.receiver == outcome.receiver and integration.channel == outcome.channel


def _name(delivery: AccountedUpdate) -> str:
    return f"{delivery.outcome.receiver}/{delivery.outcome.channel}"


def _settles(new: AccountedUpdate, old: AccountedUpdate) -> bool:
    """Returns whether an outcome takes the place of an earlier, pending one: of the same update at the same
    integration, of a newer update of that alert, or of a function that could not say yet whom it would notify."""
    a, b = new.outcome, old.outcome
    if b.outcome != "pending" or a.state_key != b.state_key or a.fallback_for:
        return False
    if b.channel is None:
        return new.function == old.function and a.status == b.status
    if (a.receiver, a.channel) != (b.receiver, b.channel):
        return False
    repeated = a.outcome == "suppressed" and a.reason in (Reason.DUPLICATE, Reason.STALE)
    return not repeated if a.status == b.status else a.outcome != "pending"


def _alike(a: Outcome, b: Outcome) -> bool:
    """About the same update at the same integration."""
    return (a.state_key, a.status, a.receiver, a.channel, a.fallback_for) == (
        b.state_key,
        b.status,
        b.receiver,
        b.channel,
        b.fallback_for,
    )


def _as_settled(old: Outcome, new: Outcome) -> Outcome:
    if old.status == new.status:
        return new
    detail = f"a newer update came before this one was notified, and was {new.outcome} ({new.reason})"
    return replace(old, outcome="suppressed", reason=Reason.STALE, detail=detail)


def masked(value: object, secrets: Mapping[str, str]) -> object:
    """A recorded request with every secret in it blotted out: the stand-ins leave them out, and this makes sure."""
    if isinstance(value, str):
        for name, secret in secrets.items():
            value = value.replace(secret, f"<{name}>")
        return value
    if isinstance(value, Mapping):
        return {str(masked(k, secrets)): masked(v, secrets) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner, secrets) for inner in value]
    return value
