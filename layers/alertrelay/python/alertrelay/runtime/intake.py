"""The composition root of the intake: reads the environment once, builds the ports, and is the handler of the HTTP API
and of the tick that ends what has expired."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from alertrelay.ports import Clock
from alertrelay.runtime.console import console_world
from alertrelay.runtime.container import SystemClock
from alertrelay.runtime.intake_handler import Handle, IntakeState, IntakeWorld, handler_of
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.slack import slack_world

if TYPE_CHECKING:
    from alertrelay.aws.clients import Clients


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
    decisions = LogDecisions(aws.logs, json.loads(environ["ALERTRELAY_LOG_GROUPS"]), clock, observer.log)
    handle = handler_of(
        config,
        (folder / environ["ALERTRELAY_ORIGINAL"]).read_text(encoding="utf-8"),
        _state(table, clock),
        _world(environ, aws, table, secrets, clock, observer),
        console_world(environ, folder, aws.sqs, decisions),
        observer,
    )

    def limited(event: Any, context: Any) -> Any:
        with budget.limited(secret_at_hand=secrets.at_hand):
            return handle(event, context)

    return limited


def _state(table: Table, clock: Clock) -> IntakeState:
    return IntakeState(
        posted=DynamoPostedAlerts(table, clock),
        alerts=DynamoOpenAlerts(table, clock),
        silences=DynamoSilences(table, clock),
        groups=DynamoLeases(table, clock),
        rates=DynamoRates(table, clock),
        lookup=DynamoLookup(table, clock),
        acknowledgements=DynamoAcknowledgements(table, clock),
    )


def _world(
    environ: Mapping[str, str], aws: Clients, table: Table, secrets: SecretKeys, clock: Clock, observer: Observer
) -> IntakeWorld:
    timers = SqsTimers(aws.sqs, queue_url=environ["ALERTRELAY_SLACK_QUEUE_URL"], dlq_url="")
    return IntakeWorld(
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
            queue=partial(timers.send, delay_seconds=0),
        ),
    )
