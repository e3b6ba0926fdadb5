"""The composition root of the companion: what accompanies alerts beside their messages, from a queue of its own.

Annotations in Grafana, and runbooks of SSM Automation that delivery.yml allows. It hears the topics by its own queue,
so nothing that it waits for delays a message. See alertrelay.dispatch.companion.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alertrelay.alert import Alert
from alertrelay.aws.automation import starter
from alertrelay.aws.budget import Budget
from alertrelay.aws.clients import clients
from alertrelay.aws.secrets import SecretKeys
from alertrelay.aws.state.store import DynamoStore
from alertrelay.channels import settings_of
from alertrelay.channels.transport.connection import Network
from alertrelay.config.model import Config
from alertrelay.dispatch.companion.annotate import Ask, GrafanaRefused, GrafanaUnanswered, marks, write
from alertrelay.dispatch.companion.automate import NotStarted, Start, decide_start
from alertrelay.dispatch.companion.grafana import grafana
from alertrelay.policy.silence import Silence
from alertrelay.ports import Clock, SelfAlert
from alertrelay.runtime.container import SystemClock, ops_alerter
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import PASSED, SELF_TEST
from alertrelay.sources import parse
from alertrelay.sources.envelope import unwrap
from alertrelay.state import StoreFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The parts of the function. `ask` is None where no dashboard is mapped; `start` runs a document, and returns its
    execution's id."""

    config: Config
    clock: Clock
    log: Callable[..., None]
    alert_ops: Callable[[SelfAlert], None]
    silences: Callable[[], Sequence[Silence]]
    ask: Ask | None
    start: Callable[[Start], str]


def accompany(company: Company, records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Handles a batch of the queue. Returns the ids of the records to be delivered again: those that Grafana has not
    taken. A run is started first, since its firing is what waits least."""
    by_record = {str(one.get("messageId", "")): _alerts(one, company.clock.now()) for one in records}
    for alert in (alert for alerts in by_record.values() for alert in alerts):
        _automate(company, alert)
    if company.ask is None or not company.config.dashboards:
        return []
    return _annotate(company, company.ask, by_record)


def _alerts(record: Mapping[str, Any], now: datetime) -> list[Alert]:
    found: list[Alert] = []
    for envelope in unwrap({"Records": [record]}):
        parsed = parse(envelope, received_at=now)
        found += () if parsed.hop else parsed.alerts
    return found


def _annotate(company: Company, ask: Ask, by_record: Mapping[str, Sequence[Alert]]) -> list[str]:
    """Writes the annotations of the whole batch. After the first that is not answered none is tried: all that wrote
    nothing come again, which writes nothing twice."""
    wanted = marks((a for alerts in by_record.values() for a in alerts), company.config.dashboards)
    done = dict.fromkeys(("written", "closed", "known"), 0)
    try:
        for mark in wanted:
            try:
                done[write(mark, ask)] += 1
            except GrafanaRefused as refused:
                company.log("annotation_refused", key=mark.key, dashboard=mark.dashboard.dashboard, answer=str(refused))
                text = f"Grafana refused an annotation: {refused}. Alerts are notified all the same."
                company.alert_ops(SelfAlert(name="AnnotationRefused", text=text, cause=str(refused)))
    except GrafanaUnanswered as failure:
        company.log("annotations_not_written", left=len(wanted) - sum(done.values()), failure=str(failure))
        return list(by_record)
    if wanted:
        company.log("annotations_written", **done)
    return []


def _automate(company: Company, alert: Alert) -> None:
    """Starts what an alert names and delivery.yml allows. Each run, and each that does not start, is an event of the
    log. Never raises."""
    if not alert.annotations.get("automation"):
        return
    try:
        silences: Sequence[Silence] | None = company.silences()
    except StoreFailure:
        silences = None
    config = company.config
    found = decide_start(
        alert, config.automations, silences=silences, maintenance=config.maintenance, now=company.clock.now()
    )
    about = {"state_key": alert.state_key, "alertname": alert.name}
    if isinstance(found, NotStarted):
        company.log("automation_not_started", document=found.document, reason=found.reason, **about)
    elif found:
        _start(company, found, about)


def _start(company: Company, found: Start, about: Mapping[str, str]) -> None:
    try:
        execution = company.start(found)
    except Exception as error:  # noqa: BLE001 - the other alerts are handled, and a run is never tried twice
        answer = getattr(error, "response", {}).get("Error", {}).get("Code") or type(error).__name__
        company.log("automation_not_started", document=found.document, reason="failed", answer=answer, **about)
        text = f"The runbook {found.document} of {about['alertname']} did not start: {answer}."
        company.alert_ops(SelfAlert(name="AutomationNotStarted", text=text, cause=found.document))
        return
    company.log("automation_started", document=found.document, execution=execution, **about)


class Companion:
    """A Lambda handler of its queue. Its parts are built with the first invocation."""

    def __init__(self) -> None:
        self._built: tuple[Company, Observer] | None = None

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Returns the records that are to be delivered again."""
        if self._built is None:
            self._built = build(os.environ)
        return _handle(self._built, event, context)

    def bound(
        self, environ: Mapping[str, str], *, clock: Clock, endpoints: Mapping[str, str], haste: float
    ) -> Callable[[Any, Any], dict[str, Any]]:
        """The same handler with its environment, clock and endpoints given, for a run on this machine."""
        built = build(environ, clock=clock, network=Network(endpoints=endpoints, haste=haste))
        return lambda event, context: _handle(built, event, context)


def _handle(built: tuple[Company, Observer], event: Any, context: Any) -> dict[str, Any]:
    company, observer = built
    if event == SELF_TEST:
        return {"self_test": PASSED}
    observer.begin(context)
    try:
        again = accompany(company, event.get("Records", ()))
    finally:
        observer.end()
    return {"batchItemFailures": [{"itemIdentifier": one} for one in again]}


def companion() -> Companion:
    """The handler of the function."""
    return Companion()


def build(
    environ: Mapping[str, str], *, clock: Clock | None = None, network: Network | None = None
) -> tuple[Company, Observer]:
    """`environ` is what infra/companion.py sets. Raises KeyError where it lacks a name, OSError and ValueError where
    the compiled configuration cannot be read."""
    clock = clock or SystemClock()
    region = environ.get("AWS_REGION") or environ["AWS_DEFAULT_REGION"]
    aws = clients(environ.get("AWS_ENDPOINT_URL"), region=region)
    observer = Observer(
        service=environ.get("POWERTOOLS_SERVICE_NAME", "companion"),
        level=environ.get("POWERTOOLS_LOG_LEVEL", ""),
        namespace=environ.get("POWERTOOLS_METRICS_NAMESPACE", "alertrelay"),
        also=None,
        environment=environ["ALERTRELAY_ENV"],
    )
    path = Path(environ.get("LAMBDA_TASK_ROOT", ".")) / environ["ALERTRELAY_CONFIG"]
    config = Config.from_json(json.loads(path.read_text(encoding="utf-8")), settings_of=settings_of)
    secrets = SecretKeys(aws.secretsmanager, environ["ALERTRELAY_SECRET_ARN"], time.monotonic, Budget(clock))
    network = network or Network(endpoints=json.loads(environ.get("ALERTRELAY_ENDPOINTS") or "{}"))
    store = DynamoStore(aws.dynamodb, environ["ALERTRELAY_TABLE"], clock)
    company = Company(
        config=config,
        clock=clock,
        log=observer.log,
        alert_ops=ops_alerter(aws, environ["ALERTRELAY_OPS_TOPIC_ARN"], clock, observer),
        silences=lambda: store.silences()[0],
        ask=grafana(config.grafana, secrets, network) if config.grafana else None,
        start=starter(aws.ssm),
    )
    return company, observer
