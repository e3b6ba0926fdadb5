"""While the table fails: state makes us quieter, never silent.

Critical goes out at once, other severities when the event has come again for two minutes. No end is sent, since it
could close the incident of others in its group. All of it is put in the queue, to be written down, or told, later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertrelay.alert import Alert
from alertrelay.channels import channel
from alertrelay.groups.insert import Joining, Update
from alertrelay.groups.outcomes import of_alert
from alertrelay.nflog.ledger import Header, Ledger, ledger_json
from alertrelay.notification import Notification, Outcome, Reason
from alertrelay.notify.compose import incident_key
from alertrelay.notify.deliver import Attempt, attempt
from alertrelay.notify.fallback import fall_back
from alertrelay.ports import NotAccountedFor, Relay, StoreFailure, TimersFailure
from alertrelay.sources import Envelope

PATIENCE = timedelta(minutes=2)
"""How long what is not critical waits for the table, by the topic's clock."""
PAUSE = 1.0
"""Seconds between two messages that no ledger knows, in one container."""
AGAIN = 60
"""Seconds until the queue brings it back."""
OWN_BUDGET = 10.0
SEND_MARGIN = timedelta(seconds=2)
GIVE_UP = timedelta(days=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What goes out as one message: one group, or what is left of an integration's groups as a digest."""

    header: Header
    gids: tuple[str, ...]
    updates: tuple[Update, ...]


def tell_without_state(
    relay: Relay,
    envelope: Envelope,
    groups: Mapping[str, Joining],
    failure: StoreFailure,
    *,
    deadline: datetime,
    told: Mapping[str, Ledger],
) -> None:
    """Tells what cannot wait, and queues the rest. `told` was said by an earlier try and is not said again.

    Raises NotAccountedFor where an alert is neither told nor queued.
    """
    relay.log("store_failing", failure=str(failure))
    open_ = {gid: _firing(joining) for gid, joining in groups.items() if gid not in told}
    open_ = {gid: updates for gid, updates in open_.items() if updates}
    ends = [u for joining in groups.values() for u in joining.updates if u.alert.status == "resolved"]
    age = relay.clock.now() - (envelope.sent_at or relay.clock.now())
    critical = any(u.alert.labels.get("severity") == "critical" for updates in open_.values() for u in updates)
    if open_ and not critical and age < PATIENCE:
        raise NotAccountedFor(f"the table fails ({failure}); not critical, so it waits {PATIENCE.seconds} s for it")
    said, unsaid, outcomes = dict(told), False, list[Outcome]()
    for batch in _batches(groups, open_):
        ledger, results = _tell(relay, batch, deadline=deadline)
        outcomes += results
        unsaid = unsaid or ledger is None
        if ledger:
            said |= dict.fromkeys(batch.gids, ledger)
    outcomes += [of_alert(u.alert, "pending", Reason.STORE_FAILING) for u in ends]
    try:
        _queue(relay, envelope, said, age)
    except TimersFailure as lost:
        if unsaid or ends:
            raise NotAccountedFor(f"the table fails ({failure}) and so does the queue ({lost})") from None
        relay.log("record_lost", failure=str(lost))
    for outcome in outcomes:
        relay.emit(outcome)


def _firing(joining: Joining) -> list[Update]:
    return [u for u in joining.updates if u.alert.status == "firing"]


def _queue(relay: Relay, envelope: Envelope, said: Mapping[str, Ledger], age: timedelta) -> None:
    """The event itself, with what has been said of it: it comes back, joins its groups, and is written down."""
    body = {
        "do": "receive",
        "envelope": envelope.to_json(),
        "told": {gid: ledger_json(ledger) for gid, ledger in said.items()},
    }
    if age >= GIVE_UP:
        relay.timers.bury(body)
    else:
        relay.timers.send(body, delay_seconds=AGAIN)


def _batches(groups: Mapping[str, Joining], open_: Mapping[str, list[Update]]) -> Iterator[_Batch]:
    """One message for the first group of each integration, one for all its others. PagerDuty has one a group, since an
    incident is ended by its group's key."""
    by_integration: dict[str, list[str]] = {}
    for gid in open_:
        header = groups[gid].header
        if header:
            by_integration.setdefault(str(header.integration), []).append(gid)
    for gids in by_integration.values():
        header = groups[gids[0]].header
        assert header is not None
        alone = gids if channel(header.integration.channel).pages else gids[:1]
        for gid in alone:
            yield _Batch(header=groups[gid].header or header, gids=(gid,), updates=tuple(open_[gid]))
        rest = gids[len(alone) :]
        if rest:
            digest = replace(header, group_key="without state", group_labels={})
            updates = {u.key: u for gid in rest for u in open_[gid]}
            yield _Batch(header=digest, gids=tuple(rest), updates=tuple(updates.values()))


def _tell(relay: Relay, batch: _Batch, *, deadline: datetime) -> tuple[Ledger | None, list[Outcome]]:
    """One message, by the batch's own channel or its fallbacks; the ledger of what it said, None if nobody took it."""
    _pace(relay)
    target = relay.config.target(batch.header.integration)
    assert target is not None  # the batch comes from this configuration's route tree
    message = _message(relay, batch)
    send_by = deadline - SEND_MARGIN
    own = attempt(relay, target, message, send_by=send_by, within=OWN_BUDGET)
    if own.receipt:
        return _ledger(batch, message, [own]), _outcomes(batch, own, None)
    reached = [
        a
        for a in fall_back(
            relay,
            own,
            message,
            gid=batch.gids[0],
            next_try_at=relay.clock.now() + timedelta(seconds=AGAIN),
            send_by=send_by,
        )
        if a.receipt
    ]
    outcomes = [replace(o, outcome="pending", reason=Reason.CHANNEL_FAILED) for o in _outcomes(batch, own, own)]
    for fallback in reached:
        outcomes += _outcomes(batch, fallback, own)
    return (_ledger(batch, message, reached, fallback=True) if reached else None), outcomes


def _pace(relay: Relay) -> None:
    now = relay.clock.now()
    if relay.unrecorded:
        relay.clock.sleep(PAUSE - (now - relay.unrecorded[0]).total_seconds())
    relay.unrecorded[:] = [relay.clock.now()]


def _message(relay: Relay, batch: _Batch) -> Notification:
    alerts: tuple[Alert, ...] = tuple(u.alert for u in batch.updates)
    events = [u.key for u in batch.updates if u.alert.kind == "event"]
    alone = events if len(events) == len(batch.updates) else []
    return Notification(
        id=relay.new_id(),
        integration=batch.header.integration,
        status="firing",
        reason=Reason.STORE_FAILING,
        environment=relay.config.environment,
        group_key=batch.header.group_key,
        group_labels=batch.header.group_labels,
        dedup_key=incident_key(relay, batch.header, sorted(alone)),
        alerts=alerts[:100],
        news=frozenset(alert.state_key for alert in alerts),
        firing_count=len(alerts),
        resolved_count=0,
        at=relay.clock.now(),
        without_state=True,
    )


def _ledger(batch: _Batch, message: Notification, reached: list[Attempt], *, fallback: bool = False) -> Ledger:
    firing = frozenset(u.key for u in batch.updates if u.alert.kind == "alert")
    events = frozenset(u.key for u in batch.updates if u.alert.kind == "event")
    receipts = {str(a.integration): a.receipt for a in reached if a.receipt}
    if fallback:
        return Ledger(fallback_firing=firing, events=events, fallbacks=frozenset(receipts), receipts=receipts)
    return Ledger(firing=firing, events=events, dedup_key=message.dedup_key, receipts=receipts)


def _outcomes(batch: _Batch, tried: Attempt, failed: Attempt | None) -> list[Outcome]:
    text = failed.failure.text if failed and failed.failure else ""
    return [
        replace(
            of_alert(u.alert, "fallback" if failed else "delivered", Reason.STORE_FAILING, detail=text),
            receiver=tried.integration.receiver,
            channel=tried.integration.channel,
            attempts=tried.attempts,
            notification_id=tried.notification_id if tried.receipt else "",
            fallback_for=str(batch.header.integration) if failed and tried is not failed else "",
            group_key=batch.header.group_key,
        )
        for u in batch.updates
    ]
