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
from alertrelay.aws.clients import clients
from alertrelay.aws.cloudwatch import ended_alarms
from alertrelay.aws.secrets import SecretKeys
from alertrelay.aws.ses import SesSender
from alertrelay.aws.sns import SnsSender
from alertrelay.aws.state.store import DynamoStore
from alertrelay.aws.timers import SqsTimers
from alertrelay.channels import senders
from alertrelay.config.model import Config, SnsSettings, Target
from alertrelay.dispatch.dispatcher import on_tick, on_timer, receive
from alertrelay.notification import Outcome
from alertrelay.policy.group_key import channel_of
from alertrelay.ports import Clock, Limit, Relay, Sender
from alertrelay.runtime.container import SystemClock, ops_teller
from alertrelay.runtime.observe import Observer
from alertrelay.sources import Envelope, unwrap

TICK = {"do": "tick"}
"""What the schedule sends each minute."""
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
        self._built: tuple[Relay, Observer] | None = None

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
        relay, observer = build(self.channels, environ, clock=clock, endpoints=endpoints, haste=haste, observe=observe)
        relay = replace(relay, senders={channel: around(sender) for channel, sender in relay.senders.items()})
        return lambda event, context: _handle(relay, observer, event, context)


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
) -> tuple[Relay, Observer]:
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
    everything = senders(endpoints=endpoints, ses=SesSender(aws.sesv2, region=region), haste=haste)
    relay = Relay(
        config=config,
        account=environ["ALERTRELAY_ACCOUNT_ID"],
        region=region,
        channels=channels,
        speaks_for_nobody="email" in channels,
        # A page waits for nothing, so what may explain it is noted by who pages: the last to be late for it.
        notes_sources="pagerduty" in channels,
        store=DynamoStore(aws.dynamodb, environ["ALERTRELAY_TABLE"], clock),
        timers=SqsTimers(
            aws.sqs, queue_url=environ["ALERTRELAY_QUEUE_URL"], dlq_url=environ["ALERTRELAY_DEAD_LETTER_URL"]
        ),
        clock=clock,
        secrets=SecretKeys(aws.secretsmanager, environ["ALERTRELAY_SECRET_ARN"], time.monotonic),
        senders={**everything, "sns": SnsSender(aws.sns)},
        last_resort=_last_resort(config, environ),
        emit=observer.emit,
        tell_ops=ops_teller(aws, environ["ALERTRELAY_OPS_TOPIC_ARN"], clock, observer),
        log=observer.log,
        ended=ended_alarms(aws.cloudwatch, account=environ["ALERTRELAY_ACCOUNT_ID"], region=region, log=observer.log),
        new_id=lambda: uuid.uuid4().hex,
        limits=LIMITS,
    )
    return relay, observer


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


def _handle(relay: Relay, observer: Observer, event: Any, context: Any) -> dict[str, Any] | None:
    observer.begin(context)
    deadline = relay.clock.now() + timedelta(milliseconds=context.get_remaining_time_in_millis())
    try:
        if event == TICK:
            on_tick(relay)
            return None
        if _is_sqs(event):
            return {"batchItemFailures": _from_queue(relay, observer, event["Records"], deadline)}
        _from_topic(relay, observer, event, deadline)
        return None
    finally:
        observer.end()


def _is_sqs(event: Any) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return isinstance(records, list) and any(
        isinstance(record, dict) and record.get("eventSource") == "aws:sqs" for record in records
    )


def _from_topic(relay: Relay, observer: Observer, event: Any, deadline: datetime) -> None:
    envelopes = unwrap(event)
    failed = []
    for envelope in envelopes:
        try:
            _take(relay, envelope, deadline)
        except Exception as error:  # noqa: BLE001 - the other records are handled first
            observer.failed("record_failed", error)
            failed.append(f"{type(error).__name__} at {envelope.message_id or 'a message without id'}")
    if failed:
        # `from None`: what a library's exception says may hold what must not be logged.
        raise RecordsFailed(f"{len(failed)} of {len(envelopes)} records failed: {', '.join(failed)}") from None


def _from_queue(relay: Relay, observer: Observer, records: list[Any], deadline: datetime) -> list[dict[str, str]]:
    failed = []
    for record in records:
        try:
            timer = _timer(record.get("body"))
            if timer is not None:
                on_timer(relay, timer, deadline=deadline)
            else:
                for envelope in unwrap({"Records": [record]}):
                    _take(relay, envelope, deadline)
        except Exception as error:  # noqa: BLE001 - the other records are handled first
            observer.failed("record_failed", error)
            failed.append({"itemIdentifier": str(record.get("messageId", ""))})
    return failed


def _take(relay: Relay, envelope: Envelope, deadline: datetime) -> None:
    """A message, or what stood in a dead-letter queue's record that was sent back whole: a tick, which the next minute
    repeats anyway, or a timer, of which only the forwarder of its group can make anything."""
    timer = _timer(envelope.text)
    if _decoded(envelope.text) == TICK:
        relay.log("tick_sent_back")
    elif timer is None or timer["do"] == "receive":
        # A `receive` within another message: of what it says was told before, nothing is believed.
        receive(relay, envelope, deadline=deadline)
    elif channel_of(timer["gid"]) in relay.channels:
        on_timer(relay, timer, deadline=deadline)
    else:
        relay.log("not_this_forwarder", gid=timer["gid"])


TIMERS: Mapping[str, tuple[str, ...]] = {
    "flush": ("gid", "at"),
    "record": ("gid", "owner", "change"),
    "receive": ("envelope", "told"),
    "bury": ("gid", "alerts"),
}
"""What each message of our own must hold, by `do`."""


def _timer(body: object) -> dict[str, Any] | None:
    """A message of our own, as notify/ and dispatch/ send or bury them; None for anything else."""
    timer = _decoded(body)
    if not isinstance(timer, dict) or not isinstance(timer.get("do"), str) or timer["do"] not in TIMERS:
        return None
    return timer if all(key in timer for key in TIMERS[timer["do"]]) else None


def _decoded(body: object) -> Any:
    try:
        return json.loads(body) if isinstance(body, str) else None
    except (ValueError, RecursionError):
        return None
