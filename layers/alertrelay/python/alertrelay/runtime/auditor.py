"""The composition root of the auditor: reads the environment once, builds the ports, and is its handler."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from alertrelay.aws.alarms.inventory import audited_account
from alertrelay.aws.assumed import assumed
from alertrelay.aws.budget import Budget
from alertrelay.aws.clients import PATIENT, Clients, clients
from alertrelay.aws.deployed import deployment
from alertrelay.aws.secrets import SecretKeys
from alertrelay.aws.state.store import DynamoStore
from alertrelay.channels import settings_of
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.http import ask
from alertrelay.config.model import Config
from alertrelay.dispatch.audit.drift import Expected
from alertrelay.dispatch.audit.heartbeat import Ping
from alertrelay.dispatch.audit.ports import AuditedAccount
from alertrelay.ports import Clock, Key
from alertrelay.runtime import audits
from alertrelay.runtime.audits import Audited, AuditIncomplete, Drilling
from alertrelay.runtime.container import SystemClock, ops_alerter
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import PASSED, SELF_TEST
from alertrelay.runtime.weekly import Reporting, report, reporting

RECONCILE = {"do": "reconcile"}
WEEKLY = {"do": "list_useless_alarms"}
DRILL = {"do": "drill"}
HEARTBEAT = {"do": "heartbeat"}
REPORT = {"do": "report"}
"""The events of its schedules: infra/auditor.py."""
PING_SECONDS = 5.0
"""The address of a heartbeat may hang: the whole request is over by then."""


class Auditor:
    """A Lambda handler of schedules. Its parts are built with the first invocation."""

    def __init__(self) -> None:
        self._built: Audited | None = None

    def __call__(self, event: Any, context: Any) -> dict[str, Any] | None:
        """Raises AuditIncomplete where the table or a queue fails."""
        if self._built is None:
            self._built = build(os.environ)
        return handle(self._built, event, context)


def auditor() -> Auditor:
    """The handler of the function."""
    return Auditor()


def build(environ: Mapping[str, str], *, clock: Clock | None = None) -> Audited:
    """`environ` is what infra/auditor.py sets. Raises KeyError where it lacks a name, OSError and ValueError where the
    compiled configuration of a drill cannot be read."""
    clock = clock or SystemClock()
    region = environ.get("AWS_REGION") or environ["AWS_DEFAULT_REGION"]
    aws = clients(environ.get("AWS_ENDPOINT_URL"), region=region, config=PATIENT)
    name = environ["ALERTRELAY_ENV"]
    observer = Observer(
        service=environ.get("POWERTOOLS_SERVICE_NAME", "auditor"),
        level=environ.get("POWERTOOLS_LOG_LEVEL", ""),
        namespace=environ.get("POWERTOOLS_METRICS_NAMESPACE", "alertrelay"),
        also=None,
        environment=name,
    )
    topics = json.loads(environ["ALERTRELAY_TOPICS"])
    network = Network(endpoints=json.loads(environ.get("ALERTRELAY_ENDPOINTS") or "{}"))
    return Audited(
        environment=name,
        accounts=partial(_accounts, environ, region, topics[0].rpartition(":")[0], aws, clock.now),
        table=DynamoStore(aws.dynamodb, environ["ALERTRELAY_TABLE"], clock),
        queues=[partial(_put, aws, url) for url in json.loads(environ["ALERTRELAY_QUEUES"])],
        topics=topics,
        clock=clock,
        observer=observer,
        alert_ops=ops_alerter(aws, environ["ALERTRELAY_OPS_TOPIC_ARN"], clock, observer),
        drilling=_drilling(environ, topics, aws) if environ.get("ALERTRELAY_DRILL") else None,
        secrets=SecretKeys(aws.secretsmanager, environ["ALERTRELAY_SECRET_ARN"], time.monotonic, Budget(clock)),
        heartbeat_key=environ.get("ALERTRELAY_HEARTBEAT_KEY", ""),
        deployed=deployment(aws, environ["ALERTRELAY_SECRET_ARN"]),
        expected=Expected(
            topics=topics,
            ops=environ["ALERTRELAY_OPS_TOPIC_ARN"],
            functions=json.loads(environ["ALERTRELAY_FUNCTIONS"]),
            config_hash=environ["ALERTRELAY_CONFIG_HASH"],
        ),
        ping=pinging(network),
        reporting=_reporting(environ, network, aws, clock) if environ.get("ALERTRELAY_REPORT") else None,
    )


def _drilling(environ: Mapping[str, str], topics: list[str], aws: Clients) -> Drilling:
    given = json.loads(environ["ALERTRELAY_DRILL"])
    topic = next(one for one in topics if one.endswith(f"-{given['severity']}"))
    return Drilling(
        config=_config(environ),
        severity=given["severity"],
        within=float(given["within"]),
        publish=lambda message: _publish(aws, topic, message),
    )


def _config(environ: Mapping[str, str]) -> Config:
    path = _folder(environ) / environ["ALERTRELAY_CONFIG"]
    return Config.from_json(json.loads(path.read_text(encoding="utf-8")), settings_of=settings_of)


def _folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("LAMBDA_TASK_ROOT", "."))


def _reporting(environ: Mapping[str, str], network: Network, aws: Clients, clock: Clock) -> Reporting:
    return reporting(environ, _folder(environ), _config(environ), network, aws, clock)


def _publish(aws: Clients, topic: str, message: str) -> None:
    aws.sns().publish(TopicArn=topic, Subject="AlertrelayDrill of alertrelay", Message=message)


def pinging(network: Network) -> Ping:
    """Returns what posts to the address that a key holds."""

    def ping(key: Key) -> int:
        return ask(key.value, body={}, headers={}, timeout=PING_SECONDS, network=network, peer="the heartbeat").status

    return ping


def _put(aws: Clients, url: str, body: str) -> None:
    aws.sqs().send_message(QueueUrl=url, MessageBody=body)


def _accounts(
    environ: Mapping[str, str], region: str, topics: str, aws: Clients, now: Callable[[], datetime]
) -> list[AuditedAccount]:
    """Returns the own account, and that of each role: its credentials are made anew each time, since they expire."""
    prefix = f"{topics}:alertrelay-{environ['ALERTRELAY_ENV']}-"

    def account(number: str, client_of: Callable[[str], Any]) -> AuditedAccount:
        return audited_account(
            lambda: client_of("cloudwatch"),
            account=number,
            region=region,
            topics=prefix,
            now=now,
            client_of=client_of,
        )

    roles = json.loads(environ.get("ALERTRELAY_AUDIT_ROLES") or "[]")
    return [
        account(environ["ALERTRELAY_ACCOUNT_ID"], aws.of),
        *(account(role.split(":")[4], partial(_assumed, aws, role)) for role in roles),
    ]


def _assumed(aws: Clients, role: str, service: str) -> Any:
    return assumed(aws.sts(), role, partial(aws.with_credentials, service))


def handle(built: Audited, event: Any, context: Any) -> dict[str, Any] | None:
    """Does what a schedule asks for. Raises AuditIncomplete."""
    if event == SELF_TEST:
        # Its parts are built: nothing is asked of AWS, and nothing is written.
        return {"self_test": PASSED, "accounts": len(built.accounts())}
    observer = built.observer
    observer.begin(context)
    deadline = built.clock.now() + timedelta(milliseconds=context.get_remaining_time_in_millis())
    try:
        if event == RECONCILE:
            audits.reconcile(built, deadline)
        elif event == WEEKLY:
            audits.list_useless(built)
        elif event == DRILL:
            audits.drill(built)
        elif event == HEARTBEAT:
            audits.heartbeat(built)
        elif event == REPORT and built.reporting:
            report(
                built.reporting,
                built.environment,
                clock=built.clock,
                secrets=built.secrets,
                observer=observer,
                alert_ops=built.alert_ops,
            )
        else:
            observer.log("event_not_known")
    except Exception as error:  # noqa: BLE001 - raised again, by its type alone
        observer.failed("audit_failed", error)
        # `from None`: what a library's exception says may hold what must not be logged.
        raise AuditIncomplete(type(error).__name__) from None
    finally:
        observer.end()
    return None
