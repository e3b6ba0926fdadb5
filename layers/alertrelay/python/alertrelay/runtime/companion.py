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
from alertrelay.dispatch.companion.annotate import Ask, GrafanaRefused, GrafanaUnanswered, Mark, marks, write
from alertrelay.dispatch.companion.automate import NotStarted, Start, decide_start
from alertrelay.dispatch.companion.grafana import grafana
from alertrelay.policy.group_key import key_of
from alertrelay.policy.silence import Silence
from alertrelay.ports import Clock, SelfAlert
from alertrelay.runtime.container import SystemClock, ops_alerter
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import PASSED, SELF_TEST
from alertrelay.sources import parse
from alertrelay.sources.envelope import unwrap
from alertrelay.state import StoreFailure

SPARE_MILLIS = 25_000
"""For one more annotation: two requests, each with two versions of the token, of SECONDS each."""
LATE = "the time of this run is over"


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


def accompany(
    company: Company, records: Sequence[Mapping[str, Any]], is_late: Callable[[], bool] = lambda: False
) -> list[str]:
    """Handles a batch of the queue. Returns the ids of the records to be delivered again: those that Grafana has not
    taken. A run is started first, since its firing is what waits least. `is_late`: the function's time is nearly
    over."""
    by_record = {str(one.get("messageId", "")): _alerts(one, company.clock.now()) for one in records}
    for alert in (alert for alerts in by_record.values() for alert in alerts):
        _automate(company, alert)
    if company.ask is None or not company.config.dashboards:
        return []
    wanted = marks((a for alerts in by_record.values() for a in alerts), company.config.dashboards)
    left = {mark.key for mark in _annotate(company, company.ask, wanted, is_late)}
    return [one for one, alerts in by_record.items() if any(key_of(alert.state_key) in left for alert in alerts)]


def _alerts(record: Mapping[str, Any], now: datetime) -> list[Alert]:
    found: list[Alert] = []
    for envelope in unwrap({"Records": [record]}):
        parsed = parse(envelope, received_at=now)
        found += () if parsed.hop else parsed.alerts
    return found


def _annotate(company: Company, ask: Ask, wanted: Sequence[Mark], is_late: Callable[[], bool]) -> Sequence[Mark]:
    """Writes annotations, and returns those that are left: after the first that is not answered none is tried, and a
    Grafana that is slow takes some of them in each run."""
    done = dict.fromkeys(("written", "closed", "known"), 0)
    left, why = list(wanted), ""
    while left and not why:
        try:
            done[write(left[0], ask)] += 1
        except GrafanaRefused as refused:
            _report_refusal(company, left[0], str(refused))
        except GrafanaUnanswered as failure:
            why = str(failure)
            break
        del left[0]
        why = LATE if is_late() else ""
    if left:
        company.log("annotations_not_written", left=len(left), failure=why)
    if any(done.values()):
        company.log("annotations_written", **done)
    return left


def _report_refusal(company: Company, mark: Mark, answer: str) -> None:
    company.log("annotation_refused", key=mark.key, dashboard=mark.dashboard.dashboard, answer=answer)
    text = f"Grafana refused an annotation: {answer}. Alerts are notified all the same."
    company.alert_ops(SelfAlert(name="AnnotationRefused", text=text, cause=answer))


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
        again = accompany(company, event.get("Records", ()), lambda: _is_late(context))
    finally:
        observer.end()
    return {"batchItemFailures": [{"itemIdentifier": one} for one in again]}


def _is_late(context: Any) -> bool:
    return bool(context.get_remaining_time_in_millis() < SPARE_MILLIS)


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
