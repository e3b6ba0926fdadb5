"""The flush of one group: lease, look, decide, tell, record, close.

The order of requests is the model-checked group protocol's: the lease moves the due time, so a crash leaves the group
due; the ledger is written by the owner alone; after the record the members are looked at once more, and what arrived
while the message was being sent is flushed next.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from alertrelay.alert import Outcome, Reason
from alertrelay.compose import Group, group_of
from alertrelay.deliver import Attempt
from alertrelay.outcomes import report
from alertrelay.policy.ledger import Header, HeaderChange, Ledger, ledger_json
from alertrelay.policy.notify import decide, told_own
from alertrelay.ports import RateLimited, Relay, StoreFailure, TimersFailure
from alertrelay.tell import Told, tell

LEASE_MARGIN = timedelta(seconds=5)
"""The lease outlives the invocation's hard deadline by this."""
SEND_MARGIN = timedelta(seconds=7)
"""Nothing is sent in the last seconds of a lease."""
PACE = timedelta(seconds=10)
"""A group is told again no sooner than this after it was told: a burst becomes few messages."""
RETRIES = (60, 120, 300, 900)
"""Seconds until a failed delivery is tried again; the last one repeats."""
GIVE_UP = timedelta(days=4)
CLOSING_RETRY = timedelta(seconds=60)
CLOSED_FOR = timedelta(days=30)


def timer(gid: str, *, at: datetime) -> dict[str, str]:
    """The message that makes a group be looked at again."""
    return {"do": "flush", "gid": gid, "at": at.isoformat()}


def wake(relay: Relay, gid: str, *, at: datetime) -> None:
    """Sends the group's timer for `at`; beyond 15 min it comes back early and is sent on."""
    delay = math.ceil((at - relay.clock.now()).total_seconds())
    relay.timers.send(timer(gid, at=at), delay_seconds=min(900, max(0, delay)))


def flush(
    relay: Relay,
    gid: str,
    *,
    deadline: datetime,
    arm: Header | None = None,
    amend: Callable[[Header], Header] = lambda header: header,
) -> bool:
    """Tells what is to be told of a group that is due (or, with `arm`, that is unarmed). False: not ours to do now.

    `deadline` is when this invocation is killed; `amend` adds to the header what the table could not be told before.
    Raises StoreFailure only while nothing has been sent.
    """
    owner, until = relay.new_id(), deadline + LEASE_MARGIN
    header = relay.store.lease(gid, owner=owner, now=relay.clock.now(), until=until, arm=arm)
    if header is None:
        return False
    header = amend(header)
    began = relay.clock.now()
    members = relay.store.members(gid)
    group = group_of(relay, gid, header, decide(header, members), members, send_by=until - SEND_MARGIN)
    _settle(group, owner, tell(group), began)
    return True


def _settle(group: Group, owner: str, told: Told, began: datetime) -> None:
    """Records what was told; then closes the group, or makes it due again."""
    relay, gid, header = group.relay, group.gid, group.header
    now = relay.clock.now()
    since = (header.failing_since or now) if told.unfinished else None
    gave_up = since is not None and now - since >= GIVE_UP
    ledger, outcomes = told.ledger, told.outcomes
    if gave_up:
        ledger, outcomes = _bury(group, told)
    again = told.unfinished and not gave_up
    failures = header.failures + 1 if again else 0
    change = HeaderChange(
        ledger=_tidy(ledger),
        rec_at=began,
        told_at=now if told.sent else header.told_at,
        next_due=now + timedelta(seconds=_retry_after(told.own, failures)) if again else None,
        closing=not again,
        maybe=again and (header.maybe or told.ambiguous),
        failures=failures,
        failing_since=since if again else None,
        config_hash=relay.config.hash,
    )
    recorded = _record(relay, gid, owner, change)
    report(relay, outcomes)
    if not recorded:
        return
    if change.next_due:
        wake(relay, gid, at=change.next_due)
        return
    try:
        _close(relay, gid, owner, header, change)
    except StoreFailure:
        # Told and recorded: only the closing look is missing. The lease runs out and the group is due again.
        wake(relay, gid, at=now + CLOSING_RETRY)


def _retry_after(own: Attempt | None, failures: int) -> float:
    """Seconds: the channel's own Retry-After where it gave one, else the growing delays."""
    planned = RETRIES[min(failures, len(RETRIES)) - 1]
    if own and isinstance(own.failure, RateLimited) and own.failure.retry_after is not None:
        return max(1.0, min(own.failure.retry_after, RETRIES[-1]))
    return planned


def _tidy(ledger: Ledger) -> Ledger:
    """A group of which nothing is open any more keeps no keys and no receipts."""
    if ledger.firing or ledger.fallback_firing:
        return ledger
    return Ledger(events=ledger.events)


def _record(relay: Relay, gid: str, owner: str, change: HeaderChange) -> bool:
    """One write; where the table fails now, what was told is put in the queue to be written down later."""
    for last in (False, True):
        try:
            return relay.store.record(gid, owner=owner, change=change)
        except StoreFailure:
            if last:
                break
    body = {"do": "record", "gid": gid, "ledger": ledger_json(change.ledger)}
    try:
        relay.timers.send(body, delay_seconds=60)
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


def _close(relay: Relay, gid: str, owner: str, header: Header, change: HeaderChange) -> None:
    """Looks once more, after the record: what arrived meanwhile is flushed next, else the group is disarmed."""
    left = decide(replace(header, ledger=change.ledger, maybe=False, rec_at=change.rec_at), relay.store.members(gid))
    if left.reason or left.fallback_gone:
        due = max(relay.clock.now(), (change.told_at or relay.clock.now()) + PACE)
        if relay.store.record(gid, owner=owner, change=replace(change, closing=False, next_due=due)):
            wake(relay, gid, at=due)
        return
    quiet = not (change.ledger.firing or change.ledger.fallback_firing)
    expires = relay.clock.now() + CLOSED_FOR if quiet else None
    if not relay.store.finish(gid, owner=owner, expires=expires):
        relay.store.release(gid, owner=owner)
        wake(relay, gid, at=relay.clock.now())
