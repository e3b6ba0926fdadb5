"""Puts together the handler of the intake over its ports, which its function and a run on this machine give it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from alertrelay.config.model import Config
from alertrelay.dispatch import silences
from alertrelay.intake.accept import Acceptance, end_expired
from alertrelay.intake.acknowledging import Acknowledging
from alertrelay.intake.clearing import Clearing
from alertrelay.intake.current import CurrentAlerts
from alertrelay.intake.incidents import Incidents, WebhookSecrets
from alertrelay.intake.judging import Judging
from alertrelay.intake.operating import Operating
from alertrelay.intake.ports import (
    Acknowledgements,
    IntakeReport,
    OpenAlerts,
    PostedAlerts,
    RefusedBodies,
    Statistics,
    Topics,
)
from alertrelay.intake.push import Push
from alertrelay.intake.reading import Reads
from alertrelay.intake.route import RouteFacts
from alertrelay.intake.routes import Handlers, routes
from alertrelay.intake.silencing import Silencing
from alertrelay.intake.slack.talk import DO, Talk
from alertrelay.intake.tokens import Doorkeeper, ReadSecret
from alertrelay.ports import Clock
from alertrelay.runtime.console import ConsoleWorld, console_of
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import PASSED, SELF_TEST
from alertrelay.runtime.slack import SlackWorld, keeping, reception_of, show_at_once, talk_of
from alertrelay.state import Groups, Lookup, Rates, Silences

UNAVAILABLE: Mapping[str, Any] = {
    "statusCode": 503,
    "headers": {"Content-Type": "application/json"},
    "body": '{"code": 503, "message": "not available now: try again"}',
    "isBase64Encoded": False,
}
Handle = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeState:
    """The state of an intake: what was posted, what fires and who is on it, the silences."""

    posted: PostedAlerts
    alerts: OpenAlerts
    silences: Silences
    groups: Groups
    rates: Rates
    lookup: Lookup
    acknowledgements: Acknowledgements


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeWorld:
    """The outside of an intake beside its state."""

    topics: Topics
    refused: RefusedBodies
    secret: ReadSecret
    statistics: Statistics
    clock: Clock
    slack: SlackWorld


def handler_of(
    config: Config,
    original: str,
    state: IntakeState,
    world: IntakeWorld,
    console: ConsoleWorld,
    observer: Observer,
    more: Sequence[RouteFacts] = (),
) -> Handle:
    """Returns the handler over its ports, with `more` routes that only this place has."""
    report = IntakeReport(log=observer.log, count=observer.add)
    clock = world.clock
    acceptance = _acceptance(config, state.posted, world, report)
    reading = _reading(config, original, state, clock)
    show = partial(show_at_once, world.slack.queue, state.groups, clock, report)
    acknowledging = Acknowledging(
        alerts=state.alerts,
        acknowledgements=state.acknowledgements,
        groups=state.groups,
        clock=clock,
        report=report,
        show=show,
    )
    handlers = Handlers(
        push=Push(acceptance=acceptance, refused=world.refused),
        reading=reading,
        silencing=_silencing(state.silences, clock, report),
        acknowledging=acknowledging,
        judging=Judging(alerts=state.alerts, keep=keeping(world.slack.vote), clock=clock, report=report, show=show),
        operating=_operating(config, state, world, reading, acceptance),
        console=console_of(config, console, Doorkeeper(read=world.secret, clock=clock), state.groups, state.lookup),
        incidents=Incidents(acknowledging=acknowledging, secrets=WebhookSecrets(read=world.secret)),
        slack=reception_of(world.slack, world.secret, clock, report),
        report=report,
    )
    talk = talk_of(config, world.slack, reading, state.silences, acknowledging)
    return partial(_handle, routes(handlers, more).resolve, acceptance, talk, observer)


def _acceptance(config: Config, posted: PostedAlerts, world: IntakeWorld, report: IntakeReport) -> Acceptance:
    return Acceptance(
        posted=posted,
        topics=world.topics,
        clock=world.clock,
        report=report,
        resolve_timeout=timedelta(seconds=config.resolve_timeout),
    )


def _reading(config: Config, original: str, state: IntakeState, clock: Clock) -> Reads:
    return Reads(
        config=config,
        original=original,
        alerts=CurrentAlerts(held=state.alerts, posted=state.posted),
        silences=lambda: state.silences.silences()[0],
        clock=clock,
        began=clock.now(),
    )


def _silencing(stored: Silences, clock: Clock, report: IntakeReport) -> Silencing:
    return Silencing(
        save=lambda wanted: silences.save(stored, clock, wanted, new_id=str(uuid.uuid4())),
        expire=partial(silences.expire, stored, clock),
        clock=clock,
        log=report.log,
    )


def _operating(
    config: Config, state: IntakeState, world: IntakeWorld, reading: Reads, acceptance: Acceptance
) -> Operating:
    clearing = Clearing(
        config=config,
        groups=state.groups,
        rates=state.rates,
        clock=world.clock,
        new_id=lambda: uuid.uuid4().hex,
    )
    return Operating(reading=reading, acceptance=acceptance, clearing=clearing, statistics=world.statistics)


def _handle(resolve: Handle, acceptance: Acceptance, talk: Talk, observer: Observer, event: Any, context: Any) -> Any:
    observer.begin(context)
    try:
        if event == SELF_TEST:
            return {"self_test": PASSED}
        if isinstance(event, dict) and event.get("do") == DO and "rawPath" not in event:
            talk.do(event)
            return None
        if not isinstance(event, dict) or "rawPath" not in event:
            return {"expired": end_expired(acceptance)}
        return resolve(event, context)
    except Exception as error:
        observer.failed("intake_failed", error)
        if isinstance(event, dict) and "rawPath" in event:
            return dict(UNAVAILABLE)
        raise
    finally:
        observer.end()
