"""The composition root: reads the environment once, builds the ports, and is the handler of every forwarder."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alertrelay.alert import Channel, Integration
from alertrelay.aws.budget import Budget
from alertrelay.aws.clients import clients
from alertrelay.aws.cloudwatch import ended_alarms
from alertrelay.aws.secrets import SecretKeys
from alertrelay.aws.ses import SesSender
from alertrelay.aws.sns import SnsSender
from alertrelay.aws.state.store import DynamoStore
from alertrelay.aws.timers import SqsTimers
from alertrelay.channels import senders
from alertrelay.config.model import Config, SnsSettings, Target
from alertrelay.dispatch.assembly import Pipeline, Receive, assemble
from alertrelay.groups.messages import OWN_MESSAGES, TICK
from alertrelay.notification import Outcome
from alertrelay.notify.compose import Site
from alertrelay.ports import Clock, Sender, Telemetry
from alertrelay.render import render
from alertrelay.runtime.container import SystemClock, ops_alerter
from alertrelay.runtime.observe import Observer
from alertrelay.sources import Envelope, unwrap
from alertrelay.state import Limit

LIMITS: Mapping[Channel, Limit] = {
    "pagerduty": Limit(interval=1.0, burst=60),  # about 120 events a minute a routing key
    "slack": Limit(interval=1.0, burst=4),  # one message a second a channel, short bursts allowed
}
LAST_RESORT = Integration(receiver="last-resort", channel="sns", index=0)


class RecordsFailed(Exception):
    """Some records of an event are not accounted for: raised after all were handled, so that the event comes again."""


class Forwarder:
    """A Lambda handler for the integrations of some channels. Its parts are built with the first invocation."""

    def __init__(self, *channels: Channel) -> None:
        self.channels = frozenset(channels)
        self._built: tuple[Pipeline, Observer] | None = None

    def __call__(self, event: Any, context: Any) -> dict[str, Any] | None:
        """Handles every record, then raises RecordsFailed if any is not accounted for. From SQS, the failed ones are
        named in `batchItemFailures` instead."""
        if self._built is None:
            self._built = build(self.channels, os.environ)
        return _handle(*self._built, event, context)

    def bound(
        self,
        environ: Mapping[str, str],
        *,
        clock: Clock,
        endpoints: Mapping[str, str],
        haste: float,
        observe: Callable[[Outcome], None],
        around: Callable[[Sender], Sender] = lambda sender: sender,
    ) -> Callable[[Any, Any], dict[str, Any] | None]:
        """The same handler with its environment, clock and endpoints given, for a run on this machine. `around` is
        put around each sender."""
        pipeline, observer = build(
            self.channels,
            environ,
            clock=clock,
            endpoints=endpoints,
            haste=haste,
            observe=observe,
            around=around,
        )
        return lambda event, context: _handle(pipeline, observer, event, context)


def forwarder(*channels: Channel) -> Forwarder:
    """The handler of one function of the stack."""
    return Forwarder(*channels)


def build(
    channels: frozenset[Channel],
    environ: Mapping[str, str],
    *,
    clock: Clock | None = None,
    endpoints: Mapping[str, str] | None = None,
    haste: float = 1.0,
    observe: Callable[[Outcome], None] | None = None,
    around: Callable[[Sender], Sender] = lambda sender: sender,
) -> tuple[Pipeline, Observer]:
    """The ports of one container. `environ` is what infra/forwarding.py sets. Raises KeyError where it lacks a name,
    OSError and ValueError where the compiled configuration cannot be read."""
    clock = clock or SystemClock()
    if endpoints is None:
        endpoints = json.loads(environ.get("ALERTRELAY_ENDPOINTS") or "{}")
    region = environ.get("AWS_REGION") or environ["AWS_DEFAULT_REGION"]
    aws = clients(environ.get("AWS_ENDPOINT_URL"), region=region)
    config = _config(environ)
    observer = Observer(
        service=environ.get("POWERTOOLS_SERVICE_NAME", "alertrelay"),
        level=environ.get("POWERTOOLS_LOG_LEVEL", ""),
        namespace=environ.get("POWERTOOLS_METRICS_NAMESPACE", "alertrelay"),
        also=observe,
    )
    every = {
        **senders(endpoints=endpoints, ses=SesSender(aws.sesv2, region=region), haste=haste),
        "sns": SnsSender(aws.sns),
    }
    account = environ["ALERTRELAY_ACCOUNT_ID"]
    telemetry = Telemetry(
        emit=observer.emit,
        log=observer.log,
        alert_ops=ops_alerter(aws, environ["ALERTRELAY_OPS_TOPIC_ARN"], clock, observer),
    )
    budget = Budget(clock)
    pipeline = assemble(
        config=config,
        site=Site(environment=config.environment, account=account, region=region),
        channels=channels,
        accounts_for_unrouted="email" in channels,
        # A page waits for nothing, so what may explain it is noted by the forwarder that pages: the last to be late.
        notes_sources="pagerduty" in channels,
        store=DynamoStore(aws.dynamodb, environ["ALERTRELAY_TABLE"], clock, budget),
        timers=SqsTimers(
            aws.sqs, queue_url=environ["ALERTRELAY_QUEUE_URL"], dlq_url=environ["ALERTRELAY_DEAD_LETTER_URL"]
        ),
        clock=clock,
        secrets=SecretKeys(aws.secretsmanager, environ["ALERTRELAY_SECRET_ARN"], time.monotonic),
        senders={channel: around(sender) for channel, sender in every.items()},
        render=render,
        telemetry=telemetry,
        resolved_alarms=ended_alarms(aws.cloudwatch, account=account, region=region, log=observer.log),
        new_id=lambda: uuid.uuid4().hex,
        last_resort=_last_resort(config, environ),
        limits=LIMITS,
    )
    return replace(pipeline, receive=_within(budget, pipeline.receive)), observer


def _within(budget: Budget, receive: Receive) -> Receive:
    def within(envelope: Envelope, *, deadline: datetime) -> None:
        with budget.limited():
            receive(envelope, deadline=deadline)

    return within


def _config(environ: Mapping[str, str]) -> Config:
    path = Path(environ.get("LAMBDA_TASK_ROOT", ".")) / environ["ALERTRELAY_CONFIG"]
    return Config.from_json(json.loads(path.read_text(encoding="utf-8")))


def _last_resort(config: Config, environ: Mapping[str, str]) -> Target | None:
    """The stack's own topic: by IAM, without any secret, so it works when nothing else does."""
    topic = environ.get("ALERTRELAY_LAST_RESORT_TOPIC_ARN", "")
    if not (config.last_resort and topic):
        return None
    settings = SnsSettings(topic_arn=topic, phone_number="", target_arn="")
    return Target(integration=LAST_RESORT, send_resolved=True, settings=settings)


def _handle(pipeline: Pipeline, observer: Observer, event: Any, context: Any) -> dict[str, Any] | None:
    observer.begin(context)
    remaining = timedelta(milliseconds=context.get_remaining_time_in_millis())
    try:
        if event == TICK:
            pipeline.on_tick()
            return None
        deadline = pipeline.clock.now() + remaining
        if _is_sqs(event):
            return {"batchItemFailures": _from_queue(pipeline, observer, event["Records"], deadline)}
        _from_topic(pipeline, observer, event, deadline)
        return None
    finally:
        observer.end()


def _is_sqs(event: Any) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return isinstance(records, list) and any(
        isinstance(record, dict) and record.get("eventSource") == "aws:sqs" for record in records
    )


def _from_topic(pipeline: Pipeline, observer: Observer, event: Any, deadline: datetime) -> None:
    envelopes = unwrap(event)
    failed = []
    for envelope in envelopes:
        try:
            pipeline.receive(envelope, deadline=deadline)
        except Exception as error:  # noqa: BLE001 - the other records are handled first
            observer.failed("record_failed", error)
            failed.append(f"{type(error).__name__} at {envelope.message_id or 'a message without id'}")
    if failed:
        # `from None`: what a library's exception says may hold what must not be logged.
        raise RecordsFailed(f"{len(failed)} of {len(envelopes)} records failed: {', '.join(failed)}") from None


def _from_queue(pipeline: Pipeline, observer: Observer, records: list[Any], deadline: datetime) -> list[dict[str, str]]:
    failed = []
    for record in records:
        try:
            body = _own_body(record)
            if body is not None:
                pipeline.on_timer(body, deadline=deadline)
            else:
                for envelope in unwrap({"Records": [record]}):
                    pipeline.receive(envelope, deadline=deadline)
        except Exception as error:  # noqa: BLE001 - the other records are handled first
            observer.failed("record_failed", error)
            failed.append({"itemIdentifier": str(record.get("messageId", ""))})
    return failed


def _own_body(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns a message of our own queue (groups/messages.py); None for anything else."""
    try:
        body = json.loads(record["body"])
    except (KeyError, TypeError, ValueError):
        return None
    return body if isinstance(body, dict) and body.get("do") in OWN_MESSAGES else None
