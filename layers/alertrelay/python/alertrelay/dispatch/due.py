"""Takes the messages of a forwarder's own queue and the tick of each minute, and flushes the groups that are due."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from alertrelay.alert import Channel
from alertrelay.channels import channel
from alertrelay.config.durations import GIVE_UP, OVERDUE, RETRY, TICK
from alertrelay.dispatch.portion import FLUSHING
from alertrelay.dispatch.scheduling import Flush
from alertrelay.dispatch.sent_back import notify_again
from alertrelay.groups.flush_timer import Trouble, postponed, send_flush_timer, timers_of
from alertrelay.groups.messages import (
    OWN_MESSAGES,
    FlushMessage,
    ReceiveMessage,
    RecordMessage,
    UndeliveredMessage,
    body_of,
    message_of,
)
from alertrelay.notify.record import RECORD_RETRY
from alertrelay.notify.seen import SeenFacts
from alertrelay.policy.group_key import channel_of
from alertrelay.policy.timing import minute_of
from alertrelay.ports import Clock, Telemetry, Timers, TimersFailure
from alertrelay.state import Groups, StoreFailure
from alertrelay.values.tries import tried

SOON = 2.0
"""Seconds: a timer that comes back this early waits: SQS delays are whole seconds, and clocks differ a little."""
TICK_AHEAD = 2 * TICK
"""From the beginning of its minute, how far a tick looks: it sends the timers of the next minute."""
LOST = timedelta(seconds=5)
"""After the due time: a timer that was sent for it has come by then, or never will."""
FLUSH_TIME = timedelta(seconds=20)
"""What is left of a tick that begins another flush itself: a channel and its fallbacks may take as long."""
SLOW = timedelta(seconds=5)
"""From the first group of a message on: what is not begun by then is left to invocations of its own."""
AT_LEAST = timedelta(seconds=1)
"""Until a message that could not do its work comes again."""


def on_tick(
    *,
    deadline: datetime,
    channels: frozenset[Channel],
    groups: Groups,
    timers: Timers,
    clock: Clock,
    telemetry: Telemetry,
    flush: Flush,
    trouble: Trouble,
    wake: Callable[..., None] | None = None,
    survey: Callable[..., None] | None = None,
) -> None:
    """Once in each minute of the clock: sends a timer for every group of ours that falls due in the next one. What made
    a group due in this minute or the next has sent its timer, so that beside them only what is overdue is to be found.
    It has no state, may run twice, and what it misses by a lagging index it finds a minute later. Where the queue fails
    it flushes what is due itself, as far as its time goes. Then it goes on with waking what sleeps
    (dispatch/wakings.py), and with the survey (dispatch/survey.py). Raises StoreFailure, TimersFailure."""
    now = clock.now()
    try:
        coming = minute_of(now) + TICK
        listed = groups.due(channels, before=minute_of(now) + TICK_AHEAD)
        found = [(gid, due) for gid, due in listed if coming <= due < coming + TICK or due <= now - LOST]
    except StoreFailure:
        trouble.at = now
        raise
    # What is overdue stands alone: one group that kills its invocation each time must not stop others.
    bodies = timers_of([one for one in found if one[1] > now], now=now)
    bodies += [body for one in found if one[1] <= now for body in timers_of([one], now=now)]
    try:
        timers.send_all(bodies)
    except TimersFailure as failure:
        telemetry.log("timers_failing", failure=str(failure))
        _flush_due([gid for gid, due in sorted(found, key=lambda one: one[1]) if due <= now], flush, clock, deadline)
    telemetry.log("tick", due=len(found))
    if wake:
        wake(deadline=deadline)
    if survey:
        survey(deadline=deadline)


def _flush_due(gids: Sequence[str], flush: Flush, clock: Clock, deadline: datetime) -> None:
    """Flushes groups for which no timer could be sent. A flush whose own timer fails has notified and recorded."""
    for gid in gids:
        if deadline - clock.now() < FLUSH_TIME:
            return
        with contextlib.suppress(TimersFailure):
            flush(gid, deadline=deadline)


def on_timer(
    body: Mapping[str, Any],
    *,
    deadline: datetime,
    receive: Callable[..., None],
    groups: Groups,
    timers: Timers,
    clock: Clock,
    telemetry: Telemetry,
    flush: Flush,
    trouble: Trouble,
) -> None:
    """Takes one message of the forwarder's own queue. Raises TimersFailure: then SQS delivers it again; ValueError,
    KeyError and TypeError where it is none of ours."""
    message = message_of(body)
    if isinstance(message, ReceiveMessage):
        receive(message.envelope, deadline=deadline, earlier=message)
        return
    if message is None:
        raise ValueError(f"a message of the forwarder's own queue was expected: {', '.join(OWN_MESSAGES)}")
    try:
        if isinstance(message, FlushMessage):
            again = partial(_try_again, timers=timers, clock=clock, telemetry=telemetry, trouble=trouble)
            _on_due(message, groups, timers, clock, flush, trouble, again, deadline=deadline)
        elif isinstance(message, UndeliveredMessage):
            notify_again(message, groups, timers, clock, telemetry, flush, deadline=deadline)
        else:
            _record_late(message, groups, timers, clock)
    except StoreFailure as failure:
        _try_again(message, failure, timers=timers, clock=clock, telemetry=telemetry, trouble=trouble)


def _try_again(
    message: FlushMessage | RecordMessage | UndeliveredMessage,
    failure: StoreFailure,
    *,
    timers: Timers,
    clock: Clock,
    telemetry: Telemetry,
    trouble: Trouble,
) -> None:
    """Sends a message that found the table failing once more, for later. Raises TimersFailure."""
    telemetry.log("store_failing", gid=message.gid, failure=str(failure))
    now = trouble.at = clock.now()
    again = body_of(replace(message, since=message.since or now))
    if now - (message.since or now) >= GIVE_UP:
        timers.dead_letter(again)
    else:
        delay = RECORD_RETRY if isinstance(message, RecordMessage) else RETRY.total_seconds()
        tried(lambda: timers.send(again, delay_seconds=delay), TimersFailure)


def _record_late(message: RecordMessage, groups: Groups, timers: Timers, clock: Clock) -> None:
    """Records as the owner still: refused where somebody has taken the group since, and notified it once more."""
    gid, change = message.gid, message.change
    recorded = tried(partial(groups.record, gid, owner=message.owner, change=change), StoreFailure)
    if recorded and change.next_due and not change.closing:
        tried(lambda: send_flush_timer(timers, clock, gid, at=change.next_due or clock.now()), TimersFailure)


def _on_due(
    message: FlushMessage,
    groups: Groups,
    timers: Timers,
    clock: Clock,
    flush: Flush,
    trouble: Trouble,
    again: Callable[[FlushMessage, StoreFailure], None],
    *,
    deadline: datetime,
) -> None:
    """Flushes the groups of a message, those first whose channels page. One that fails stops no other: it comes again
    alone. Where one took long, or time is short, those after it get messages of their own, each for an invocation
    beside this one. Raises what was wrong with the first, once all others are done."""
    began, seen, broken = clock.now(), SeenFacts(), list[Exception]()
    alone = [replace(message, gid=gid, also=()) for gid in (message.gid, *message.also)]
    alone.sort(key=lambda one: not channel(channel_of(one.gid)).pages)
    for place, one in enumerate(alone):
        now = clock.now()
        try:
            if place and (now - began >= SLOW or deadline - now < FLUSHING):
                timers.send_all([(body_of(left), 0.0) for left in alone[place:]])
                break
            _on_group_due(one, groups, timers, clock, flush, trouble, seen, deadline=deadline)
        except Exception as error:  # noqa: BLE001 - the other groups go on; the message comes again
            broken += _left(one, error, again)
    if broken:
        raise broken[0]


def _left(
    one: FlushMessage, error: Exception, again: Callable[[FlushMessage, StoreFailure], None]
) -> Sequence[Exception]:
    """Lets a group that the table failed come again alone; returns what else is wrong, of the group or of the queue."""
    if not isinstance(error, StoreFailure):
        return [error]
    try:
        again(one, error)
    except TimersFailure as failure:
        return [failure]
    return []


def _on_group_due(
    message: FlushMessage,
    groups: Groups,
    timers: Timers,
    clock: Clock,
    flush: Flush,
    trouble: Trouble,
    seen: SeenFacts,
    *,
    deadline: datetime,
) -> None:
    """Flushes the group if it is due. A message that comes early, or finds the group held, comes again; where the group
    is due later than the message says, it has been flushed since, and the message for that was sent."""
    gid, now = message.gid, clock.now()
    held_up = trouble.recent(now) and now - message.at >= OVERDUE
    late = groups.header(gid) if held_up else None
    if late and (until := postponed(groups, clock, gid, late.schedule, trouble)):
        send_flush_timer(timers, clock, gid, at=until)
        return
    if flush(gid, deadline=deadline, seen=seen):
        return
    header = groups.header(gid)
    if header is None or header.schedule.next_due is None:
        return  # somebody else has finished with it
    next_due = header.schedule.next_due
    if next_due > message.at and not header.schedule.owner:
        return
    wait = (next_due - clock.now()).total_seconds()
    if wait <= SOON:
        clock.sleep(wait)
        if flush(gid, deadline=deadline, seen=seen):
            return
    send_flush_timer(timers, clock, gid, at=max(next_due, clock.now() + AT_LEAST))
