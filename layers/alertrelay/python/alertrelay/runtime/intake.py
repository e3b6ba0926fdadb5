"""The composition root of the intake: reads the environment once, builds the ports, and is the handler of the HTTP API
and of the tick that ends what has expired."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from alertrelay.aws.budget import Budget
from alertrelay.aws.direct_clients import forwarder_clients
from alertrelay.aws.intake.acknowledgements import DynamoAcknowledgements
from alertrelay.aws.intake.alerts import DynamoOpenAlerts
from alertrelay.aws.intake.decision_log import LogDecisions
from alertrelay.aws.intake.later import OwnInvocation
from alertrelay.aws.intake.posted import DynamoPostedAlerts
from alertrelay.aws.intake.statistics import LogStatistics
from alertrelay.aws.intake.topics import SnsTopics, SqsRefusedBodies
from alertrelay.aws.scorer.notes import DynamoNotebook
from alertrelay.aws.secrets import SecretKeys
from alertrelay.aws.state.alerts import DynamoAlerts
from alertrelay.aws.state.leases import DynamoLeases
from alertrelay.aws.state.lookup import DynamoLookup
from alertrelay.aws.state.rates import DynamoRates
from alertrelay.aws.state.silences import DynamoSilences
from alertrelay.aws.state.table import Table
from alertrelay.aws.timers import SqsTimers
from alertrelay.channels import settings_of
from alertrelay.channels.transport.connection import Network
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
from alertrelay.runtime.console import ConsoleWorld, console_of, console_world
from alertrelay.runtime.container import SystemClock
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import PASSED, SELF_TEST
from alertrelay.runtime.slack import SlackWorld, keeping, reception_of, show_at_once, slack_world, talk_of
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


class IntakeHandler:
    """A Lambda handler. Its parts are built with the first invocation."""

    def __init__(self) -> None:
        self._built: Handle | None = None

    def __call__(self, event: Any, context: Any) -> Any:
        """Answers a request of the HTTP API, or ends what has expired."""
        if self._built is None:
            self._built = _build(os.environ)
        return self._built(event, context)

    def bound(self, environ: Mapping[str, str], *, clock: Clock) -> Handle:
        """The same handler with its environment and clock given, for a run on this machine."""
        return _build(environ, clock=clock)


def intake() -> IntakeHandler:
    """The handler of the function."""
    return IntakeHandler()


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
    acceptance = Acceptance(
        posted=state.posted,
        topics=world.topics,
        clock=clock,
        report=report,
        resolve_timeout=timedelta(seconds=config.resolve_timeout),
    )
    reading = Reads(
        config=config,
        original=original,
        alerts=CurrentAlerts(held=state.alerts, posted=state.posted),
        silences=lambda: state.silences.silences()[0],
        clock=clock,
        began=clock.now(),
    )
    show = partial(show_at_once, world.slack.queue, state.groups, clock, report)
    acknowledging = Acknowledging(
        alerts=state.alerts,
        acknowledgements=state.acknowledgements,
        groups=state.groups,
        clock=clock,
        report=report,
        show=show,
    )
    app = routes(
        Handlers(
            push=Push(acceptance=acceptance, refused=world.refused),
            reading=reading,
            silencing=Silencing(
                save=lambda wanted: silences.save(state.silences, clock, wanted, new_id=str(uuid.uuid4())),
                expire=partial(silences.expire, state.silences, clock),
                clock=clock,
                log=report.log,
            ),
            acknowledging=acknowledging,
            judging=Judging(alerts=state.alerts, keep=keeping(world.slack.vote), clock=clock, report=report, show=show),
            operating=Operating(
                reading=reading,
                acceptance=acceptance,
                clearing=Clearing(
                    config=config,
                    groups=state.groups,
                    rates=state.rates,
                    clock=clock,
                    new_id=lambda: uuid.uuid4().hex,
                ),
                statistics=world.statistics,
            ),
            console=console_of(config, console, Doorkeeper(read=world.secret, clock=clock), state.groups, state.lookup),
            incidents=Incidents(acknowledging=acknowledging, secrets=WebhookSecrets(read=world.secret)),
            slack=reception_of(world.slack, world.secret, clock, report),
            report=report,
        ),
        more,
    )
    talk = talk_of(config, world.slack, reading, state.silences, acknowledging)
    return partial(_handle, app.resolve, acceptance, talk, observer)


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


def _build(environ: Mapping[str, str], *, clock: Clock | None = None) -> Handle:
    """`environ` is what infra/intake.py sets. Raises KeyError where it lacks a name, OSError and ValueError where the
    compiled configuration cannot be read."""
    clock = clock or SystemClock()
    region = environ.get("AWS_REGION") or environ["AWS_DEFAULT_REGION"]
    aws = forwarder_clients(environ, region, clock.sleep)
    folder = Path(environ.get("LAMBDA_TASK_ROOT", "."))
    config = Config.from_json(
        json.loads((folder / environ["ALERTRELAY_CONFIG"]).read_text(encoding="utf-8")), settings_of=settings_of
    )
    observer = Observer(
        service=environ.get("POWERTOOLS_SERVICE_NAME", "intake"),
        level=environ.get("POWERTOOLS_LOG_LEVEL", ""),
        namespace=environ.get("POWERTOOLS_METRICS_NAMESPACE", "alertrelay"),
        also=None,
        environment=config.environment,
    )
    budget = Budget(clock)
    table = Table(aws.dynamodb, environ["ALERTRELAY_TABLE"], clock, budget)
    secrets = SecretKeys(aws.secretsmanager, environ["ALERTRELAY_SECRET_ARN"], time.monotonic, budget)
    state = IntakeState(
        posted=DynamoPostedAlerts(table, clock),
        alerts=DynamoOpenAlerts(table, clock),
        silences=DynamoSilences(table, clock),
        groups=DynamoLeases(table, clock),
        rates=DynamoRates(table, clock),
        lookup=DynamoLookup(table, clock),
        acknowledgements=DynamoAcknowledgements(table, clock),
    )
    world = IntakeWorld(
        topics=SnsTopics(aws.sns, json.loads(environ["ALERTRELAY_TOPICS"])),
        refused=SqsRefusedBodies(aws.sqs, environ["ALERTRELAY_REFUSED_URL"], observer.log),
        secret=secrets.current,
        statistics=LogStatistics(aws.logs, json.loads(environ["ALERTRELAY_LOG_GROUPS"]), clock, observer.log),
        clock=clock,
        slack=slack_world(
            Network(endpoints=json.loads(environ.get("ALERTRELAY_ENDPOINTS") or "{}")),
            secrets.current,
            clock,
            later=OwnInvocation(aws.lambda_, environ.get("ALERTRELAY_SELF", "")),
            vote=DynamoNotebook(aws.dynamodb, environ["ALERTRELAY_TABLE"], clock).add_vote,
            alerts=DynamoAlerts(table, clock).get_alerts,
            queue=partial(
                SqsTimers(aws.sqs, queue_url=environ["ALERTRELAY_SLACK_QUEUE_URL"], dlq_url="").send, delay_seconds=0
            ),
        ),
    )
    decisions = LogDecisions(aws.logs, json.loads(environ["ALERTRELAY_LOG_GROUPS"]), clock, observer.log)
    original = (folder / environ["ALERTRELAY_ORIGINAL"]).read_text(encoding="utf-8")
    handle = handler_of(config, original, state, world, console_world(environ, folder, aws.sqs, decisions), observer)

    def limited(event: Any, context: Any) -> Any:
        with budget.limited(secret_at_hand=secrets.at_hand):
            return handle(event, context)

    return limited
