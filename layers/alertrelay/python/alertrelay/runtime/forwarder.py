"""The composition root: reads the environment once, builds the ports, and is the handler of every forwarder."""

from __future__ import annotations

import gc
import json
import os
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from alertrelay.alert import Channel
from alertrelay.aws.alarms.ended import ended_alarms
from alertrelay.aws.alarms.survey import surveyed_alarms
from alertrelay.aws.budget import Budget
from alertrelay.aws.chart_points import chart_points
from alertrelay.aws.direct_clients import forwarder_clients
from alertrelay.aws.secrets import SecretKeys
from alertrelay.aws.ses import mailer
from alertrelay.aws.sns import publisher
from alertrelay.aws.state.store import DynamoStore
from alertrelay.aws.timers import SqsTimers
from alertrelay.channels import OWN_FORWARDERS, channel, load, renderer, settings_of, shared_forwarder
from alertrelay.channels.sns import last_resort
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.config.model import Config, Target
from alertrelay.dispatch.assembly import Pipeline, assemble
from alertrelay.groups.messages import TICK, own_body
from alertrelay.notification import Outcome
from alertrelay.notify.compose import Site
from alertrelay.notify.limits import LIMITS
from alertrelay.ports import Clock, Sender, Telemetry
from alertrelay.runtime.ahead import Ahead
from alertrelay.runtime.container import SystemClock, ops_alerter
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import SELF_TEST, self_test
from alertrelay.sources import unwrap
from alertrelay.sources.parse import load as load_sources
from alertrelay.state import StoreFailure

if TYPE_CHECKING:
    from alertrelay.aws.clients import Clients


class RecordsFailed(Exception):
    """Some records of an event are not accounted for: raised after all were handled, so that the event comes again."""


class Built(NamedTuple):
    """The objects that a container keeps: the pipeline, its log and metrics, and the test that a new version must
    pass. `limited` bounds how long an invocation waits for state and secrets; `beside` the first one runs what its page
    would wait for."""

    pipeline: Pipeline
    observer: Observer
    self_test: Callable[[], dict[str, Any]]
    limited: Callable[[], AbstractContextManager[None]] = nullcontext
    beside: Callable[[], AbstractContextManager[None]] = nullcontext


class Forwarder:
    """A Lambda handler for the integrations of some channels. Its parts are built with the first invocation."""

    def __init__(self, *channels: str) -> None:
        # While Lambda initialises: faster than with the first alert. A kind without a receiver is loaded by nobody.
        load(_configured(channels, os.environ))
        load_sources()
        gc.freeze()  # what was loaded stays: no later collection traverses it
        self.channels = frozenset(channels)
        self._built: Built | None = None

    def __call__(self, event: Any, context: Any) -> dict[str, Any] | None:
        """Handles every record, then raises RecordsFailed if any is not accounted for. From SQS, the failed ones are
        named in `batchItemFailures` instead."""
        if self._built is None:
            self._built = build(self.channels, os.environ)
        return _handle(self._built, event, context)

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
        built = build(
            self.channels,
            environ,
            clock=clock,
            endpoints=endpoints,
            haste=haste,
            observe=observe,
            around=around,
        )._replace(beside=nullcontext)  # one thread: each run is the same
        return lambda event, context: _handle(built, event, context)


def forwarder(*channels: str) -> Forwarder:
    """The handler of one function of the stack."""
    return Forwarder(*channels)


def shared() -> Forwarder:
    """The handler of the function for every channel without one of its own. Its file imports nothing but this: what is
    imported before alertrelay.runtime does not come ready made."""
    return forwarder(*shared_forwarder())


def build(
    channels: frozenset[str],
    environ: Mapping[str, str],
    *,
    clock: Clock | None = None,
    endpoints: Mapping[str, str] | None = None,
    haste: float = 1.0,
    observe: Callable[[Outcome], None] | None = None,
    around: Callable[[Sender], Sender] = lambda sender: sender,
) -> Built:
    """The ports of one container. `environ` is what infra/forwarding.py sets. Raises KeyError where it lacks a name,
    OSError and ValueError where the compiled configuration cannot be read."""
    clock = clock or SystemClock()
    if endpoints is None:
        endpoints = json.loads(environ.get("ALERTRELAY_ENDPOINTS") or "{}")
    region = environ.get("AWS_REGION") or environ["AWS_DEFAULT_REGION"]
    aws = forwarder_clients(environ, region, clock.sleep)
    config = _config(environ)
    observer = _observer(config, environ, observe, clock)
    network = Network(
        endpoints=endpoints,
        haste=haste,
        sns=publisher(aws.sns),
        ses=mailer(aws.sesv2, region=region),
        log=observer.log,
    )
    budget = Budget(clock)
    secrets = SecretKeys(aws.secretsmanager, environ["ALERTRELAY_SECRET_ARN"], time.monotonic, budget)
    pipeline = _pipeline(
        channels,
        config,
        environ,
        region=region,
        aws=aws,
        budget=budget,
        secrets=secrets,
        clock=clock,
        observer=observer,
        senders=Senders(network, around=around),
    )
    test = partial(self_test, config, channels, now=clock.now())
    # Others may need no key at all (SES, SNS).
    ahead = Ahead() if channels.isdisjoint(OWN_FORWARDERS) else Ahead(secrets.read_ahead)
    limited = partial(_limited, budget, secrets)
    return Built(pipeline, observer, test, limited, ahead.beside)


def _limited(budget: Budget, secrets: SecretKeys) -> AbstractContextManager[None]:
    return budget.limited(secret_at_hand=secrets.at_hand)


def _observer(
    config: Config, environ: Mapping[str, str], observe: Callable[[Outcome], None] | None, clock: Clock
) -> Observer:
    return Observer(
        service=environ.get("POWERTOOLS_SERVICE_NAME", "alertrelay"),
        level=environ.get("POWERTOOLS_LOG_LEVEL", ""),
        namespace=environ.get("POWERTOOLS_METRICS_NAMESPACE", "alertrelay"),
        also=observe,
        environment=config.environment,
        now=None if isinstance(clock, SystemClock) else clock.now,
    )


def _pipeline(
    channels: frozenset[str],
    config: Config,
    environ: Mapping[str, str],
    *,
    region: str,
    aws: Clients,
    budget: Budget,
    secrets: SecretKeys,
    clock: Clock,
    observer: Observer,
    senders: Mapping[Channel, Sender],
) -> Pipeline:
    account = environ["ALERTRELAY_ACCOUNT_ID"]
    alert_ops = ops_alerter(aws, environ["ALERTRELAY_OPS_TOPIC_ARN"], clock, observer)
    return assemble(
        config=config,
        site=Site(
            environment=config.environment,
            account=account,
            region=region,
            console=environ.get("ALERTRELAY_CONSOLE_URL", ""),
        ),
        channels=channels,
        accounts_for_unrouted=channels.isdisjoint(OWN_FORWARDERS),
        # A page waits for nothing, so what may explain it is noted by each forwarder that pages: the last to be late.
        notes_sources=any(channel(kind).pages for kind in channels & (config.kinds() | set(OWN_FORWARDERS))),
        store=DynamoStore(aws.dynamodb, environ["ALERTRELAY_TABLE"], clock, budget),
        timers=SqsTimers(
            aws.sqs, queue_url=environ["ALERTRELAY_QUEUE_URL"], dlq_url=environ["ALERTRELAY_DEAD_LETTER_URL"]
        ),
        clock=clock,
        secrets=secrets,
        senders=senders,
        renderer=renderer,
        telemetry=Telemetry(emit=observer.emit, log=observer.log, alert_ops=alert_ops),
        resolved_alarms=ended_alarms(aws.cloudwatch, account=account, region=region, log=observer.log),
        new_id=lambda: uuid.uuid4().hex,
        last_resort=_last_resort(config, environ),
        limits=LIMITS,
        version=environ.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        ask_metric=chart_points(aws.metrics) if config.charts else None,
        sleeps=environ.get("ALERTRELAY_GROUPS_SLEEP", "1") != "0",
        alarms=surveyed_alarms(
            aws.cloudwatch,
            account=account,
            region=region,
            topics=f"alertrelay-{config.environment}-",
            now=clock.now,
            log=observer.log,
        ),
    )


def _config(environ: Mapping[str, str]) -> Config:
    return Config.from_json(_read(environ), settings_of=settings_of)


def _read(environ: Mapping[str, str]) -> dict[str, Any]:
    path = Path(environ.get("LAMBDA_TASK_ROOT", ".")) / environ["ALERTRELAY_CONFIG"]
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _configured(kinds: Sequence[str], environ: Mapping[str, str]) -> Sequence[str]:
    """Returns those of the kinds that have a receiver; all where there is no configuration yet."""
    if "ALERTRELAY_CONFIG" not in environ:
        return kinds
    receivers = _read(environ)["receivers"]
    used = {target["integration"]["channel"] for receiver in receivers for target in receiver["targets"]}
    return [kind for kind in kinds if kind in used]


def _last_resort(config: Config, environ: Mapping[str, str]) -> Target | None:
    """The stack's own topic: by IAM, without any secret, so it works when nothing else does."""
    topic = environ.get("ALERTRELAY_LAST_RESORT_TOPIC_ARN", "")
    return last_resort(topic) if config.last_resort and topic else None


def _handle(built: Built, event: Any, context: Any) -> dict[str, Any] | None:
    observer = built.observer
    observer.begin(context)
    deadline = built.pipeline.clock.now() + timedelta(milliseconds=context.get_remaining_time_in_millis())
    try:
        if event == TICK:
            _tick(built.pipeline, observer, deadline)
            return None
        if event == SELF_TEST:
            return built.self_test()
        with built.limited(), built.beside():
            if _is_sqs(event):
                return {"batchItemFailures": _from_queue(built.pipeline, observer, event["Records"], deadline)}
            _from_topic(built.pipeline, observer, event, deadline)
        return None
    finally:
        observer.end()


def _tick(pipeline: Pipeline, observer: Observer, deadline: datetime) -> None:
    """Runs the tick, and counts it once it is done: an alarm watches for the minutes without one. A tick that fails is
    no alert: nothing of it is lost, and the next minute has its own."""
    try:
        pipeline.on_tick(deadline=deadline)
    except Exception as error:  # noqa: BLE001 - a failed event would lie in the queue of undelivered alerts
        if isinstance(error, StoreFailure):
            observer.log("store_failing", failure=str(error))
        observer.failed("tick_failed", error)
        observer.count("TicksFailed")
    else:
        observer.count("TicksDone")


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
            pipeline.take(envelope, deadline=deadline)
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
            body = own_body(record.get("body"))
            if body is not None:
                pipeline.on_timer(body, deadline=deadline)
            else:
                for envelope in unwrap({"Records": [record]}):
                    pipeline.take(envelope, deadline=deadline)
        except Exception as error:  # noqa: BLE001 - the other records are handled first
            observer.failed("record_failed", error)
            failed.append({"itemIdentifier": str(record.get("messageId", ""))})
    return failed
