"""Writes down what a flush notified, and when the group is due again; closes a group of which nothing fires."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from alertrelay.config.durations import ALERT_KEPT, GIVE_UP, RETRY
from alertrelay.groups.flush_timer import send_flush_timer
from alertrelay.groups.messages import RecordMessage, UndeliveredMessage, body_of
from alertrelay.groups.reroute import Moved, mark_moved
from alertrelay.nflog.group_state import GroupChange, GroupState, Progress, is_firing
from alertrelay.nflog.ledger import Ledger
from alertrelay.nflog.notified import notified_own
from alertrelay.notification import Reason
from alertrelay.notify.announced import Announced
from alertrelay.notify.backlog import backlog_outcomes
from alertrelay.notify.compose import Content
from alertrelay.notify.deliver import Attempt
from alertrelay.notify.lease import Lease, Timing
from alertrelay.notify.outcomes import Reporter
from alertrelay.policy.timing import first_flush, next_tick, tick_at
from alertrelay.ports import Clock, RateLimited, Telemetry, Timers, TimersFailure
from alertrelay.state import Groups, StoreFailure
from alertrelay.values.tries import tried

RETRIES = (RETRY.total_seconds(), 120, 300, 900)
"""Seconds until a failed delivery is tried again; the last one repeats."""
RECORD_RETRY = 10
"""Seconds until a record that the table did not take is tried again: before the lease runs out, if it can be."""


class Recorded(NamedTuple):
    """The result of writing. `by_us` is False where the lease was lost or the table failed: then nothing more is
    written. `closed`: the group is disarmed by now."""

    change: GroupChange
    by_us: bool
    closed: bool = False


def record(
    lease: Lease,
    group: GroupState,
    content: Content,
    announced: Announced,
    moved: Moved,
    wakes_at: datetime | None,
    waits_until: datetime | None,
    at_once: bool,
    *,
    timing: Timing,
    config_hash: str,
    groups: Groups,
    timers: Timers,
    clock: Clock,
    reporter: Reporter,
    telemetry: Telemetry,
) -> Recorded:
    """Writes the state after this flush, and reports its outcomes.

    The group waits for its next tick, or for the first at which something is due (`wakes_at`), for what a tier holds
    back (`waits_until`), or for the next try of a channel that failed, or is closed when nothing of it fires: with
    `at_once` by this write, if nobody has joined. Where the table fails now, the record is queued.
    """
    now = clock.now()
    since = (group.progress.failing_since or now) if announced.unfinished else None
    if since is not None and now - since >= GIVE_UP:
        announced = _give_up(lease.gid, content, announced, timers)
        since = None
    change = _change(lease, group, content, announced, since, now=now, group_interval=timing.group_interval)
    change = _with_the_move(replace(change, config_hash=config_hash), moved, group, now=clock.now())
    if waits_until and change.next_due and not change.closing:
        change = replace(change, next_due=min(change.next_due, waits_until))
    if wakes_at and not change.closing:
        until = tick_at(timing.group_interval, due=change.next_due or now, at=wakes_at)
        change = replace(change, asleep_until=until if change.next_due and until > change.next_due else None)
    closed = at_once and _closed_at_once(lease, change, group, groups, now=now)
    recorded = closed or _write(lease, change, group, groups, timers, telemetry)
    for outcome in (*backlog_outcomes(content, reporter), *announced.outcomes):
        telemetry.emit(outcome)
    return Recorded(change, recorded, closed)


def _change(
    lease: Lease,
    group: GroupState,
    content: Content,
    announced: Announced,
    since: datetime | None,
    *,
    now: datetime,
    group_interval: float,
) -> GroupChange:
    """Returns what the flush writes into the group's header. `since`: from when on a channel has been failing that is
    tried again, None where none is."""
    again = since is not None
    progress, due = group.progress, group.schedule.due or now
    failures = progress.failures + 1 if again else 0
    own = announced.attempts[0] if announced.attempts else None
    next_due = tick = next_tick(group_interval, due=due, now=now)
    if again:
        next_due = now + timedelta(seconds=_retry_after(own, failures))
    if announced.owed_tries:
        next_due = min(next_due, now + timedelta(seconds=_delay(announced.owed_tries)))
    # A channel that was given up is tried once more when the repeat is due.
    notified = announced.sent or (announced.unfinished and not again)
    return GroupChange(
        ledger=_tidy(announced.ledger),
        progress=Progress(
            recorded_at=lease.began,
            notified_at=lease.tick if notified else progress.notified_at,
            uncertain=again and (progress.uncertain or announced.uncertain),
            failures=failures,
            failing_since=since,
        ),
        due=due if again else tick,
        next_due=next_due,
        closing=not (again or announced.owed_tries or content.decision.view.firing),
        config_hash="",
    )


def _give_up(gid: str, content: Content, announced: Announced, timers: Timers) -> Announced:
    """Gives a message up after four days: it is dead-lettered, and the alarm of that queue mails without our code. The
    ledger then counts it as notified, so that a repeat is tried. Raises TimersFailure."""
    own = announced.attempts[0] if announced.attempts else None
    outcomes = tuple(
        replace(o, outcome="failed", reason=Reason.RETRY_EXHAUSTED) if o.outcome == "pending" else o
        for o in announced.outcomes
    )
    undelivered = UndeliveredMessage(
        gid=gid,
        receiver=str(content.group.identity.integration),
        failure=own.failure.text if own and own.failure else "a fallback did not answer",
        since=content.group.progress.failing_since,
        alerts=sorted({f"{o.alertname} {o.fingerprint} {o.status}" for o in outcomes}),
    )
    timers.dead_letter(body_of(undelivered))
    ledger = replace(notified_own(content.decision), fallback_firing=frozenset(), fallback_unsure=frozenset())
    ledger = replace(ledger, fallbacks=frozenset(), refused=frozenset())
    return replace(announced, ledger=ledger, outcomes=outcomes)


def _retry_after(own: Attempt | None, failures: int) -> float:
    """Returns seconds: the channel's own Retry-After where it gave one, else the growing delays."""
    if own and isinstance(own.failure, RateLimited) and own.failure.retry_after is not None:
        return max(1.0, min(own.failure.retry_after, RETRIES[-1]))
    return _delay(failures)


def _delay(tries: int) -> float:
    return RETRIES[min(tries, len(RETRIES)) - 1]


def _tidy(ledger: Ledger) -> Ledger:
    """Returns the ledger without keys and receipts where nothing of the group is open any more; what flaps is kept."""
    if ledger.open or ledger.storm:
        return ledger
    return Ledger(events=ledger.events, events_at=ledger.events_at, flaps=ledger.flaps)


def _with_the_move(change: GroupChange, moved: Moved, group: GroupState, *, now: datetime) -> GroupChange:
    """Keeps the old configuration in the record while there is anything to move: only a flush that finds nothing is
    done with the new one, since this one may die before it has marked what it moved. Where its time ran out the next
    flush is due at once."""
    if moved.all and not moved.members:
        return change
    at_once = not moved.all and moved.members and not change.progress.failures
    return replace(change, config_hash=group.config_hash, next_due=now if at_once else change.next_due)


def _closed_at_once(lease: Lease, change: GroupChange, before: GroupState, groups: Groups, *, now: datetime) -> bool:
    """Records and disarms a group of which nothing fires or is open. False: it is to be recorded as closing."""
    if not change.closing or change.ledger.open or change.ledger.storm:
        return False
    with contextlib.suppress(StoreFailure):
        expires = now + ALERT_KEPT
        return groups.close(lease.gid, owner=lease.owner, change=change, before=before, expires=expires)
    return False


def _write(
    lease: Lease,
    change: GroupChange,
    before: GroupState,
    groups: Groups,
    timers: Timers,
    telemetry: Telemetry,
) -> bool:
    with contextlib.suppress(StoreFailure):
        return tried(lambda: groups.record(lease.gid, owner=lease.owner, change=change, before=before), StoreFailure)
    try:
        body = body_of(RecordMessage(gid=lease.gid, owner=lease.owner, change=change))
        tried(lambda: timers.send(body, delay_seconds=RECORD_RETRY), TimersFailure)
    except TimersFailure as failure:
        # The message is out: raising would only send it twice. The lease runs out and the group is due again.
        telemetry.log("record_lost", gid=lease.gid, failure=str(failure))
    return False


def leave(
    lease: Lease,
    group: GroupState,
    recorded: Recorded,
    moved: Moved,
    *,
    timing: Timing,
    groups: Groups,
    timers: Timers,
    clock: Clock,
    telemetry: Telemetry,
) -> None:
    """Closes the group, or sends the timer of its next flush. The notification is out and recorded, so a store failure
    here is harmless: the group is due again all the same."""
    change = recorded.change
    if recorded.closed or not recorded.by_us:
        return
    now = clock.now()
    try:
        mark_moved(lease.gid, moved.members, groups, now=now)
        if change.closing:
            _close(lease, group, change, timing, groups, timers, clock)
            return
    except StoreFailure as failure:
        telemetry.log("left_for_the_next_flush", gid=lease.gid, failure=str(failure))
    send_flush_timer(timers, clock, lease.gid, at=now + RETRY if change.closing else change.next_due or now)


def _close(
    lease: Lease,
    group: GroupState,
    change: GroupChange,
    timing: Timing,
    groups: Groups,
    timers: Timers,
    clock: Clock,
) -> None:
    """Queries the members once more, after the record: what fires by now makes the group due again, else it is
    disarmed."""
    gid, owner, now = lease.gid, lease.owner, clock.now()
    events = change.ledger.events
    found = tried(lambda: groups.members(gid), StoreFailure)
    left = [m for m in found if is_firing(m, now) or (m.status == "event" and m.key not in events)]
    if left:
        due = first_flush(timing.group_wait, starts_at=min(m.alert.starts_at for m in left), now=now)
        again = replace(change, closing=False, due=due, next_due=due)
        if groups.record(gid, owner=owner, change=again, before=group):
            send_flush_timer(timers, clock, gid, at=due)
        return
    expires = None if change.ledger.open else now + ALERT_KEPT
    if not tried(lambda: groups.finish(gid, owner=owner, expires=expires), StoreFailure):
        groups.release(gid, owner=owner)
        send_flush_timer(timers, clock, gid, at=now)
