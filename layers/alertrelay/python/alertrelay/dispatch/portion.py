"""The alerts of one message, one after the other, within the time of one invocation.

One bad alert never stops the others: it is notified plainly. What time does not suffice for is left to a message of the
forwarder's own queue, which goes on where this invocation stopped.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from alertrelay.alert import SEVERITY_RANK
from alertrelay.channels import channel
from alertrelay.dispatch.scheduling import Flush, FlushPlan, Scheduler
from alertrelay.groups.flush_timer import send_flush_timer, send_flush_timers
from alertrelay.groups.insert import member_of
from alertrelay.groups.joining import Joining, Update
from alertrelay.nflog.group_state import GroupHeader, LeaseRefused, Member
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Outcome
from alertrelay.notify.seen import SeenFacts
from alertrelay.policy.group_key import channel_of, key_of
from alertrelay.ports import Clock, Timers, TimersFailure
from alertrelay.sources import raw
from alertrelay.sources.arrival import Arrival
from alertrelay.state import Groups, StoreFailure
from alertrelay.values import text as texts

INSERTING = 1 / 2
"""Of an invocation: the rest is for notifying. Whatever joins a group before its first flush stands in one message."""
FLUSHING = timedelta(seconds=10)
"""Before the deadline: as long as one flush may take, so none is begun later, save the first."""

TOGETHER = 100
"""Groups whose headers are read by one request."""

Log = Callable[..., None]
Headers = Mapping[str, GroupHeader | None]
"""By gid; None where there is no group yet."""


class Insert(Protocol):
    """Stores an update and puts it in its groups. See groups/insert.py."""

    def __call__(self, update: Update, joinings: dict[str, Joining], *, now: datetime) -> bool:
        """Return whether the update must come again. Raises StoreFailure."""


@dataclass(slots=True, kw_only=True)
class Portion:
    """The part of a message that was inserted. `joinings` are in the order of `first`, the place of the first update of
    each; `inserted` updates are durable. `unsettled`: one of them must come again. `failed`: the names of alerts that
    could not even be notified plainly."""

    joinings: dict[str, Joining] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    inserted: int = 0
    unsettled: bool = False
    failed: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Scheduled:
    """The groups of a portion after a flush of each was scheduled: `failing` by the table, which is why `last` was
    raised; `broken` by anything else. `unknown`: what may be open although no ledger names it, by gid. `rest`: where
    the next invocation goes on, None where nothing is left."""

    failing: dict[str, Joining] = field(default_factory=dict)
    last: StoreFailure | None = None
    broken: list[Exception] = field(default_factory=list)
    unknown: dict[str, Ledger] = field(default_factory=dict)
    rest: int | None = None


def insert_in_time(
    updates: Sequence[Update], arrival: Arrival, *, insert: Insert, clock: Clock, log: Log, deadline: datetime
) -> Portion:
    """Inserts the updates one after the other, at least one, until half of the time is over. Raises StoreFailure."""
    portion = Portion()
    now = clock.now()
    until = now + INSERTING * (deadline - now)

    def act(update: Update) -> None:
        portion.unsettled |= insert(update, portion.joinings, now=clock.now())

    for place, update in enumerate(updates):
        if place and clock.now() >= until:
            break
        guarded(act, update, arrival, portion.failed, log=log)
        for gid in portion.joinings:
            portion.first.setdefault(gid, place)
        portion.inserted = place + 1
    return portion


def guarded(act: Callable[[Update], None], update: Update, arrival: Arrival, failed: list[str], *, log: Log) -> None:
    """Does `act` with the update, and where it raises, with its plain form. Raises StoreFailure, nothing else."""
    for plainly in (False, True):
        try:
            act(plain(update, arrival) if plainly else update)
            return
        except StoreFailure:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one alert, the others go on
            # Only the type is logged: the text may quote what came.
            log("alert_failed", state_key=update.alert.state_key, error=type(error).__name__)
    failed.append(texts.printable(update.alert.state_key))


def plain(update: Update, arrival: Arrival) -> Update:
    """Returns the alert as an event that a person can read: its labels as text, all else in its description. A resolve
    is notified so, too. Its state_key names the one of the alert."""
    alert = update.alert
    labels = texts.label_set(alert.labels.items())
    name = labels.get("alertname", "alert")
    event = raw.event(
        arrival,
        alertname=name,
        source="raw",
        summary=texts.one_line(f"{name} ({alert.status}) could not be processed; this is all that came of it"),
        note="An error of alertrelay stopped its processing: the log line `alert_failed` names it.",
        part={"labels": alert.labels, "annotations": alert.annotations, "status": alert.status},
    )
    if labels.get("severity") not in SEVERITY_RANK:
        labels.pop("severity", None)
    state_key = f"plain:{texts.printable(alert.state_key)}@{update.order_key}"
    event = replace(event, labels={**event.labels, **labels}, state_key=state_key)
    return Update(alert=event, key=key_of(state_key), order_key=update.order_key)


def schedule_in_time(
    portion: Portion,
    *,
    total: int,
    notified: Mapping[str, Ledger],
    scheduler: Scheduler,
    flush: Flush,
    groups: Groups,
    timers: Timers,
    clock: Clock,
    emit: Callable[[Outcome], None],
    log: Log,
    deadline: datetime,
) -> Scheduled:
    """Makes sure that each group is flushed: first sends the timers of those that are due later, then flushes those
    that are due now, at least the first, while there is time. `total` is how many updates there are; a group in
    `notified` was notified already."""
    scheduled = Scheduled(rest=portion.inserted if portion.inserted < total else None)
    joined = [gid for gid in portion.joinings if gid not in notified]
    plans: dict[str, FlushPlan] = {}
    unread = {gid: plan for gid in joined if (plan := scheduler.unread(gid, portion.joinings[gid]))}
    read = _read([gid for gid in joined if gid not in unread][:TOGETHER], groups)
    for gid in _in_time(joined, portion, scheduled, clock, deadline=deadline):
        with _stopping_no_other(gid, portion, scheduled, log):
            plans[gid] = unread.get(gid) or scheduler.schedule(gid, portion.joinings[gid], read=read)
            portion.unsettled |= plans[gid].again
            if unknown := plans[gid].unknown:
                scheduled.unknown[gid] = unknown
    try:
        send_flush_timers(timers, clock, {gid: plan.at for gid, plan in plans.items() if plan.at and not plan.now})
    except TimersFailure as error:
        log("timers_failing", failure=str(error))
        scheduled.broken.append(error)
    due = sorted((gid for gid, plan in plans.items() if plan.now), key=lambda gid: _importance(gid, portion))
    seen = SeenFacts(expected=_expected(due[1:], portion, clock.now()))
    for gid in _in_time(due, portion, scheduled, clock, deadline=deadline):
        with _stopping_no_other(gid, portion, scheduled, log):
            joining = portion.joinings[gid]
            _flush_now(gid, joining, plans[gid], seen, scheduler, flush, timers, clock, emit, deadline=deadline)
    return scheduled


def _importance(gid: str, portion: Portion) -> tuple[int, bool]:
    """Returns the place of a group: in the order of their first updates, for which the next invocation may go on from
    any, and of one update those first whose channels page."""
    return portion.first[gid], not channel(channel_of(gid)).pages


def _expected(gids: Sequence[str], portion: Portion, now: datetime) -> list[Member]:
    """Returns what groups are about to be flushed for."""
    updates = {update.key: update for gid in gids for update in portion.joinings[gid].updates}
    return [member_of(update, now) for update in updates.values() if not update.resolved]


def _in_time(
    gids: Sequence[str], portion: Portion, scheduled: Scheduled, clock: Clock, *, deadline: datetime
) -> Iterator[str]:
    """Yields the groups while there is time, and at least the first."""
    for place, gid in enumerate(gids):
        if place and clock.now() >= deadline - FLUSHING:
            # Groups stand in the order of their first updates: all that comes before it is done.
            rest = portion.first[gid]
            scheduled.rest = rest if scheduled.rest is None else min(rest, scheduled.rest)
            return
        yield gid


@contextlib.contextmanager
def _stopping_no_other(gid: str, portion: Portion, scheduled: Scheduled, log: Log) -> Iterator[None]:
    """Keeps what is wrong with one group from the others: they go on, and what failed comes again."""
    try:
        yield
    except StoreFailure as caught:
        scheduled.failing[gid], scheduled.last = portion.joinings[gid], caught
    except Exception as error:  # noqa: BLE001 - the other groups go on; the event comes again
        log("group_failed", gid=gid, error=type(error).__name__)
        scheduled.broken.append(error)


def _flush_now(
    gid: str,
    joining: Joining,
    plan: FlushPlan,
    seen: SeenFacts,
    scheduler: Scheduler,
    flush: Flush,
    timers: Timers,
    clock: Clock,
    emit: Callable[[Outcome], None],
    *,
    deadline: datetime,
) -> None:
    """Flushes a group that is due. One that is unarmed, and that another owner holds, is armed all the same. One of
    which nothing was read is planned anew by the header that its lease was refused for. Raises StoreFailure,
    TimersFailure."""
    if plan.put is not None:
        amend = partial(scheduler.joined_unread, joining)
        taken = flush(gid, deadline=deadline, arm=plan.arm, put=plan.put, amend=amend, seen=seen)
        if not isinstance(taken, LeaseRefused):
            return
        plan = scheduler.schedule(gid, joining, read={gid: taken.header})
    if plan.now and flush(gid, deadline=deadline, arm=plan.arm, seen=seen):
        return
    at = scheduler.arm(gid, plan.arm, due=plan.at or clock.now()) if plan.arm else plan.at
    if at:
        send_flush_timer(timers, clock, gid, at=at)
    for outcome in plan.waiting if plan.now else ():
        emit(outcome)


def _read(gids: Sequence[str], groups: Groups) -> Headers:
    """Reads the headers of several groups at once, after all that joins them was put. Where that fails each is read by
    itself."""
    if len(gids) < 2:
        return {}
    try:
        found = groups.headers(gids)
    except Exception:  # noqa: BLE001 - what is wrong with one of them must not stop the others
        return {}
    return {gid: found.get(gid) for gid in gids}
