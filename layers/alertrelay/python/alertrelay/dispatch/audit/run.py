"""Runs a reconciliation: every account is asked, what was missed or is over is sent, and what is not known is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from alertrelay.alert import Channel, rfc3339
from alertrelay.dispatch.audit.never_help import never_help, of_environment
from alertrelay.dispatch.audit.ports import AuditedAccount, Inventory
from alertrelay.dispatch.audit.reconcile import Difference, differences, notification
from alertrelay.nflog.group_state import Member
from alertrelay.notify.stale_alarms import alarm_types
from alertrelay.policy.group_key import key_of
from alertrelay.ports import Clock
from alertrelay.state import Alerts, Groups

FOREVER = timedelta(days=3660)
READ_AT_ONCE = 100
"""Alerts a batch of the table."""
PAUSE = 0.2
"""Seconds between two messages: five a second, of which the forwarders and the channels take no harm."""
ENOUGH = timedelta(seconds=10)
"""Before the deadline nothing more is sent: the next run finds the rest."""


class AlertTable(Alerts, Groups, Protocol):
    """The nouns of the state table that a reconciliation reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The result of one account: its alarms, and what does not agree."""

    account: str
    found: Sequence[Difference]
    inventory: Inventory


def open_alarms(groups: Groups, channels: Iterable[Channel], *, now: datetime) -> dict[str, Member]:
    """Returns the alarms of CloudWatch that fire in some group, by state key. Raises StoreFailure."""
    due = groups.due(tuple(channels), before=now + FOREVER)
    members = (member for gid, _ in due for member in groups.members(gid))
    return {one.alert.state_key: one for one in members if one.status == "firing" and _of_cloudwatch(one)}


def reconciled(
    accounts: Iterable[AuditedAccount],
    table: AlertTable,
    channels: Iterable[Channel],
    *,
    now: Callable[[], datetime],
    log: Callable[..., None],
) -> list[Reconciled]:
    """Returns the result of each account. One that is not read whole ends and announces nothing, and changes nothing
    for the others. Raises StoreFailure."""
    read = [(account, account.read()) for account in accounts]
    # After CloudWatch was asked: what became known meanwhile was not missed.
    opened = open_alarms(table, channels, now=now())

    def types(members: Sequence[Member]) -> Mapping[str, str]:
        batches = (members[start : start + READ_AT_ONCE] for start in range(0, len(members), READ_AT_ONCE))
        return {key: kind for batch in batches for key, kind in alarm_types(batch, table, log).items()}

    def newest(state_key: str) -> str:
        key = key_of(state_key)
        item = table.get_alerts([key]).get(key)
        return item.order_key if item and item.alert.status == "resolved" else ""

    results = []
    for account, inventory in read:
        if inventory.unread:
            log("account_not_read", account=account.account, failure=inventory.unread)
        found = () if inventory.unread else tuple(differences(account, inventory, opened, types, newest))
        results.append(Reconciled(account=account.account, found=found, inventory=inventory))
    return results


def send(
    found: Iterable[Difference], queues: Sequence[Callable[[str], None]], clock: Clock, *, deadline: datetime | None
) -> int:
    """Sends each update to every forwarder, slowly; returns how many were. Raises what a queue raises: what was not
    sent is found again by the next run, and what was sent twice is a duplicate to the forwarders."""
    sent = 0
    for one in found:
        if one.envelope is None:
            continue
        if deadline is not None and clock.now() >= deadline - ENOUGH:
            return sent
        body = notification(one.envelope, rfc3339(clock.now()))
        for queue in queues:
            clock.sleep(PAUSE)
            queue(body)
        sent += 1
    return sent


def useless(
    found: Inventory, topics: Sequence[str], environment: str, *, deleted: Callable[[Mapping[str, Any]], str]
) -> list[Difference]:
    """Returns the alarms of an account that can never help. `topics` are the environment's, by ARN; `deleted` as of
    AuditedAccount."""
    prefix = topics[0].rpartition(":")[0] + f":alertrelay-{environment}-"
    ours = of_environment((one.described for one in found.alarms.values()), prefix, environment)
    return list(never_help(ours, topics, now=found.asked_at, deleted=deleted))


def _of_cloudwatch(member: Member) -> bool:
    parts = member.alert.state_key.split(":")
    return len(parts) > 6 and parts[0] == "arn" and parts[2] == "cloudwatch" and parts[5] == "alarm"
