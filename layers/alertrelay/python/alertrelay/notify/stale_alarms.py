"""Alarms that vanish: before something is repeated, CloudWatch is asked whether it still fires.

An alarm that was deleted sends no OK, and would be repeated for ever for a resource that is gone. Fails open: where
CloudWatch does not answer, it is repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from alertrelay.nflog.dedup import is_firing
from alertrelay.nflog.ledger import AlertItem, Member
from alertrelay.ports import Relay, StoreFailure

ASKED = 100
"""Alarms a question: the bound of DescribeAlarms. The rest is asked with the next repeat."""
KEPT = timedelta(days=3)
_PREFIX = "arn:aws"


def without_vanished(relay: Relay, gid: str, members: Sequence[Member]) -> list[Member]:
    """The members as they are after those that CloudWatch no longer knows, or knows as OK, have been ended."""
    now = relay.clock.now()
    candidates = [m for m in members if is_firing(m, now) and m.state_key.startswith(_PREFIX)][:ASKED]
    ended = relay.ended(_kinds(relay, candidates)) if candidates else frozenset()
    gone = {m.key for m in candidates if m.state_key in ended}
    return [_end(relay, gid, member) if member.key in gone else member for member in members]


def _kinds(relay: Relay, candidates: Sequence[Member]) -> dict[str, str]:
    """The type of each alarm by state_key, as what arrived of it shows: a metric alarm its metric, a composite alarm
    its rule. "" where neither stands there; so it is for contributors, whose labels have names of their own."""
    kinds = {m.state_key: "MetricAlarm" for m in candidates if _names_metric(m)}
    other = [m for m in candidates if m.state_key not in kinds]
    try:
        found = relay.store.get_alerts([m.key for m in other]) if other else {}
    except StoreFailure as failure:
        relay.log("store_failing", failure=str(failure))
        found = {}
    composite = {key for key, item in found.items() if item.alert.annotations.get("alarm_rule")}
    return kinds | {m.state_key: "CompositeAlarm" if m.key in composite else "" for m in other}


def _names_metric(member: Member) -> bool:
    return "#" not in member.state_key and bool(member.labels.get("metric")) and bool(member.labels.get("namespace"))


def _end(relay: Relay, gid: str, member: Member) -> Member:
    """Ends the alert as of the update that is known, so that whatever comes next is newer."""
    now = relay.clock.now()
    ended = replace(member, k=f"{member.k[:20]}1", status="resolved", at=now, expires=now + KEPT)
    relay.log("alarm_vanished", fingerprint=member.fingerprint, state_key=member.state_key)
    try:
        found = relay.store.get_alerts([member.key]).get(member.key)
        if found and found.k == member.k:
            relay.store.put_alert(_ended_item(found, ended), homes=())
        relay.store.put_member(gid, ended)
    except StoreFailure as failure:
        relay.log("store_failing", gid=gid, failure=str(failure))
        return member
    return ended


def _ended_item(item: AlertItem, ended: Member) -> AlertItem:
    reason = "The alarm is gone, or was OK when CloudWatch was asked: no OK had come."
    annotations = {**item.alert.annotations, "reason": reason}
    alert = replace(item.alert, status="resolved", ends_at=ended.at, annotations=annotations)
    return replace(item, k=ended.k, alert=alert, expires=ended.expires)
