"""The flush of one group: lease, look, decide, tell, record, close.

The order of requests is the model-checked group protocol's: the lease moves the due time, so a crash leaves the group
due; the ledger is written by the owner alone; after the record the members are looked at once more, and what arrived
while the message was being sent is flushed next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alertrelay.config.model import Route
from alertrelay.groups.outcomes import report
from alertrelay.groups.reroute import Moved, move
from alertrelay.groups.wake import wake
from alertrelay.nflog.dedup import Decision, Mute, decide, is_firing, told_own
from alertrelay.nflog.ledger import Header, HeaderChange, Ledger, Member, Standing, change_json
from alertrelay.notification import Outcome, Reason
from alertrelay.notify.announce import Told, tell
from alertrelay.notify.backlog import left_over, rejoin_digest
from alertrelay.notify.compose import Group, group_of
from alertrelay.notify.deliver import Attempt
from alertrelay.notify.mute import facts_of, muted
from alertrelay.notify.silence_expiry import warn
from alertrelay.notify.stale_alarms import without_vanished
from alertrelay.policy.timing import first_flush, last_tick, next_tick
from alertrelay.ports import Facts, RateLimited, Relay, SelfAlert, StoreFailure, TimersFailure

LEASE_MARGIN = timedelta(seconds=5)
"""The lease outlives the invocation's hard deadline by this."""
SEND_MARGIN = timedelta(seconds=7)
"""Nothing is sent in the last seconds of a lease."""
RETRIES = (60, 120, 300, 900)
"""Seconds until a failed delivery is tried again; the last one repeats."""
RECORD_RETRY = 10
"""Seconds until a record that the table did not take is tried again: before the lease runs out, if it can be."""
GIVE_UP = timedelta(days=4)
CLOSING_RETRY = timedelta(seconds=60)
CLOSED_FOR = timedelta(days=30)
MOVED_FOR = timedelta(days=3)
UNFINISHED = 3
"""Leases that left no record, after which a flush does no more than it must."""
SHOWN_PLAINLY = 5
MOVE_SHARE = 1 / 3
"""Of a lease: another third is for arming where they went, the last one for telling."""


def flush(
    relay: Relay,
    gid: str,
    *,
    deadline: datetime,
    arm: Standing | None = None,
    amend: Callable[[Header], Header] = lambda header: header,
) -> bool:
    """Tells what is to be told of a group that is due (or, with `arm`, that is unarmed). False: not ours to do now.

    `deadline` is when this invocation is killed; `amend` adds to the header what the table could not be told before.
    Raises StoreFailure only while nothing has been sent.
    """
    owner, now = relay.new_id(), relay.clock.now()
    until = deadline + LEASE_MARGIN
    header = relay.store.lease(gid, owner=owner, now=now, until=until, arm=arm)
    if header is None:
        return False
    began = relay.clock.now()
    due = now if arm or header.due is None else header.due
    header = replace(amend(header), due=due)
    route = relay.config.route_of(header.route_id) or relay.config.route
    tick = last_tick(route, due=due, now=now)
    look = _look
    if header.tries >= UNFINISHED:
        look, relay = _look_plainly, replace(relay, shown=SHOWN_PLAINLY)
        _say_unfinished(relay, gid, header)
    if header.lost:
        _say_lost(relay, gid, header)
    seen = look(relay, gid, route, header, now=began, tick=tick, until=until)
    group = group_of(relay, gid, header, seen.decision, seen.members, seen.facts, send_by=until - SEND_MARGIN)
    told = tell(group)
    change, outcomes = _what_to_record(group, route, told, due=due, tick=tick, began=began)
    change = _with_the_move(change, seen.moved, header, now=relay.clock.now())
    recorded = _record(relay, gid, owner, change, header)
    report(relay, (*left_over(group), *outcomes))
    if recorded:
        _leave(relay, group, owner, route, change, seen.moved.members)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    members: Sequence[Member]
    decision: Decision
    facts: Facts
    moved: Moved


def _look(
    relay: Relay, gid: str, route: Route, header: Header, *, now: datetime, tick: datetime, until: datetime
) -> _Seen:
    """The group as it stands, what the table knows beside it, and what is to be told of it."""
    members = relay.store.members(gid)
    moved = move(relay, gid, header, members, until=now + MOVE_SHARE * (until - now))
    leaving = frozenset(member.key for member in moved.members)
    rejoin_digest(relay, header, members)
    facts = facts_of(relay, header, members)
    mutes = muted(relay, route, header, members, facts)
    members = warn(relay, gid, route, header, members, mutes)
    decision = _decide(route, header, members, leaving, mutes, now=now, tick=tick)
    if decision.reason == Reason.REPEAT:
        members = without_vanished(relay, gid, members)
        decision = _decide(route, header, members, leaving, mutes, now=now, tick=tick)
    return _Seen(members=members, decision=decision, facts=facts, moved=moved)


def _look_plainly(
    relay: Relay, gid: str, route: Route, header: Header, *, now: datetime, tick: datetime, **_: Any
) -> _Seen:
    """With one request: what is silenced, inhibited or led elsewhere is told all the same, and what a digest speaks for
    where it may not have heard of all."""
    members = relay.store.members(gid)
    if header.leftover:
        header = replace(header, ledger=replace(header.ledger, storm=frozenset()))
    decision = _decide(route, header, members, frozenset(), {}, now=now, tick=tick)
    return _Seen(members=members, decision=decision, facts=Facts(), moved=Moved(all=False))


def _say_unfinished(relay: Relay, gid: str, header: Header) -> None:
    relay.log("flush_unfinished", gid=gid, receiver=str(header.integration), tries=header.tries)
    text = (
        f"{header.tries} flushes of the group {header.group_key} of {header.integration} ended without a record: killed"
        " by their time or memory limit, or by the table. It is told without its details, silences and inhibitions."
    )
    relay.tell_ops(SelfAlert(name="FlushUnfinished", text=text))


def _say_lost(relay: Relay, gid: str, header: Header) -> None:
    relay.log("ledger_lost", gid=gid, receiver=str(header.integration))
    text = (
        f"What people were told of the group {header.group_key} of {header.integration} is lost: a chunk of its ledger"
        " is missing in the table. What fires, and what ended in the last three days, is told once more; what ended"
        " before and was not told may hang open there."
    )
    relay.tell_ops(SelfAlert(name="LedgerLost", text=text))


def _decide(
    route: Route,
    header: Header,
    members: Sequence[Member],
    leaving: frozenset[str],
    mutes: Mapping[str, Mute],
    *,
    now: datetime,
    tick: datetime,
) -> Decision:
    return decide(
        header,
        members,
        now=now,
        repeat_interval=route.repeat_interval,
        tick=tick,
        muted=mutes,
        leaving=leaving,
    )


def _what_to_record(
    group: Group, route: Route, told: Told, *, due: datetime, tick: datetime, began: datetime
) -> tuple[HeaderChange, tuple[Outcome, ...]]:
    """The header after this flush: the group waits for its next tick, or for the next try of a channel that failed, or
    is closed when nothing of it fires. With the outcomes to report."""
    header, now = group.header, group.relay.clock.now()
    since = (header.failing_since or now) if told.unfinished else None
    gave_up = since is not None and now - since >= GIVE_UP
    ledger, outcomes = _bury(group, told) if gave_up else (told.ledger, told.outcomes)
    again = told.unfinished and not gave_up
    failures = header.failures + 1 if again else 0
    next_due = (
        now + timedelta(seconds=_retry_after(told.own, failures)) if again else next_tick(route, due=due, now=now)
    )
    change = HeaderChange(
        ledger=_tidy(ledger),
        rec_at=began,
        # Whoever was given up is tried once more when the repeat is due.
        told_at=tick if told.sent or gave_up else header.told_at,
        due=due if again else next_due,
        next_due=next_due,
        closing=not (again or group.decision.firing),
        maybe=again and (header.maybe or told.ambiguous),
        failures=failures,
        failing_since=since if again else None,
        config_hash=group.relay.config.hash,
    )
    return change, outcomes


def _with_the_move(change: HeaderChange, moved: Moved, header: Header, *, now: datetime) -> HeaderChange:
    """Only a flush that finds nothing to move is done with a new configuration: this one may die before it has marked
    them. Where its time ran out the next one goes on at once."""
    if moved.all and not moved.members:
        return change
    at_once = not moved.all and moved.members and not change.failures
    return replace(change, config_hash=header.config_hash, next_due=now if at_once else change.next_due)


def _leave(relay: Relay, group: Group, owner: str, route: Route, change: HeaderChange, moved: Sequence[Member]) -> None:
    """After the record. What was told is told: the table may fail here, and the group is due again all the same."""
    gid, now = group.gid, relay.clock.now()
    at = now + CLOSING_RETRY if change.closing else change.next_due or now
    try:
        for member in moved:
            relay.store.mark_moved(gid, member, expires=now + MOVED_FOR)
        if change.closing:
            _close(relay, group, owner, route, change)
            return
    except StoreFailure as failure:
        relay.log("left_for_the_next_flush", gid=gid, failure=str(failure))
    wake(relay, gid, at=at)


def _retry_after(own: Attempt | None, failures: int) -> float:
    """Seconds: the channel's own Retry-After where it gave one, else the growing delays."""
    planned = RETRIES[min(failures, len(RETRIES)) - 1]
    if own and isinstance(own.failure, RateLimited) and own.failure.retry_after is not None:
        return max(1.0, min(own.failure.retry_after, RETRIES[-1]))
    return planned


def _tidy(ledger: Ledger) -> Ledger:
    """A group of which nothing is open any more keeps no keys and no receipts."""
    if ledger.firing or ledger.fallback_firing or ledger.storm:
        return ledger
    return Ledger(events=ledger.events)


def _record(relay: Relay, gid: str, owner: str, change: HeaderChange, before: Header) -> bool:
    """One write; where the table fails now, what was told is put in the queue to be written down later."""
    for last in (False, True):
        try:
            return relay.store.record(gid, owner=owner, change=change, before=before)
        except StoreFailure:
            if last:
                break
    body = {"do": "record", "gid": gid, "owner": owner, "change": change_json(change)}
    try:
        relay.timers.send(body, delay_seconds=RECORD_RETRY)
    except TimersFailure as failure:
        # The message is out: raising would only send it twice. The lease runs out and the group is due again.
        relay.log("record_lost", gid=gid, failure=str(failure))
    return False


def _bury(group: Group, told: Told) -> tuple[Ledger, tuple[Outcome, ...]]:
    """After four days: the dead-letter queue, whose alarm mails without our code."""
    detail = told.own.failure.text if told.own and told.own.failure else "a fallback did not answer"
    outcomes = tuple(
        replace(o, outcome="failed", reason=Reason.RETRY_EXHAUSTED) if o.outcome == "pending" else o
        for o in told.outcomes
    )
    header = group.header
    group.relay.timers.bury(
        {
            "do": "bury",
            "gid": group.gid,
            "receiver": str(header.integration),
            "failure": detail,
            "since": header.failing_since.isoformat() if header.failing_since else "",
            "alerts": sorted({f"{o.alertname} {o.fingerprint} {o.status}" for o in outcomes}),
        }
    )
    return replace(told_own(group.decision), fallback_firing=frozenset(), fallbacks=frozenset()), outcomes


def _close(relay: Relay, group: Group, owner: str, route: Route, change: HeaderChange) -> None:
    """Looks once more, after the record: what fires by now makes the group due again, else it is disarmed."""
    gid, now = group.gid, relay.clock.now()
    members = relay.store.members(gid)
    left = [m for m in members if is_firing(m, now) or (m.status == "event" and m.key not in change.ledger.events)]
    if left:
        due = first_flush(route, starts_at=min(m.starts_at for m in left), now=now)
        again = replace(change, closing=False, due=due, next_due=due)
        if relay.store.record(gid, owner=owner, change=again, before=group.header):
            wake(relay, gid, at=due)
        return
    quiet = not (change.ledger.firing or change.ledger.fallback_firing)
    expires = now + CLOSED_FOR if quiet else None
    if not relay.store.finish(gid, owner=owner, expires=expires):
        relay.store.release(gid, owner=owner)
        wake(relay, gid, at=now)
