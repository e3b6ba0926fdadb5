"""Puts a forwarder's pipeline together: the ports by the names that stages have for them, and the functions that take
messages. Called once a container by runtime/, and by tests and simulations with memory twins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from alertrelay.alert import Channel
from alertrelay.config.model import Config, Target
from alertrelay.dispatch import dispatcher
from alertrelay.dispatch.degraded import Degraded
from alertrelay.dispatch.delays import Delays
from alertrelay.dispatch.portion import Insert, Schedule
from alertrelay.dispatch.scheduling import Scheduler
from alertrelay.dispatch.sent_back import OnTimer, Receive, take
from alertrelay.dispatch.unrecorded import record_notified
from alertrelay.groups.insert import insert
from alertrelay.groups.router import Router
from alertrelay.notification import Message, Notification
from alertrelay.notify.compose import Site, Writer
from alertrelay.notify.deliver import Courier
from alertrelay.notify.outcomes import Reporter
from alertrelay.notify.pipeline import flush
from alertrelay.notify.rate_limit import Digests, RateLimiter
from alertrelay.notify.stale_alarms import ResolvedAlarms
from alertrelay.notify.targets import targets_of
from alertrelay.ports import Clock, Secrets, Sender, Telemetry, Timers
from alertrelay.state import Limit, Store

SHOWN = 100
"""Alerts of a group that are read for a message (one batch); the rest is counted."""


class OnTick(Protocol):
    """Takes the tick of a minute."""

    def __call__(self, *, deadline: datetime) -> None:
        """See dispatch/dispatcher.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A forwarder's pipeline, ready to take messages. `take` also takes what a dead-letter queue held."""

    take: Receive
    receive: Receive
    on_timer: OnTimer
    on_tick: OnTick
    insert: Insert
    schedule: Schedule
    clock: Clock


def assemble(
    *,
    config: Config,
    site: Site,
    channels: frozenset[Channel],
    accounts_for_unrouted: bool,
    notes_sources: bool,
    store: Store,
    timers: Timers,
    clock: Clock,
    secrets: Secrets,
    senders: Mapping[Channel, Sender],
    render: Callable[[Notification, Target], Message],
    telemetry: Telemetry,
    resolved_alarms: ResolvedAlarms,
    new_id: Callable[[], str],
    last_resort: Target | None = None,
    limits: Mapping[Channel, Limit] | None = None,
    shown: int = SHOWN,
) -> Pipeline:
    """Returns the pipeline of a forwarder that handles `channels`. `senders` has every channel, since a fallback may
    need any. `accounts_for_unrouted`, `notes_sources`: see groups/router.py; `resolved_alarms`:
    notify/stale_alarms.py."""
    router = Router(
        config=config, channels=channels, accounts_for_unrouted=accounts_for_unrouted, notes_sources=notes_sources
    )
    courier = Courier(senders=senders, secrets=secrets, render=render, clock=clock, alert_ops=telemetry.alert_ops)
    writer = Writer(site=site, clock=clock, new_id=new_id)
    targets = targets_of(config, last_resort)
    digests = Digests(alerts=store, groups=store, timers=timers, clock=clock)
    ports = {
        "config": config,
        "config_hash": config.hash,
        "rules": config.inhibit_rules,
        "router": router,
        "targets": targets,
        "alerts": store,
        "groups": store,
        "inhibitors": store,
        "lookup": store,
        "timers": timers,
        "clock": clock,
        "telemetry": telemetry,
        "log": telemetry.log,
        "resolved_alarms": resolved_alarms,
        "courier": courier,
        "writer": writer,
        "reporter": Reporter(clock),
        "limiter": RateLimiter(
            limits=limits or {}, configured=config.limits, rates=store, clock=clock, log=telemetry.log
        ),
        "digests": digests,
        "new_id": new_id,
        "shown": shown,
    }
    flush_group = partial(flush, ports)
    scheduler = Scheduler(
        config=config, groups=store, timers=timers, clock=clock, emit=telemetry.emit, flush=flush_group, digests=digests
    )
    degraded = Degraded(
        targets=targets, courier=courier, writer=writer, timers=timers, telemetry=telemetry, unrecorded=[]
    )
    insert_update = partial(insert, router=router, alerts=store, groups=store, inhibitors=store, telemetry=telemetry)
    receive = partial(
        dispatcher.receive,
        router=router,
        groups=store,
        timers=timers,
        clock=clock,
        telemetry=telemetry,
        insert=insert_update,
        schedule=scheduler.schedule,
        flush=flush_group,
        record=partial(record_notified, config=config, groups=store, timers=timers, clock=clock, new_id=new_id),
        without_state=degraded.notify,
        delays=Delays(),
    )
    on_timer = partial(
        dispatcher.on_timer,
        receive=receive,
        groups=store,
        timers=timers,
        clock=clock,
        telemetry=telemetry,
        flush=flush_group,
    )
    return Pipeline(
        take=partial(take, channels=channels, receive=receive, on_timer=on_timer, log=telemetry.log),
        receive=receive,
        on_timer=on_timer,
        on_tick=partial(
            dispatcher.on_tick,
            channels=channels,
            groups=store,
            timers=timers,
            clock=clock,
            telemetry=telemetry,
            flush=flush_group,
        ),
        insert=insert_update,
        schedule=scheduler.schedule,
        clock=clock,
    )
