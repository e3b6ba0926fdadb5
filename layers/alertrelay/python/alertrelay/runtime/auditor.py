"""The composition root of the auditor: reads the environment once, builds the ports, and is its handler."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from alertrelay.aws.alarms.inventory import audited_account
from alertrelay.aws.assumed import assumed
from alertrelay.aws.clients import PATIENT, Clients, clients
from alertrelay.aws.state.store import DynamoStore
from alertrelay.channels import KINDS
from alertrelay.dispatch.audit.ports import AuditedAccount
from alertrelay.dispatch.audit.run import AlertTable, reconciled, send, useless
from alertrelay.ports import Clock, SelfAlert
from alertrelay.runtime.container import SystemClock, ops_alerter
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import PASSED, SELF_TEST

RECONCILE = {"do": "reconcile"}
WEEKLY = {"do": "list_useless_alarms"}
"""The events of its schedules: infra/auditor.py."""
LISTED = 50
"""Alarms of the weekly list; a mail of SNS holds 256 KB."""


class AuditIncomplete(Exception):
    """An audit could not do its work: an alarm looks at errors of the function, and the next run does it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """The objects that a container keeps. `queues` send to each forwarder; `topics` are the environment's, by ARN."""

    environment: str
    accounts: Callable[[], Sequence[AuditedAccount]]
    table: AlertTable
    queues: Sequence[Callable[[str], None]]
    topics: Sequence[str]
    clock: Clock
    observer: Observer
    alert_ops: Callable[[SelfAlert], None]


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
    """`environ` is what infra/auditor.py sets. Raises KeyError where it lacks a name."""
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
    return Audited(
        environment=name,
        accounts=partial(_accounts, environ, region, topics[0].rpartition(":")[0], aws, clock.now),
        table=DynamoStore(aws.dynamodb, environ["ALERTRELAY_TABLE"], clock),
        queues=[partial(_put, aws, url) for url in json.loads(environ["ALERTRELAY_QUEUES"])],
        topics=topics,
        clock=clock,
        observer=observer,
        alert_ops=ops_alerter(aws, environ["ALERTRELAY_OPS_TOPIC_ARN"], clock, observer),
    )


def _put(aws: Clients, url: str, body: str) -> None:
    aws.sqs().send_message(QueueUrl=url, MessageBody=body)


def _accounts(
    environ: Mapping[str, str], region: str, topics: str, aws: Clients, now: Callable[[], datetime]
) -> list[AuditedAccount]:
    """Returns the own account, and that of each role: its credentials are made anew each time, since they expire."""
    prefix = f"{topics}:alertrelay-{environ['ALERTRELAY_ENV']}-"

    def account(number: str, client: Callable[[], Any]) -> AuditedAccount:
        return audited_account(client, account=number, region=region, topics=prefix, now=now)

    roles = json.loads(environ.get("ALERTRELAY_AUDIT_ROLES") or "[]")
    return [
        account(environ["ALERTRELAY_ACCOUNT_ID"], aws.cloudwatch),
        *(account(role.split(":")[4], partial(_assumed, aws, role)) for role in roles),
    ]


def _assumed(aws: Clients, role: str) -> Any:
    return assumed(aws.sts(), role, aws.cloudwatch_with)


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
            _reconcile(built, deadline)
        elif event == WEEKLY:
            _list_useless(built)
        else:
            observer.log("event_not_known")
    except Exception as error:  # noqa: BLE001 - raised again, by its type alone
        observer.failed("audit_failed", error)
        # `from None`: what a library's exception says may hold what must not be logged.
        raise AuditIncomplete(type(error).__name__) from None
    finally:
        observer.end()
    return None


def _reconcile(built: Audited, deadline: datetime) -> None:
    observer = built.observer
    results = reconciled(built.accounts(), built.table, KINDS, now=built.clock.now, log=observer.log)
    found = [one for result in results for one in result.found]
    for one in found:
        observer.log("alarm_differs", kind=one.kind, state_key=one.alarm, why=one.why)
    sent = send(found, built.queues, built.clock, deadline=deadline)
    observer.log("reconciled", alarms=sum(len(one.inventory.alarms) for one in results), found=len(found), sent=sent)
    observer.count("AlarmsMissed", sum(one.kind == "missed" for one in found))
    observer.count("AccountsNotRead", sum(bool(one.inventory.unread) for one in results))
    observer.count("AuditsDone")


def _list_useless(built: Audited) -> None:
    read = [account.read() for account in built.accounts()]
    found = [one for inventory in read for one in useless(inventory, built.topics, built.environment)]
    if not found:
        return
    lines = [f"- {one.alarm.split(':', 6)[-1]} ({one.alarm.split(':')[4]}): {one.why}" for one in found]
    more = [f"and {len(lines) - LISTED} more: alertrelay reconcile lists all"] if len(lines) > LISTED else []
    text = "\n".join(["These alarms can never help, or help late:", *lines[:LISTED], *more])
    built.alert_ops(SelfAlert(name="AlarmsNeverHelp", text=text))
