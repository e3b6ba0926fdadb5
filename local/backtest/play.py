"""Plays changes of state through alertrelay's own pipeline, in simulated time, and counts the messages."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from alertrelay.aws.alarms.updates import as_updates
from alertrelay.channels import KINDS
from alertrelay.config.durations import FORWARDER_TIMEOUT
from alertrelay.config.model import Config, Target
from alertrelay.dispatch.assembly import assemble
from alertrelay.memory.ports import MemorySecrets
from alertrelay.memory.store import MemoryStore
from alertrelay.notification import Message, Notification, Receipt
from alertrelay.notify.compose import Site
from alertrelay.notify.limits import LIMITS
from alertrelay.ports import Key, Telemetry
from alertrelay.sources import Envelope
from alertrelay.values.text import how_many

from local.backtest.before import Counts, pages
from local.backtest.history import StateChange
from local.simulation.agenda import Agenda
from local.simulation.relay import SimulatedTimers

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayedAlarm:
    """An alarm that notifies a topic of ours: as DescribeAlarms has it, with its tags."""

    fields: Mapping[str, Any]
    tags: Mapping[str, str]
    topic: str


@dataclass(slots=True)
class Sent:
    """What a relay sent: messages in all by channel, those with news of an alarm by channel and alarm, and how many
    messages were only changed in place, which rings nobody. A channel that pages counts the incidents that open."""

    messages: Counter[str] = field(default_factory=Counter)
    by_alarm: Counts = field(default_factory=Counter)
    edits: Counter[str] = field(default_factory=Counter)


def play(
    changes: Iterable[StateChange],
    alarms: Mapping[str, RelayedAlarm],
    config: Config,
    *,
    start: datetime,
    end: datetime,
    say: Callable[[str], None],
) -> Sent:
    """Returns what the relay sends of changes within two times. `alarms` by name; the change of another one is not the
    relay's. Every channel answers; nobody silences anything."""
    agenda, sent = Agenda(start), Sent()
    receive = _pipeline(config, agenda, sent)
    for change in changes:
        alarm = alarms.get(change.alarm)
        if alarm is not None:
            agenda.at(change.at, lambda one=change, of=alarm: agenda.invoke(lambda: receive(envelope_of(of, one))))  # type: ignore[misc]
    try:
        days = max(1, -(-(end - start) // DAY))
        for day in range(1, days + 1):
            agenda.run(min(end, start + day * DAY))
            say(f"day {day} of {days}, {how_many(sent.messages.total(), 'message')}")
    finally:
        agenda.close()
    return sent


def envelope_of(alarm: RelayedAlarm, change: StateChange) -> Envelope:
    """Returns the message that an alarm publishes to its topic when it goes into a state."""
    account = str(alarm.fields["AlarmArn"]).split(":")[4]
    fields = {
        **alarm.fields,
        "StateValue": change.state,
        "StateReason": change.reason,
        "StateTransitionedTimestamp": change.at,
    }
    parts = []
    if change.contributor:
        named = {"ContributorId": change.contributor, "ContributorAttributes": dict(change.attributes)}
        parts = [{**named, "StateReason": change.reason, "StateTransitionedTimestamp": change.at}]
    (envelope, _), *_ = as_updates(fields, parts, account=account, topic=alarm.topic, now=change.at)
    if not alarm.tags:
        return envelope
    return replace(envelope, text=json.dumps({**json.loads(envelope.text), "AlarmTags": dict(alarm.tags)}))


def _pipeline(config: Config, agenda: Agenda, sent: Sent) -> Callable[[Envelope], None]:
    """Returns what takes a message, as the deployed functions would together."""
    numbers = itertools.count(1)
    pipeline = assemble(
        config=config,
        site=Site(environment=config.environment, account="111122223333", region="eu-central-1"),
        channels=frozenset(KINDS),
        accounts_for_unrouted=True,
        notes_sources=True,
        store=MemoryStore(agenda),
        timers=SimulatedTimers(agenda, lambda body: pipeline.on_timer(body, deadline=agenda.now() + FORWARDER_TIMEOUT)),
        clock=agenda,
        secrets=MemorySecrets({}),
        senders=dict.fromkeys(KINDS, _CountingSender(sent)),
        renderer=lambda _: lambda notification, _: {"notification": notification},
        telemetry=Telemetry(emit=_ignore, log=_ignore, alert_ops=_ignore),
        resolved_alarms=lambda _: frozenset(),
        new_id=lambda: f"n{next(numbers)}",
        limits=LIMITS,
        shown=1_000_000,
    )
    return lambda envelope: pipeline.receive(envelope, deadline=agenda.now() + FORWARDER_TIMEOUT)


def _ignore(*_: Any, **__: Any) -> None:
    """Takes what nobody reads here."""


class _CountingSender:
    """ports.Sender of every channel, which accepts all."""

    def __init__(self, sent: Sent) -> None:
        self._sent = sent
        self._shown: dict[tuple[str, str], Mapping[str, str]] = {}

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,  # noqa: ARG002 - no secret is read
        notification_id: str,
        timeout: float,  # noqa: ARG002 - it answers at once
        earlier: Receipt | None = None,  # noqa: ARG002 - what it would be threaded under is not shown
        edit: bool = False,
    ) -> Receipt:
        """See ports.Sender."""
        channel, notification = target.integration.channel, message["notification"]
        place = (str(target.integration), notification.group_key)
        before = self._shown.get(place, {})
        self._shown[place] = {alert.state_key: alert.status for alert in notification.alerts}
        if edit:
            self._sent.edits[channel] += 1
        elif not pages(channel) or (notification.status == "firing" and "firing" not in before.values()):
            people = max(1, len(getattr(target.settings, "to", ()))) if channel == "email" else 1
            self._sent.messages[channel] += people
            for name in _news(notification, before):
                self._sent.by_alarm[channel, name] += people
        return Receipt(integration=target.integration, ref={"id": notification_id})

    def key_name(self, target: Target) -> str:  # noqa: ARG002 - no secret is read
        """See ports.Sender."""
        return ""

    def edits(self, target: Target) -> bool:
        """See ports.Sender. As the real ones."""
        return target.settings.can_edit


def _news(notification: Notification, before: Mapping[str, str]) -> set[str]:
    """Returns the alarms that a message has news of, by the states that the last one had; of a repeat all it shows."""
    names = {alert.state_key: alert.labels.get("alarm_name", alert.name) for alert in notification.alerts}
    news = {names[alert.state_key] for alert in notification.alerts if before.get(alert.state_key) != alert.status}
    return news or set(names.values())
