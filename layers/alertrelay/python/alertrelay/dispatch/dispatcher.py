"""Takes messages from topics:

parse -> route -> store (order, dedupe) -> group -> flush: decide -> render -> deliver, in order of fallback -> record.

`receive` takes one message from a topic: groups/insert.py routes, stores and groups it; a group that is due is flushed
(notify/pipeline.py) in the same invocation, and else by a message of the forwarder's own queue (dispatch/due.py).
Where the table does not answer, dispatch/degraded.py goes on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from alertrelay.alert import Alert
from alertrelay.config.durations import OVERTAKEN
from alertrelay.dispatch.delays import Delays
from alertrelay.dispatch.portion import (
    Portion,
    Scheduled,
    guarded,
)
from alertrelay.dispatch.unrecorded import never_resolved
from alertrelay.groups.bounded import EARLIEST, FUTURE, clock_refused
from alertrelay.groups.flush_timer import Trouble
from alertrelay.groups.insert import updates_of
from alertrelay.groups.joining import Joining, Update
from alertrelay.groups.messages import (
    ReceiveMessage,
    body_of,
)
from alertrelay.groups.outcomes import of_alert
from alertrelay.groups.router import Router, account_for_unrouted, own_groups
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Reason
from alertrelay.notify.record import RECORD_RETRY
from alertrelay.ports import Clock, NotAccountedFor, SelfAlert, Telemetry, Timers
from alertrelay.sources import Envelope, parse
from alertrelay.sources.arrival import Arrival
from alertrelay.state import StoreFailure


class WithoutState(Protocol):
    """Notifies what cannot wait while the table fails. See dispatch/degraded.py."""

    def __call__(
        self,
        message: ReceiveMessage,
        groups: Mapping[str, Joining],
        failure: StoreFailure,
        *,
        deadline: datetime,
        inserted: bool = False,
    ) -> None:
        """Raises NotAccountedFor."""


class RecordNotified(Protocol):
    """Puts what was notified without the table into the ledgers. See dispatch/unrecorded.py."""

    def __call__(
        self,
        joinings: Mapping[str, Joining],
        notified: Mapping[str, Ledger],
        *,
        since: datetime,
        new: frozenset[str],
        deadline: datetime,
    ) -> dict[str, Ledger]:
        """Returns those of the groups that somebody holds. Raises StoreFailure."""


def receive(
    envelope: Envelope,
    *,
    deadline: datetime,
    earlier: ReceiveMessage | None = None,
    router: Router,
    timers: Timers,
    clock: Clock,
    telemetry: Telemetry,
    insert: Callable[..., Portion],
    schedule: Callable[..., Scheduled],
    record: Callable[..., None],
    without_state: WithoutState,
    delays: Delays,
    trouble: Trouble,
) -> None:
    """Takes one message from a topic. When this returns, every update of it has been notified, or is durable in a group
    that is due or in the queue, and its outcome has been emitted.

    `earlier` is what an earlier invocation left of it in the queue. Raises NotAccountedFor where neither the table nor
    the queue took an update, or that it was notified, and TimersFailure: then the event must come again. `insert` and
    `schedule` are those of dispatch/portion.py, `record` is record_earlier.
    """
    now = clock.now()
    arrival = Arrival(envelope=_dated(envelope, now=now), received_at=now)
    parsed = parse(arrival.envelope, received_at=now, charts=router.config.charts)
    message = _message(arrival, parsed.alerts, earlier, delays)
    telemetry.log("received", source=parsed.source, alerts=len(parsed.alerts), problem=parsed.problem)
    if parsed.hop:
        _refuse_loop(parsed.alerts, telemetry)
        return
    since = arrival.at
    updates = _of_consequence(router, parsed.alerts, telemetry, message, received=since)[message.start :]
    try:
        portion = insert(updates, arrival, deadline=deadline)
    except StoreFailure as failure:
        trouble.at = now
        by_route, failed = _by_route(router, updates, arrival, telemetry)
        without_state(message, by_route, failure, deadline=deadline)
        _raise_failed(failed, ())
        return
    scheduled = schedule(portion, total=len(updates), notified=message.notified, deadline=deadline)
    if scheduled.rest is not None:
        _send_rest(message, scheduled.rest, len(updates), timers, telemetry)
    record(message, portion, scheduled, since=since, now=now, deadline=deadline)
    _raise_failed(portion.failed, scheduled.broken)


def record_earlier(
    message: ReceiveMessage,
    portion: Portion,
    scheduled: Scheduled,
    *,
    since: datetime,
    deadline: datetime,
    timers: Timers,
    record: RecordNotified,
    doubted: Callable[..., dict[str, Ledger]],
    without_state: WithoutState,
    trouble: Trouble,
    now: datetime,
) -> None:
    """Records what was notified without the table, and goes on without it where it fails again. What is not done now
    comes again by the queue."""
    failing, last = scheduled.failing, scheduled.last
    new = message.new | never_resolved(portion.joinings)
    try:
        left = record(portion.joinings, message.notified, since=since, new=new, deadline=deadline)
        left |= doubted(portion.joinings, scheduled.unknown, deadline=deadline)
        if left:
            timers.send(body_of(replace(message, notified=left, new=new)), delay_seconds=RECORD_RETRY)
    except StoreFailure as caught:
        failing, last = failing or {"": Joining(header=None)}, caught
    if last:
        trouble.at = now
        without_state(replace(message, new=new), failing, last, deadline=deadline, inserted=True)
    if portion.unsettled:
        again = replace(message, notified={}, settled=True)
        timers.send(body_of(again), delay_seconds=OVERTAKEN.total_seconds())


def _message(
    arrival: Arrival, alerts: Sequence[Alert], earlier: ReceiveMessage | None, delays: Delays
) -> ReceiveMessage:
    """Returns the message with what an earlier invocation knows of it, and whether it came late."""
    if earlier is not None:
        return replace(earlier, envelope=arrival.envelope)
    critical = any(alert.labels.get("severity") == "critical" for alert in alerts)
    late = delays.late(arrival.received_at - arrival.at, critical=critical)
    return ReceiveMessage(envelope=arrival.envelope, late=late)


def _send_rest(message: ReceiveMessage, done: int, updates: int, timers: Timers, telemetry: Telemetry) -> None:
    """Leaves the updates after the first `done` to the next invocation."""
    rest = replace(message, start=message.start + done)
    total = message.start + updates
    telemetry.log("message_split", message_id=message.envelope.message_id, start=rest.start, alerts=total)
    timers.send(body_of(rest), delay_seconds=0)


def _dated(envelope: Envelope, *, now: datetime) -> Envelope:
    """Returns the message with when it reached its topic, as far as that is possible: it orders what has no clock of
    its own."""
    sent = envelope.sent_at
    possible = sent is not None and EARLIEST <= sent <= now + FUTURE
    return envelope if possible else replace(envelope, sent_at=now)


def _raise_failed(failed: Sequence[str], broken: Sequence[Exception]) -> None:
    """Raises where an update could not be processed, once all others are done: the event comes again, and at last ends
    in the dead-letter queue, which pages."""
    if broken:
        raise broken[0]
    if failed:
        raise NotAccountedFor(f"{len(failed)} alerts of the message could not be processed, the first is {failed[0]}")


def _refuse_loop(alerts: Sequence[Alert], telemetry: Telemetry) -> None:
    """Reports a message that we sent ourselves to the ops topic, and notifies nobody else of it."""
    names = ", ".join(sorted({alert.name for alert in alerts}))
    telemetry.alert_ops(SelfAlert(name="LoopDetected", text=f"One of alertrelay's own messages came back: {names}."))
    for alert in alerts:
        telemetry.emit(of_alert(alert, "suppressed", Reason.LOOP))


def _of_consequence(
    router: Router, alerts: Sequence[Alert], telemetry: Telemetry, message: ReceiveMessage, *, received: datetime
) -> list[Update]:
    """Returns the updates that open or resolve an alert. INSUFFICIENT_DATA and alarms that CloudWatch mutes do neither:
    they are recorded, once."""
    first = message.start == 0 and not message.settled
    for alert in alerts if first else ():
        if alert.status == "unknown" and router.accounts_for_unrouted:
            by = alert.annotations.get("suppressed_by", "")
            reason = Reason.MUTED_AT_SOURCE if by else Reason.INSUFFICIENT_DATA
            telemetry.emit(of_alert(alert, "suppressed", reason, detail=by))
        if clock_refused(alert, received=received):
            telemetry.log("source_clock_refused", state_key=alert.state_key, updated_at=str(alert.updated_at))
    updates = updates_of(alerts, received=received, late=message.late, settled=message.settled)
    return [update for update in updates if update.alert.status != "unknown"]


def _by_route(
    router: Router, updates: Sequence[Update], arrival: Arrival, telemetry: Telemetry
) -> tuple[dict[str, Joining], list[str]]:
    """Returns the groups by the route tree alone, and the names of what could be put in none. A resolve has no group:
    only the table knows where its alert was announced."""
    joinings: dict[str, Joining] = {}
    failed: list[str] = []

    def join(update: Update) -> None:
        if update.resolved:
            joinings.setdefault("", Joining(header=None)).updates.append(update)
            return
        found = own_groups(router, update.alert.labels)
        if not found:
            account_for_unrouted(router, update.alert, telemetry)
        for gid, header in found.items():
            joinings.setdefault(gid, Joining(header=header)).updates.append(update)

    for update in updates:
        guarded(join, update, arrival, failed, log=telemetry.log)
    return joinings, failed
