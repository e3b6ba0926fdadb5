"""Puts a forwarder's pipeline together: the ports by the names that stages have for them, and the functions that take
messages. Called once a container by runtime/, and by tests and simulations with memory twins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from alertrelay.alert import Channel
from alertrelay.channels import Renderer, shared_forwarder, survey_name
from alertrelay.config.model import Config, Target
from alertrelay.dispatch import dispatcher, due
from alertrelay.dispatch.degraded import Degraded
from alertrelay.dispatch.delays import Delays
from alertrelay.dispatch.portion import Insert, Scheduled, insert_in_time, schedule_in_time
from alertrelay.dispatch.scheduling import Flush, Scheduler
from alertrelay.dispatch.sent_back import OnTimer, Receive, take
from alertrelay.dispatch.survey import AskAlarms, Surveyor, joined_all
from alertrelay.dispatch.unrecorded import flush_doubted, record_notified
from alertrelay.dispatch.wakings import Waker
from alertrelay.groups.flush_timer import Trouble
from alertrelay.groups.insert import insert
from alertrelay.groups.router import Router
from alertrelay.notify.chart import AskMetric
from alertrelay.notify.compose import Site, Writer
from alertrelay.notify.deliver import Courier
from alertrelay.notify.escalation import tiers_of
from alertrelay.notify.outcomes import Reporter
from alertrelay.notify.pipeline import flush
from alertrelay.notify.rate_limit import Digests, RateLimiter
from alertrelay.notify.sleep import Sleep
from alertrelay.notify.stale_alarms import ResolvedAlarms
from alertrelay.notify.targets import Targets, targets_of
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
    schedule: Callable[..., Scheduled]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What both halves of a pipeline use: the one that takes messages, and the flush of a group."""

    config: Config
    router: Router
    store: Store
    timers: Timers
    clock: Clock
    telemetry: Telemetry
    targets: Targets
    courier: Courier
    writer: Writer
    digests: Digests
    sleep: Sleep


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
    renderer: Callable[[Target], Renderer],
    telemetry: Telemetry,
    resolved_alarms: ResolvedAlarms,
    new_id: Callable[[], str],
    last_resort: Target | None = None,
    limits: Mapping[Channel, Limit] | None = None,
    alarms: AskAlarms | None = None,
    shown: int = SHOWN,
    version: str = "",
    sleeps: bool = True,
    ask_metric: AskMetric | None = None,
) -> Pipeline:
    """Returns the pipeline of a forwarder that handles `channels`. `senders` has every channel, since a fallback may
    need any. `accounts_for_unrouted`, `notes_sources`: see groups/router.py; `resolved_alarms`:
    notify/stale_alarms.py; `alarms`: dispatch/survey.py, None where there is no CloudWatch to ask; `version`: of the
    function; `sleeps`: groups may sleep (notify/sleep.py); `ask_metric`: notify/chart.py, None where charts are off."""
    name = survey_name(channels)
    courier = Courier(senders=senders, secrets=secrets, renderer=renderer, clock=clock, alert_ops=telemetry.alert_ops)
    parts = _Parts(
        config=config,
        router=_router(config, channels, accounts_for_unrouted=accounts_for_unrouted, notes_sources=notes_sources),
        store=store,
        timers=timers,
        clock=clock,
        telemetry=telemetry,
        targets=targets_of(config, last_resort),
        courier=courier,
        writer=Writer(site=site, clock=clock, new_id=new_id, tiers=tiers_of(config.escalation)),
        digests=Digests(alerts=store, groups=store, timers=timers, clock=clock),
        sleep=Sleep(name=name if sleeps else "", build=f"{config.hash} {version}"),
    )
    ports = _stage_ports(parts, {} if limits is None else limits)
    ports |= {"resolved_alarms": resolved_alarms, "new_id": new_id, "shown": shown, "ask_metric": ask_metric}
    ports["joined_all"] = partial(joined_all, store, name, telemetry.log) if alarms else lambda: True
    return _dispatching(parts, channels, partial(flush, ports), alarms, name)


def _router(
    config: Config, channels: frozenset[Channel], *, accounts_for_unrouted: bool, notes_sources: bool
) -> Router:
    return Router(
        config=config,
        channels=channels,
        accounts_for_unrouted=accounts_for_unrouted,
        notes_sources=notes_sources,
        unrouted_channel=shared_forwarder()[0],
    )


def _stage_ports(parts: _Parts, limits: Mapping[Channel, Limit]) -> dict[str, Any]:
    """Returns the ports by the names that the stages of notify/pipeline.py have for them."""
    config, store, log = parts.config, parts.store, parts.telemetry.log
    return {
        "config": config,
        "config_hash": config.hash,
        "rules": config.inhibit_rules,
        "intervals": config.time_intervals,
        "flap_rule": config.flap_rule,
        "maintenance": config.maintenance,
        "router": parts.router,
        "targets": parts.targets,
        "alerts": store,
        "groups": store,
        "inhibitors": store,
        "lookup": store,
        "timers": parts.timers,
        "clock": parts.clock,
        "telemetry": parts.telemetry,
        "log": log,
        "courier": parts.courier,
        "writer": parts.writer,
        "tiers": parts.writer.tiers,
        "reporter": Reporter(parts.clock),
        "limiter": RateLimiter(limits=limits, configured=config.limits, rates=store, clock=parts.clock, log=log),
        "digests": parts.digests,
        "sleep": parts.sleep,
        "forwarder": parts.sleep.name,
    }


def _dispatching(
    parts: _Parts, channels: frozenset[Channel], flush_group: Flush, alarms: AskAlarms | None, name: str
) -> Pipeline:
    """Returns the functions that take messages, timers and ticks, and flush a group that is due."""
    router, groups, timers, clock, telemetry = parts.router, parts.store, parts.timers, parts.clock, parts.telemetry
    trouble, without_state = Trouble(), _degraded(parts).notify
    schedule, insert_update = _schedule(parts, flush_group, trouble), _insert(parts)
    receive = partial(
        dispatcher.receive,
        router=router,
        timers=timers,
        clock=clock,
        telemetry=telemetry,
        insert=partial(insert_in_time, insert=insert_update, clock=clock, log=telemetry.log),
        schedule=schedule,
        record=_record(parts, flush_group, without_state, trouble),
        without_state=without_state,
        delays=Delays(),
        trouble=trouble,
    )
    on_timer = partial(
        due.on_timer,
        receive=receive,
        groups=groups,
        timers=timers,
        clock=clock,
        telemetry=telemetry,
        flush=flush_group,
        trouble=trouble,
    )
    return Pipeline(
        take=partial(take, channels=channels, receive=receive, on_timer=on_timer, log=telemetry.log),
        receive=receive,
        on_timer=on_timer,
        on_tick=_on_tick(parts, channels, flush_group, trouble, _survey(parts, alarms, name, receive)),
        insert=insert_update,
        schedule=schedule,
        clock=clock,
    )


def _survey(
    parts: _Parts, alarms: AskAlarms | None, name: str, receive: Callable[..., None]
) -> Callable[..., None] | None:
    if alarms is None:
        return None
    surveyor = Surveyor(
        name=name, ask=alarms, surveys=parts.store, take=receive, clock=parts.clock, telemetry=parts.telemetry
    )
    return surveyor.go_on


def _on_tick(
    parts: _Parts,
    channels: frozenset[Channel],
    flush_group: Flush,
    trouble: Trouble,
    survey: Callable[..., None] | None,
) -> OnTick:
    waker = Waker(
        sleep=parts.sleep,
        channels=channels,
        config=parts.config,
        groups=parts.store,
        wakings=parts.store,
        timers=parts.timers,
        clock=parts.clock,
        telemetry=parts.telemetry,
    )
    return partial(
        due.on_tick,
        channels=channels,
        groups=parts.store,
        timers=parts.timers,
        clock=parts.clock,
        telemetry=parts.telemetry,
        flush=flush_group,
        trouble=trouble,
        wake=waker.go_on if parts.sleep.name else None,
        survey=survey,
    )


def _record(
    parts: _Parts, flush_group: Flush, without_state: dispatcher.WithoutState, trouble: Trouble
) -> Callable[..., None]:
    notified = partial(
        record_notified,
        config=parts.config,
        groups=parts.store,
        timers=parts.timers,
        clock=parts.clock,
        new_id=parts.writer.new_id,
    )
    return partial(
        dispatcher.record_earlier,
        timers=parts.timers,
        record=notified,
        doubted=partial(flush_doubted, groups=parts.store, clock=parts.clock, flush=flush_group),
        without_state=without_state,
        trouble=trouble,
    )


def _insert(parts: _Parts) -> Insert:
    store = parts.store
    return partial(insert, router=parts.router, alerts=store, groups=store, inhibitors=store, telemetry=parts.telemetry)


def _schedule(parts: _Parts, flush_group: Flush, trouble: Trouble) -> Callable[..., Scheduled]:
    scheduler = Scheduler(
        config=parts.config,
        groups=parts.store,
        clock=parts.clock,
        emit=parts.telemetry.emit,
        digests=parts.digests,
        trouble=trouble,
    )
    return partial(
        schedule_in_time,
        scheduler=scheduler,
        flush=flush_group,
        groups=parts.store,
        timers=parts.timers,
        clock=parts.clock,
        emit=parts.telemetry.emit,
        log=parts.telemetry.log,
    )


def _degraded(parts: _Parts) -> Degraded:
    return Degraded(
        targets=parts.targets,
        courier=parts.courier,
        writer=parts.writer,
        timers=parts.timers,
        telemetry=parts.telemetry,
        unrecorded=[],
    )
