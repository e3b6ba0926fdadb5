"""Takes posted alerts: publishes what changes something, and absorbs what says again what is published and recorded.

The order is publish, then record: an update counts as known only after its publish was recorded. What the record does
is to make the topics quieter. Without it, or where two writers meet, everything is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertrelay.intake.messages import RECEIVER, entry_of, messages_of
from alertrelay.intake.ports import IntakeReport, Known, PostedAlerts, Topics
from alertrelay.intake.posted import AlertRefused, PostedAlert, merged, overlap, read_posted
from alertrelay.ports import Clock
from alertrelay.state import StoreFailure

HELD = timedelta(minutes=30)
"""The end that is published of a firing alert lies at least so far ahead. Its true end, which each post moves, is the
intake's to see; this one ends the alert where the intake runs no more."""
RENEWED = timedelta(minutes=8)
"""So long before that end, a post is published again: twice an hour, where Prometheus posts 60 times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The ports of `accept` and `end_expired`."""

    posted: PostedAlerts
    topics: Topics
    clock: Clock
    report: IntakeReport
    resolve_timeout: timedelta


@dataclass(frozen=True, slots=True)
class _Decided:
    """`write` is what the record becomes; None where it stands already."""

    alert: PostedAlert
    publish: bool
    write: Known | None
    until: datetime


def accept(parts: Acceptance, items: Sequence[object]) -> list[str]:
    """Takes the alerts of one post; returns why some of them are refused. When it returns, each of the others is stored
    by its topic, or is known. Raises TopicFailure: nothing of it is recorded then."""
    now = parts.clock.now()
    alerts: dict[str, PostedAlert] = {}
    refused: list[str] = []
    for number, item in enumerate(items, start=1):
        try:
            alert = read_posted(item, now=now, resolve_timeout=parts.resolve_timeout)
        except AlertRefused as error:
            refused.append(f"alert {number}: {error}")
            continue
        earlier = alerts.get(alert.fingerprint)
        alerts[alert.fingerprint] = merged(earlier, alert, now) if earlier and overlap(earlier, alert) else alert
    decided = _decide_all(parts, list(alerts.values()), now)
    published = [one for one in decided if one.publish]
    _publish(parts, published, now)
    late = _record(parts, decided, now)
    parts.report.log("posted", alerts=len(items), refused=len(refused), published=len(published) + late)
    parts.report.count("IntakeAlerts", len(alerts))
    parts.report.count("IntakePublished", len(published) + late)
    if refused:
        parts.report.count("IntakeInvalidAlerts", len(refused))
    return refused


def end_expired(parts: Acceptance) -> int:
    """Publishes the resolve of each alert whose end has passed without another post of it; returns their number. Raises
    StoreFailure, TopicFailure: the next tick finds what is left."""
    now = parts.clock.now()
    over = [known for known in parts.posted.over(now) if known.alert.status(now) == "resolved"]
    decided = [
        _Decided(one.alert, publish=True, write=_recorded(one, one.alert, one.alert.ends_at, now), until=now)
        for one in over
    ]
    for start in range(0, len(decided), _AT_ONCE):
        part = decided[start : start + _AT_ONCE]
        _publish(parts, part, now)
        _record(parts, part, now)
    parts.report.count("IntakeExpired", len(decided))
    return len(decided)


_AT_ONCE = 500
"""Alerts between two records: what was published before a failure is not published again."""


def _decide_all(parts: Acceptance, alerts: Sequence[PostedAlert], now: datetime) -> list[_Decided]:
    try:
        known = parts.posted.known([alert.fingerprint for alert in alerts])
    except StoreFailure as failure:
        parts.report.log("store_failing", failure=str(failure))
        # Each post then has its own end, as it was sent: what ends it is not the intake.
        return [_Decided(alert, publish=True, write=None, until=alert.ends_at) for alert in alerts]
    return [_decide(alert, known.get(alert.fingerprint), now) for alert in alerts]


def _decide(new: PostedAlert, known: Known | None, now: datetime) -> _Decided:
    alert = merged(known.alert, new, now) if known and overlap(known.alert, new) else new
    base = known or Known(alert=alert, content="", until=now, fires=False)
    firing = alert.status(now) == "firing"
    until = max(alert.ends_at, now + HELD) if firing else alert.ends_at
    fires_already = known is not None and known.alert.status(now) == "firing"
    same = known is not None and known.content == alert.content(now) and (fires_already or not firing)
    if known is None or not same or (firing and _runs_out(known, alert, now)):
        return _Decided(alert, publish=True, write=_recorded(base, alert, until, now), until=until)
    moved = firing and alert.ends_at != known.alert.ends_at
    write = replace(_recorded(base, alert, known.until, now), content=known.content) if moved else None
    return _Decided(alert, publish=False, write=write, until=until)


def _runs_out(known: Known, alert: PostedAlert, now: datetime) -> bool:
    """Returns whether the published end comes before the true one, or soon, while posts still move it."""
    return known.until < alert.ends_at or (known.until < now + RENEWED and alert.ends_at > known.alert.ends_at)


def _recorded(before: Known, alert: PostedAlert, until: datetime, now: datetime) -> Known:
    fires = alert.status(now) == "firing"
    return Known(alert=alert, content=alert.content(now), until=until, fires=fires, version=before.version)


def _publish(parts: Acceptance, decided: Sequence[_Decided], now: datetime) -> None:
    entries = [entry_of(one.alert, until=one.until, now=now) for one in decided]
    for topic, message in messages_of(entries, {"receiver": RECEIVER}):
        parts.topics.publish(topic, message, attributes={})


def _record(parts: Acceptance, decided: Sequence[_Decided], now: datetime) -> int:
    """Records what was published, and the ends that moved; returns how many were published after all, since their
    record was not taken."""
    writes = {one.alert.fingerprint: one for one in decided if one.write}
    try:
        lost = parts.posted.put([one.write for one in writes.values() if one.write])
        doubted = [writes[name] for name in lost]
        parts.posted.doubt([one.write for one in doubted if one.write])
    except StoreFailure as failure:
        parts.report.log("store_failing", failure=str(failure))
        doubted = list(writes.values())
    again = [one for one in doubted if not one.publish]
    _publish(parts, again, now)
    return len(again)
