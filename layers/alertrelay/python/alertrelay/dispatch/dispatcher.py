"""The whole story of an alert, in order:

parse -> route -> remember (order, dedupe) -> group -> decide -> render -> deliver, in order of fallback -> record.

`receive` takes one message from a topic: groups/insert.py routes, remembers and groups it; a group that is due is
flushed (notify/pipeline.py) in the same invocation, and else by a message of the forwarder's own queue, which
`on_timer` takes.
Where the table does not answer, dispatch/degraded.py goes on without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alertrelay.dispatch.degraded import tell_without_state
from alertrelay.dispatch.portion import guarded, join_in_time, settle_in_time
from alertrelay.groups.bounded import EARLIEST, FUTURE, clock_refused
from alertrelay.groups.insert import Joining, Update, groups_for, say_not_ours, updates_of
from alertrelay.groups.outcomes import of_alert
from alertrelay.groups.wake import wake
from alertrelay.nflog.ledger import Header, Ledger, Standing, change_from_json, ledger_from_json, ledger_json, merged
from alertrelay.notification import Reason
from alertrelay.notify.pipeline import GIVE_UP, RECORD_RETRY, flush
from alertrelay.ports import NotAccountedFor, Relay, SelfAlert, StoreFailure
from alertrelay.sources import Envelope, Parsed, parse
from alertrelay.sources.arrival import Arrival

SOON = 2.0
"""Seconds: a timer that comes back this early waits: SQS delays are whole seconds, and clocks differ a little."""
TICK_AHEAD = timedelta(seconds=75)
"""How far a tick looks: to the next one, and a little further, since neither is punctual."""
HELD = 40
"""Seconds after which a lease that is held now has run out."""
AT_LEAST = timedelta(seconds=1)
"""Until a message that could not do its work comes again."""
NOTHING: Mapping[str, Ledger] = {}
STORE_RETRY = 60
"""Seconds until a timer that found the table failing is tried again."""


def receive(
    relay: Relay,
    envelope: Envelope,
    *,
    deadline: datetime,
    told: Mapping[str, Ledger] = NOTHING,
    start: int = 0,
) -> None:
    """One message from a topic. When this returns, every update of it has been told, or is durable in a group that is
    due or in the queue, and what became of it has been emitted.

    `told` is what an earlier invocation said of its groups while the table was failing; `start` is the place of the
    first update that an earlier one had no time for. Raises NotAccountedFor where neither the table nor the queue took
    an update, and TimersFailure: then the event must come again.
    """
    now = relay.clock.now()
    envelope = replace(envelope, sent_at=_sent_at(envelope, now=now))
    arrival = Arrival(envelope=envelope, received_at=now)
    parsed = parse(envelope, received_at=now)
    relay.log("received", source=parsed.source, alerts=len(parsed.alerts), problem=parsed.problem)
    if parsed.hop:
        _refuse_loop(relay, parsed)
        return
    updates = _of_consequence(relay, parsed, received=arrival.at, first=start == 0)[start:]
    try:
        portion = join_in_time(relay, updates, arrival, deadline=deadline)
    except StoreFailure as failure:
        groups, failed = _by_route(relay, updates, arrival)
        tell_without_state(relay, envelope, groups, failure, deadline=deadline, told=told)
        _raise_failed(failed, ())
        return
    settled = settle_in_time(relay, portion, of=len(updates), told=told, deadline=deadline)
    if settled.rest is not None:
        _leave_rest(relay, envelope, told, start=start + settled.rest, of=start + len(updates))
    failing, last = settled.failing, settled.last
    try:
        _write_down(relay, envelope, portion.groups, told, deadline=deadline)
    except StoreFailure as caught:
        failing, last = failing or {"": Joining(header=None)}, caught
    if last:
        tell_without_state(relay, envelope, failing, last, deadline=deadline, told=told)
    _raise_failed(portion.failed, settled.broken)


def _leave_rest(relay: Relay, envelope: Envelope, told: Mapping[str, Ledger], *, start: int, of: int) -> None:
    """The next invocation goes on at once. Raises TimersFailure: then the whole event comes again."""
    relay.log("message_split", message_id=envelope.message_id, start=start, alerts=of)
    ledgers = {gid: ledger_json(ledger) for gid, ledger in told.items()}
    body = {"do": "receive", "envelope": envelope.to_json(), "told": ledgers, "from": start}
    relay.timers.send(body, delay_seconds=0)


def _raise_failed(failed: Sequence[str], broken: Sequence[Exception]) -> None:
    """After all others are done: the event comes again, and ends in the dead-letter queue, which pages."""
    if broken:
        raise broken[0]
    if failed:
        raise NotAccountedFor(f"{len(failed)} alerts of the message could not be processed, the first is {failed[0]}")


def _sent_at(envelope: Envelope, *, now: datetime) -> datetime:
    """When the message reached its topic, as far as it can be so: it orders what has no clock of its own."""
    sent = envelope.sent_at
    return sent if sent is not None and EARLIEST <= sent <= now + FUTURE else now


def _write_down(
    relay: Relay,
    envelope: Envelope,
    groups: Mapping[str, Joining],
    told: Mapping[str, Ledger],
    *,
    deadline: datetime,
) -> None:
    """What was said without the table enters the ledger of its group, so that it is ended, and not said again. A group
    that somebody holds is asked again later."""
    left = {}
    for gid, ledger in told.items():
        header = relay.store.header(gid)
        known = header or (groups[gid].header if gid in groups else None)
        armed = header is not None and header.next_due is not None and not header.closing

        def amend(before: Header, ledger: Ledger = ledger) -> Header:
            return replace(before, ledger=merged(before.ledger, ledger))

        if armed and header:
            _make_due(relay, gid, header)
        if known and not flush(relay, gid, deadline=deadline, arm=None if armed else known, amend=amend):
            left[gid] = ledger_json(ledger)
    if left:
        body = {"do": "receive", "envelope": envelope.to_json(), "told": left}
        relay.timers.send(body, delay_seconds=HELD)


def _make_due(relay: Relay, gid: str, header: Standing) -> None:
    """What was told and is not written down cannot wait for the group's tick: the flush of that tick would come first,
    and tell it again. Nothing changes where somebody holds the group."""
    now = relay.clock.now()
    if header.next_due and header.next_due > now and not header.owner:
        relay.store.hasten(gid, due=now, seen=header.next_due)


def _refuse_loop(relay: Relay, parsed: Parsed) -> None:
    """What we sent ourselves goes to the ops topic only."""
    names = ", ".join(sorted({alert.name for alert in parsed.alerts}))
    relay.tell_ops(SelfAlert(name="LoopDetected", text=f"A message of alertrelay's own came back: {names}."))
    for alert in parsed.alerts:
        relay.emit(of_alert(alert, "suppressed", Reason.LOOP))


def _of_consequence(relay: Relay, parsed: Parsed, *, received: datetime, first: bool) -> list[Update]:
    """INSUFFICIENT_DATA, and what CloudWatch itself mutes, opens nothing and closes nothing: it is recorded, once."""
    for alert in parsed.alerts if first else ():
        if alert.status == "unknown" and relay.speaks_for_nobody:
            by = alert.annotations.get("suppressed_by", "")
            reason = Reason.MUTED_AT_SOURCE if by else Reason.INSUFFICIENT_DATA
            relay.emit(of_alert(alert, "suppressed", reason, detail=by))
        if clock_refused(alert, received=received):
            relay.log("source_clock_refused", state_key=alert.state_key, updated_at=str(alert.updated_at))
    return [u for u in updates_of(parsed.alerts, received=received) if u.alert.status != "unknown"]


def _by_route(relay: Relay, updates: list[Update], arrival: Arrival) -> tuple[dict[str, Joining], list[str]]:
    """The groups by the route tree alone, and what could be put in none. An end has none: only the table knows where
    its alert was announced."""
    groups: dict[str, Joining] = {}
    failed: list[str] = []

    def put(update: Update) -> None:
        if update.alert.status == "resolved":
            groups.setdefault("", Joining(header=None)).updates.append(update)
            return
        homes = groups_for(relay, update.alert.labels)
        if not homes:
            say_not_ours(relay, update.alert)
        for gid, header in homes.items():
            groups.setdefault(gid, Joining(header=header)).updates.append(update)

    for update in updates:
        guarded(relay, update, arrival, failed, put)
    return groups, failed


def on_tick(relay: Relay) -> None:
    """Each minute: a timer for every group of ours that falls due before the next tick. It has no state, may run twice,
    and what it misses by a lagging index it finds a minute later. Raises StoreFailure, TimersFailure."""
    now = relay.clock.now()
    bodies = []
    for channel in sorted(relay.channels):
        for gid, due in relay.store.due(channel, before=now + TICK_AHEAD):
            delay = max(0.0, (due - now).total_seconds())
            bodies.append(({"do": "flush", "gid": gid, "at": due.isoformat()}, delay))
    relay.timers.send_all(bodies)
    relay.log("tick", due=len(bodies))


def on_timer(relay: Relay, body: Mapping[str, Any], *, deadline: datetime) -> None:
    """One message of the forwarder's own queue. Raises TimersFailure: then SQS delivers it again."""
    if body.get("do") == "receive":
        envelope = Envelope.from_json(body["envelope"])
        told = {gid: ledger_from_json(ledger) for gid, ledger in body["told"].items()}
        receive(relay, envelope, deadline=deadline, told=told, start=int(body.get("from", 0)))
        return
    try:
        _on_due(relay, body, deadline=deadline)
    except StoreFailure as failure:
        relay.log("store_failing", gid=body["gid"], failure=str(failure))
        since = datetime.fromisoformat(body["since"]) if "since" in body else relay.clock.now()
        again = {**body, "since": since.isoformat()}
        if relay.clock.now() - since >= GIVE_UP:
            relay.timers.bury(again)
        else:
            relay.timers.send(again, delay_seconds=RECORD_RETRY if body["do"] == "record" else STORE_RETRY)


def _on_due(relay: Relay, body: Mapping[str, Any], *, deadline: datetime) -> None:
    """Flushes the group if it is due. A message that comes early, or finds the group held, comes again; where the group
    is due later than the message says, somebody has looked at it since, and has sent the message for that."""
    gid = body["gid"]
    if body["do"] == "bury":
        _send_again(relay, body, deadline=deadline)
        return
    if body["do"] == "record":
        # As the owner still: refused where somebody has taken the group since, and told it once more.
        relay.store.record(gid, owner=body["owner"], change=change_from_json(body["change"]))
        return
    if flush(relay, gid, deadline=deadline):
        return
    header = relay.store.header(gid)
    if header is None or header.next_due is None:
        return  # somebody else has finished with it
    if header.next_due > datetime.fromisoformat(body["at"]) and not header.owner:
        return
    wait = (header.next_due - relay.clock.now()).total_seconds()
    if wait <= SOON:
        relay.clock.sleep(wait)
        if flush(relay, gid, deadline=deadline):
            return
    wake(relay, gid, at=max(header.next_due, relay.clock.now() + AT_LEAST))


def _send_again(relay: Relay, body: Mapping[str, Any], *, deadline: datetime) -> None:
    """Notifies what still fires of a delivery that was given up after four days, and that a person sent back. The
    ledger has it as told, so that it was not tried for ever."""
    gid = body["gid"]
    header = relay.store.header(gid)
    if header is None:
        names = ", ".join(map(str, body["alerts"]))
        relay.tell_ops(SelfAlert(name="BuriedGroupGone", text=f"A delivery that was sent back has no group: {names}."))
        return

    def amend(before: Header) -> Header:
        return replace(before, ledger=replace(before.ledger, unsure=before.ledger.firing))

    armed = header.next_due is not None and not header.closing
    if armed:
        _make_due(relay, gid, header)
    relay.log("buried_sent_again", gid=gid, alerts=body["alerts"])
    if not flush(relay, gid, deadline=deadline, arm=None if armed else header, amend=amend):
        relay.timers.send(body, delay_seconds=HELD)
