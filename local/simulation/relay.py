"""alertrelay's own pipeline on memory: receivers are recorded, timers are kept to the microsecond."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from alertrelay.channels import KINDS
from alertrelay.config.durations import FORWARDER_TIMEOUT
from alertrelay.config.model import Config, Target
from alertrelay.dispatch.assembly import assemble
from alertrelay.dispatch.portion import Portion
from alertrelay.groups.insert import updates_of
from alertrelay.memory.ports import MemorySecrets
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.group_state import LeaseRefused
from alertrelay.notification import Message, Notification, Outcome, Receipt
from alertrelay.notify.compose import Site
from alertrelay.ports import (
    AuthDead,
    DeliveryFailure,
    Key,
    Permanent,
    RateLimited,
    Retryable,
    Telemetry,
)

from local.simulation.agenda import Agenda
from local.simulation.intake import Intake, IntakeAlert
from local.simulation.record import Record, Shown, Sinks
from local.simulation.timeline import Answer

INVOCATION = FORWARDER_TIMEOUT


def _ignore(*_: Any, **__: Any) -> None:
    """Takes what nobody reads here."""


def _as_it_is(notification: Notification, _: object) -> Message:
    return {"notification": notification}


class OurRelay:
    """Simulates the deployed functions: a forwarder that handles every channel and reads no secret."""

    def __init__(
        self,
        config: Config,
        agenda: Agenda,
        store: MemoryStore,
        *,
        intake: Intake,
        sinks: Sinks,
        record: Record,
        last_resort: Target | None,
    ) -> None:
        self._agenda = agenda
        self._intake = intake
        self._record = record
        numbers = itertools.count(1)
        timers = SimulatedTimers(agenda, self._on_timer)
        telemetry = Telemetry(emit=self._emit, log=_ignore, alert_ops=_ignore)
        sender = _RecordingSender(agenda, sinks, record)
        self._store = store
        self._telemetry = telemetry
        self._assemble = partial(
            assemble,
            channels=frozenset(KINDS),
            accounts_for_unrouted=True,
            notes_sources=True,
            timers=timers,
            clock=agenda,
            secrets=MemorySecrets({}),
            senders=dict.fromkeys(KINDS, sender),
            last_resort=last_resort,
            telemetry=telemetry,
            resolved_alarms=lambda _: frozenset(),
            new_id=lambda: f"n{next(numbers)}",
            renderer=lambda _: _as_it_is,
            shown=1_000_000,
        )
        self.reload(config)

    def post(self, alerts: Sequence[IntakeAlert]) -> None:
        """Takes alerts, as the intake holds them. What is due now is notified after everything else of this moment."""
        now = self._agenda.now()
        updates = updates_of([held.alert(now) for held in alerts], received=now)
        portion = Portion(inserted=len(updates))
        for update in updates:
            self._arrivals.insert(update, portion.joinings, now=now)
        portion.first.update(dict.fromkeys(portion.joinings, 0))
        scheduled = self._arrivals.schedule(portion, total=len(updates), notified={}, deadline=now + INVOCATION)
        for error in scheduled.broken:
            raise error

    def reload(self, config: Config) -> None:
        """Open groups see it at their next flush, as after a deployment."""
        site = Site(environment=config.environment, account="111122223333", region="eu-central-1")
        self._pipeline = self._assemble(config=config, site=site, store=self._store)
        # A joiner that never gets the lease: so every flush is a timer's.
        self._arrivals = self._assemble(config=config, site=site, store=_Joined(self._store))

    def _on_timer(self, body: Mapping[str, Any]) -> None:
        self._pipeline.on_timer(body, deadline=self._agenda.now() + INVOCATION)

    def _emit(self, outcome: Outcome) -> None:
        if outcome.outcome == "suppressed":
            shown = Shown(labels=self._intake.labels(outcome.fingerprint), status=outcome.status)
            self._record.suppressed(
                self._agenda.now(),
                receiver=outcome.receiver,
                group_key=outcome.group_key,
                alert=shown,
                reason=str(outcome.reason),
                detail=outcome.detail,
            )


class _Joined:
    """The store as a joiner sees it that never gets the lease: so every flush is a timer's."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def lease(self, gid: str, **_: Any) -> LeaseRefused:
        """See state.Groups."""
        return LeaseRefused(header=self._store.header(gid))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@dataclass(frozen=True, slots=True)
class SimulatedTimers:
    """ports.Timers without SQS's bounds: nothing is left to the tick, and nothing is rounded."""

    agenda: Agenda
    invoke: Callable[[Mapping[str, Any]], None]
    horizon: float = float("inf")

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        """See ports.Timers."""
        when = self.agenda.now() + timedelta(seconds=delay_seconds)
        self.agenda.at(when, lambda: self.agenda.invoke(lambda: self.invoke(body)))

    def send_all(self, bodies: Sequence[tuple[Mapping[str, Any], float]]) -> None:
        """See ports.Timers."""
        for body, delay in bodies:
            self.send(body, delay_seconds=delay)

    def dead_letter(self, body: Mapping[str, Any]) -> None:
        """See ports.Timers. The try that led here is on record."""


class _RecordingSender:
    """ports.Sender of every channel: puts the try on record and answers what the receiver answers now."""

    def __init__(self, agenda: Agenda, sinks: Sinks, record: Record) -> None:
        self._agenda = agenda
        self._sinks = sinks
        self._record = record
        self._tries: dict[str, int] = {}
        self._fallback_for: dict[str, str] = {}  # by dedup key, which a fallback has of its own

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,  # noqa: ARG002 - no secret is read
        notification_id: str,
        timeout: float,
        earlier: Receipt | None = None,  # noqa: ARG002 - what it would be threaded under is not shown
        edit: bool = False,  # noqa: ARG002 - an edit is a message too
    ) -> Receipt:
        """See ports.Sender."""
        notification: Notification = message["notification"]
        receiver = target.integration.receiver
        if notification.failed:
            self._fallback_for[notification.dedup_key] = notification.failed.integration.receiver
        tries = self._tries[notification_id] = self._tries.get(notification_id, 0) + 1
        answer = self._sinks.answer(receiver)
        self._record.tried(
            self._agenda.now(),
            receiver=receiver,
            group_key=notification.group_key,
            group_labels=notification.group_labels,
            status=notification.status,
            alerts=[Shown(labels=alert.labels, status=alert.status) for alert in notification.alerts],
            reason=str(notification.reason),
            code=answer,
            attempts=tries,
            fallback_for=self._fallback_for.get(notification.dedup_key, ""),
        )
        if answer == "timeout":
            self._agenda.sleep(timeout)
        failure = _failure(answer)
        if failure:
            raise failure
        return Receipt(integration=target.integration, ref={"id": notification_id})

    def key_name(self, target: Target) -> str:  # noqa: ARG002 - no secret is read
        """See ports.Sender."""
        return ""

    def edits(self, target: Target) -> bool:
        """See ports.Sender. As the real ones."""
        return target.settings.can_edit


def _failure(answer: Answer) -> DeliveryFailure | None:
    """As the real senders classify it."""
    match answer:
        case "refused":
            return Retryable("the connection was refused")
        case "timeout":
            return Retryable("it did not answer", ambiguous=True)
        case 429:
            return RateLimited("it answered 429")
        case 401 | 403:
            return AuthDead(f"it answered {answer}")
        case int() if answer >= 500:
            return Retryable(f"it answered {answer}", ambiguous=True)
        case int() if answer >= 300:
            return Permanent(f"it answered {answer}")
    return None
