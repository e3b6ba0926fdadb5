"""Reads all alarms of an account for an audit, each in the form in which SNS brings its updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from alertrelay.aws.alarms import asking
from alertrelay.aws.alarms.asking import EVERY_TYPE, Pages
from alertrelay.aws.alarms.resources import deleted_resource
from alertrelay.aws.alarms.updates import as_updates, has_changed, our_topic
from alertrelay.aws.errors import code, failures
from alertrelay.dispatch.audit.ports import AuditedAccount, Inventory, SeenAlarm
from alertrelay.values.arn import Arn

PAGE = 100
"""Alarms a request: the most that DescribeAlarms takes."""
PAGES = 1_000
"""More pages than an account has alarms for."""


def audited_account(
    client: Callable[[], Any],
    *,
    account: str,
    region: str,
    topics: str,
    now: Callable[[], datetime],
    client_of: Callable[[str], Any],
) -> AuditedAccount:
    """Returns an account to be asked by `client`, which may raise what a client raises (a role that is denied).
    `topics`: how the ARNs of the environment's topics begin; `client_of` makes the client of another service there."""

    def read() -> Inventory:
        try:
            return _read(client(), account, topics, now())
        except failures() as error:
            return Inventory(asked_at=now(), unread=code(error))

    def mutes(name: str) -> Any:
        try:
            return asking.active_mutes(client(), name, most=PAGES)
        except failures():
            return None

    partition = Arn.of(topics).partition
    return AuditedAccount(
        account=account,
        prefix=f"arn:{partition}:cloudwatch:{region}:{account}:alarm:",
        read=read,
        mutes=mutes,
        deleted=lambda alarm: deleted_resource(alarm, client_of),
    )


def _read(client: Any, account: str, topics: str, now: datetime) -> Inventory:
    question = {"AlarmTypes": asking.alarm_types(client), "MaxRecords": PAGE}
    pages = Pages(client.describe_alarms, question, most=PAGES)
    found = {alarm["AlarmArn"]: alarm for page in pages for alarm in asking.listed(page)}
    if not pages.complete:
        return Inventory(asked_at=now, unread=pages.fault)
    alarms = {arn: _seen(client, alarm, account, our_topic(alarm, topics), now) for arn, alarm in found.items()}
    types = asking.seen_types(client)
    return Inventory(asked_at=now, alarms=alarms, types=types, every_type=types >= EVERY_TYPE)


def _seen(client: Any, alarm: Mapping[str, Any], account: str, topic: str, now: datetime) -> SeenAlarm:
    state = str(alarm.get("StateValue", ""))
    firing: list[Mapping[str, Any]] | None = []
    if topic and state == "ALARM" and asking.has_contributors(alarm):
        firing = _firing(client, alarm["AlarmName"])
    ours = topic and state in ("ALARM", "OK") and firing is not None and has_changed(alarm)
    return SeenAlarm(
        state=state,
        updates=list(as_updates(alarm, firing or [], account=account, topic=topic, now=now)) if ours else [],
        contributors=None if firing is None else frozenset(str(one["ContributorId"]) for one in firing),
        described=alarm,
    )


def _firing(client: Any, name: str) -> list[Mapping[str, Any]] | None:
    if not asking.knows_contributors(client):
        return None
    pages = asking.contributors(client, name, most=PAGES)
    found = [one for page in pages for one in page.get("AlarmContributors", ())]
    return found if pages.complete else None
