"""Alarms that no longer exist: before something is repeated, CloudWatch is asked whether it still fires.

An alarm that was deleted sends no OK, and would be repeated for ever for a resource that does not exist. Fails open:
where CloudWatch does not answer, it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alertrelay.config.durations import MEMBER_KEPT
from alertrelay.nflog.group_state import AlertItem, Member, is_firing
from alertrelay.state import Alerts, Groups, StoreFailure

ASKED = 100
"""Alarms a question: the bound of DescribeAlarms. The rest is asked with the next repeat."""
_PREFIX = "arn:aws"

Log = Callable[..., None]
ResolvedAlarms = Callable[[Mapping[str, str]], frozenset[str]]
"""Which of these alarms, by state_key, certainly no longer fire. The value is the alarm's type as CloudWatch names it
(MetricAlarm, CompositeAlarm), "" where it is not known. Must not raise."""


def resolve_stale_alarms(
    gid: str,
    members: Sequence[Member],
    *,
    resolved_alarms: ResolvedAlarms,
    alerts: Alerts,
    groups: Groups,
    now: datetime,
    log: Log,
) -> Sequence[Member]:
    """Returns the members as they are after those that CloudWatch no longer knows, or knows as OK, have been resolved;
    the same object where there are none."""
    candidates = [m for m in members if is_firing(m, now) and m.alert.state_key.startswith(_PREFIX)][:ASKED]
    stale = resolved_alarms(alarm_types(candidates, alerts, log)) if candidates else frozenset()
    keys = {m.key for m in candidates if m.alert.state_key in stale}
    if not keys:
        return members
    return [_resolve(gid, member, alerts, groups, now, log) if member.key in keys else member for member in members]


def alarm_types(candidates: Sequence[Member], alerts: Alerts, log: Log) -> dict[str, str]:
    """Returns the type of each alarm by state_key, as what arrived of it shows: a metric alarm its metric, a composite
    alarm its rule. "" where neither stands there; so it is for contributors, whose labels have names of their own."""
    types = {m.alert.state_key: "MetricAlarm" for m in candidates if _names_metric(m)}
    other = [m for m in candidates if m.alert.state_key not in types]
    try:
        found = alerts.get_alerts([m.key for m in other]) if other else {}
    except StoreFailure as failure:
        log("store_failing", failure=str(failure))
        found = {}
    composite = {key for key, item in found.items() if item.alert.annotations.get("alarm_rule")}
    return types | {m.alert.state_key: "CompositeAlarm" if m.key in composite else "" for m in other}


def _names_metric(member: Member) -> bool:
    return (
        "#" not in member.alert.state_key
        and bool(member.alert.labels.get("metric"))
        and bool(member.alert.labels.get("namespace"))
    )


def _resolve(gid: str, member: Member, alerts: Alerts, groups: Groups, now: datetime, log: Log) -> Member:
    """Resolves the alert as of the update that is known, so that whatever comes next is newer."""
    order_key = f"{member.order_key[:20]}1"
    resolved = replace(member, order_key=order_key, status="resolved", at=now, expires=now + MEMBER_KEPT)
    log("alarm_vanished", fingerprint=member.alert.fingerprint, state_key=member.alert.state_key)
    try:
        found = alerts.get_alerts([member.key]).get(member.key)
        if found and found.order_key == member.order_key:
            alerts.put_alert(_resolved_item(found, resolved), groups=())
        groups.put_member(gid, resolved)
    except StoreFailure as failure:
        log("store_failing", gid=gid, failure=str(failure))
        return member
    return resolved


def _resolved_item(item: AlertItem, resolved: Member) -> AlertItem:
    reason = "The alarm was deleted, or was OK when CloudWatch was asked: no OK had come."
    annotations = {**item.alert.annotations, "reason": reason}
    alert = replace(item.alert, status="resolved", ends_at=resolved.at, annotations=annotations)
    return replace(
        item, order_key=resolved.order_key, alert=alert, expires=resolved.expires, resolved_by=item.opened_by
    )
