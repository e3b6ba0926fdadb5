"""Takes what a dead-letter queue held and a person sent back whole: by the own queue, a topic or an invocation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from alertrelay.alert import Channel
from alertrelay.config.durations import CRASH_MARGIN
from alertrelay.dispatch.scheduling import Flush
from alertrelay.groups.flush_timer import make_due
from alertrelay.groups.messages import TICK, UndeliveredMessage, body_json, body_of, own_body
from alertrelay.nflog.group_state import GroupState
from alertrelay.policy.group_key import channel_of
from alertrelay.ports import Clock, SelfAlert, Telemetry, Timers
from alertrelay.sources import Envelope
from alertrelay.state import Groups


class Receive(Protocol):
    """Takes one message from a topic. See dispatch/dispatcher.py."""

    def __call__(self, envelope: Envelope, *, deadline: datetime) -> None:
        """Raises NotAccountedFor, TimersFailure."""


class OnTimer(Protocol):
    """Takes one message of the forwarder's own queue. See dispatch/due.py."""

    def __call__(self, body: Mapping[str, Any], *, deadline: datetime) -> None:
        """Raises TimersFailure."""


def take(
    envelope: Envelope,
    *,
    deadline: datetime,
    channels: frozenset[Channel],
    receive: Receive,
    on_timer: OnTimer,
    log: Callable[..., None],
) -> None:
    """Takes a message, or what stood in one: a tick, which the next minute repeats anyway, or a timer, which only the
    forwarder of its group can take."""
    body = own_body(envelope.text)
    if body_json(envelope.text) == TICK:
        log("tick_sent_back")
    elif body is None or body["do"] == "receive":
        # A `receive` within another message: what it claims to have notified is not believed.
        receive(envelope, deadline=deadline)
    elif channel_of(body["gid"]) in channels:
        # Of several groups the first is known to be of this forwarder; a tick finds the others.
        on_timer({name: value for name, value in body.items() if name != "with"}, deadline=deadline)
    else:
        log("not_this_forwarder", gid=body["gid"])


def notify_again(
    message: UndeliveredMessage,
    groups: Groups,
    timers: Timers,
    clock: Clock,
    telemetry: Telemetry,
    flush: Flush,
    *,
    deadline: datetime,
) -> None:
    """Notifies what still fires of a delivery that was given up after four days. The ledger has it as notified, so that
    it was not tried for ever. Raises StoreFailure, TimersFailure."""
    gid = message.gid
    header = groups.header(gid)
    if header is None:
        names = ", ".join(message.alerts)
        text = f"A delivery was sent back, but its group no longer exists: {names}."
        telemetry.alert_ops(SelfAlert(name="BuriedGroupGone", text=text))
        return

    def amend(before: GroupState) -> GroupState:
        return replace(before, ledger=replace(before.ledger, unsure=before.ledger.firing))

    armed = header.schedule.armed
    if armed:
        make_due(groups, clock, gid, header.schedule)
    telemetry.log("buried_sent_again", gid=gid, alerts=message.alerts)
    if not flush(gid, deadline=deadline, arm=None if armed else header, amend=amend):
        timers.send(body_of(message), delay_seconds=CRASH_MARGIN.total_seconds())
