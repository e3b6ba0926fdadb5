"""The composition root of the anomaly-scorer: reads the environment once, builds the ports, and is its handler."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.anomaly.scorer.deployments import deployment_of
from alertrelay.anomaly.scorer.ports import Metrics, NotebookFailure, Scoring
from alertrelay.anomaly.scorer.run import RunIncomplete, run
from alertrelay.aws.budget import Budget
from alertrelay.aws.clients import PATIENT, Clients, clients
from alertrelay.aws.scorer.metrics import CloudWatchMetrics
from alertrelay.aws.scorer.notes import DynamoNotebook
from alertrelay.aws.scorer.objects import S3Shelf
from alertrelay.aws.scorer.prometheus import PrometheusMetrics, SourcesOfMetrics
from alertrelay.aws.scorer.prometheus_access import access
from alertrelay.aws.scorer.topics import publisher
from alertrelay.aws.secrets import SecretKeys
from alertrelay.channels.transport.wire import Wire
from alertrelay.config.watch import AnomalyConfig
from alertrelay.ports import Clock
from alertrelay.runtime.container import SystemClock
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import PASSED, SELF_TEST
from alertrelay.values.times import instant

SCHEDULED = "Scheduled Event"


@dataclass(frozen=True, slots=True)
class _Built:
    scoring: Scoring
    observer: Observer


class ScorerHandler:
    """A Lambda handler: of its schedule, and of deployments, which it keeps. Its parts are built with the first
    invocation."""

    def __init__(self) -> None:
        self._built: _Built | None = None

    def __call__(self, event: Any, context: Any) -> dict[str, Any] | None:
        """Raises RunIncomplete where a run could not do all of its work: Lambda then tries it again, and an alarm looks
        at errors."""
        if self._built is None:
            self._built = _build(os.environ)
        return _handle(self._built, event, context)

    def bound(
        self,
        environ: Mapping[str, str],
        *,
        clock: Clock,
        observe: Callable[[str, Mapping[str, Any]], None],
        published: Callable[[str, str], None],
    ) -> Callable[[Any, Any], dict[str, Any] | None]:
        """The same handler with its environment and clock given, for a run on this machine. `observe` gets each
        event of its log, `published` of each message, by severity."""
        built = _build(environ, clock=clock)
        scoring = built.scoring

        def log(event: str, **fields: Any) -> None:
            scoring.log(event, **fields)
            observe(event, fields)

        def publish(severity: str, message: str) -> None:
            scoring.publish(severity, message)
            published(severity, message)

        watched = _Built(replace(scoring, log=log, publish=publish), built.observer)
        return lambda event, context: _handle(watched, event, context)


def scorer() -> ScorerHandler:
    """The handler of the function."""
    return ScorerHandler()


def _build(environ: Mapping[str, str], *, clock: Clock | None = None) -> _Built:
    """`environ` is what infra/anomaly.py sets. Raises KeyError where it lacks a name, OSError and ValueError where the
    compiled configuration cannot be read."""
    clock = clock or SystemClock()
    region = environ.get("AWS_REGION") or environ["AWS_DEFAULT_REGION"]
    aws = clients(environ.get("AWS_ENDPOINT_URL"), region=region, config=PATIENT)
    observer = Observer(
        service=environ.get("POWERTOOLS_SERVICE_NAME", "anomaly-scorer"),
        level=environ.get("POWERTOOLS_LOG_LEVEL", ""),
        namespace=environ.get("POWERTOOLS_METRICS_NAMESPACE", "alertrelay"),
        also=None,
        now=None if isinstance(clock, SystemClock) else clock.now,
    )
    config = _config(environ)
    scoring = Scoring(
        config=config,
        account=environ["ALERTRELAY_ACCOUNT_ID"],
        region=region,
        metrics=_metrics(config, aws, environ, clock),
        shelf=S3Shelf(aws.s3, environ["ALERTRELAY_BUCKET"]),
        notebook=DynamoNotebook(aws.dynamodb, environ["ALERTRELAY_TABLE"], clock),
        clock=clock,
        publish=publisher(aws.sns, json.loads(environ["ALERTRELAY_TOPICS"])),
        log=observer.log,
        measure=observer.measure,
        new_id=lambda: uuid.uuid4().hex,
    )
    return _Built(scoring, observer)


def _metrics(config: AnomalyConfig, aws: Clients, environ: Mapping[str, str], clock: Clock) -> Metrics:
    cloudwatch = CloudWatchMetrics(aws.cloudwatch, aws.tagging)
    server = config.prometheus
    if server is None:
        return SourcesOfMetrics(cloudwatch, None)
    arn = environ.get("ALERTRELAY_SECRET_ARN", "")
    secrets = SecretKeys(aws.secretsmanager, arn, time.monotonic, Budget(clock))
    return SourcesOfMetrics(
        cloudwatch, PrometheusMetrics(server.address, Wire(), access(server, secrets, aws.credentials))
    )


def _config(environ: Mapping[str, str]) -> AnomalyConfig:
    path = Path(environ.get("LAMBDA_TASK_ROOT", ".")) / environ["ALERTRELAY_ANOMALY_CONFIG"]
    return AnomalyConfig.from_json(json.loads(path.read_text(encoding="utf-8")))


def _handle(built: _Built, event: Any, context: Any) -> dict[str, Any] | None:
    built.observer.begin(context)
    try:
        return _handled(built.scoring, event, context)
    finally:
        built.observer.end()


def _handled(scoring: Scoring, event: Any, context: Any) -> dict[str, Any] | None:
    if event == SELF_TEST:
        # Its parts are built and its configuration is read: no metric is asked for, and nothing is written.
        return {"self_test": PASSED, "watches": len(scoring.config.watches)}
    deadline = scoring.clock.now() + timedelta(milliseconds=context.get_remaining_time_in_millis())
    at = instant(event.get("time")) if isinstance(event, dict) else None
    if at is not None and event.get("detail-type") == SCHEDULED:
        ran = run(scoring, at.timestamp(), deadline=deadline.timestamp())
        if ran.problems:
            # `from None`: what a library's exception says may hold what must not be logged.
            raise RunIncomplete("; ".join(ran.problems)) from None
        return None
    deployment = deployment_of(event) if isinstance(event, dict) else None
    if deployment is None:
        scoring.log("event_not_for_the_scorer")
        return None
    try:
        scoring.notebook.keep_deployment(deployment)
        deployed_at = rfc3339(datetime.fromtimestamp(deployment.at, UTC))
        scoring.log(
            "deployment_kept",
            id=deployment.id,
            what=deployment.what,
            deployed_at=deployed_at,
            names=list(deployment.names),
        )
    except NotebookFailure as failure:
        scoring.log("deployment_not_kept", id=deployment.id, failure=str(failure))
        raise
    return None
