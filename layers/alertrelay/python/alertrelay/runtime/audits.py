"""The acts of the auditor, each with what it logs and counts: nothing of them goes through what it watches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alertrelay.channels import KINDS
from alertrelay.config.model import Config
from alertrelay.dispatch.audit import drill as drills
from alertrelay.dispatch.audit.drift import DeployedNow, Expected, drifts
from alertrelay.dispatch.audit.heartbeat import Ping, beat, overdue
from alertrelay.dispatch.audit.ports import AuditedAccount
from alertrelay.dispatch.audit.run import AlertTable, reconciled, send, useless
from alertrelay.ports import Clock, Secrets, SelfAlert
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.weekly import Reporting

LISTED = 50
"""Alarms of the weekly list; a mail of SNS holds 256 KB."""


class AuditIncomplete(Exception):
    """An audit could not do its work: an alarm looks for runs that are missing, and the next run does it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilling:
    """What a drill takes. `within` are seconds; `publish` takes a message as a source of alerts would."""

    config: Config
    severity: str
    within: float
    publish: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """The objects that a container keeps. `queues` send to each forwarder; `topics` are the environment's, by ARN;
    `drilling` is None and `heartbeat_key` "" where the environment has none."""

    environment: str
    accounts: Callable[[], Sequence[AuditedAccount]]
    table: AlertTable
    queues: Sequence[Callable[[str], None]]
    topics: Sequence[str]
    clock: Clock
    observer: Observer
    alert_ops: Callable[[SelfAlert], None]
    drilling: Drilling | None
    secrets: Secrets
    heartbeat_key: str
    ping: Ping
    deployed: DeployedNow
    expected: Expected
    reporting: Reporting | None = None


def reconcile(built: Audited, deadline: datetime) -> None:
    """Compares all accounts, sends what is missing, and counts groups that are overdue. Raises StoreFailure, and what
    a queue raises."""
    observer = built.observer
    observer.count("TimersOverdue", overdue(built.table, KINDS, now=built.clock.now()))
    results = reconciled(built.accounts(), built.table, KINDS, now=built.clock.now, log=observer.log)
    found = [one for result in results for one in result.found]
    for one in found:
        observer.log("alarm_differs", kind=one.kind, state_key=one.alarm, why=one.why)
    sent = send(found, built.queues, built.clock, deadline=deadline)
    observer.log("reconciled", alarms=sum(len(one.inventory.alarms) for one in results), found=len(found), sent=sent)
    observer.count("AlarmsMissed", sum(one.kind == "missed" for one in found))
    observer.count("AccountsNotRead", sum(bool(one.inventory.unread) for one in results))
    observer.count("AuditsDone")
    _count_drifts(built)


def _count_drifts(built: Audited) -> None:
    """Logs and counts what is not as it was deployed. What AWS does not answer is none of it: the comparison of alarms
    goes on."""
    found: list[str] = []
    try:
        found += drifts(built.deployed, built.expected, now=built.clock.now())
    except Exception as error:  # noqa: BLE001 - whatever is not allowed or throttled, alarms are compared all the same
        built.observer.failed("drift_not_asked", error)
    for one in found:
        built.observer.log("drifted", what=one)
    built.observer.count("Drifts", len(found))


def list_useless(built: Audited) -> None:
    """Mails the alarms that can never help."""
    found = [
        one
        for account in built.accounts()
        for one in useless(account.read(), built.topics, built.environment, deleted=account.deleted)
    ]
    if not found:
        return
    lines = [f"- {one.alarm.split(':', 6)[-1]} ({one.alarm.split(':')[4]}): {one.why}" for one in found]
    more = [f"and {len(lines) - LISTED} more: alertrelay reconcile lists all"] if len(lines) > LISTED else []
    text = "\n".join(["These alarms can never help, or help late:", *lines[:LISTED], *more])
    built.alert_ops(SelfAlert(name="AlarmsNeverHelp", text=text))


def drill(built: Audited) -> None:
    """Drills, and counts what came in time. A drill that could not be published is late too. Raises StoreFailure, and
    what SNS raises."""
    drilling, observer = built.drilling, built.observer
    if drilling is None:
        observer.log("event_not_known")
        return
    labels = drills.labels_of(drilling.severity, built.environment)
    late = 1
    try:
        found = drills.drill(
            drilling.config, labels, built.table, built.clock, drilling.publish, within=drilling.within
        )
        late = sum(not one.passed for one in found if not one.refused) or int(not found)
        for one in found:
            observer.log(
                "drilled",
                integration=one.integration,
                seconds=one.seconds,
                resolved=one.resolved,
                refused=one.refused,
            )
            if one.seconds is not None:
                observer.measure("DrillLatency", one.seconds, channel=one.channel)
    finally:
        observer.count("DrillsLate", late)


def heartbeat(built: Audited) -> None:
    """Sends the heartbeat while nothing is overdue. Raises StoreFailure, and then sends none."""
    late = overdue(built.table, KINDS, now=built.clock.now())
    why = beat(late, built.secrets, built.heartbeat_key, built.ping)
    built.observer.count("TimersOverdue", late)
    if why:
        built.observer.log("heartbeat_not_sent", why=why)
