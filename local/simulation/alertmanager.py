"""Alertmanager's own dispatcher and notification log, around our routing, grouping and muting: `simulate --compatible`.

A group belongs to a receiver here, not to one integration: its alerts leave it only when every integration took them,
and its next tick waits for the slowest. Rules: prometheus/alertmanager dispatch/dispatch.go and notify/notify.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alertrelay.alert import Integration, Labels
from alertrelay.channels import KINDS, channel
from alertrelay.config.model import Config, Receiver, Route, Target
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.decision import Mute
from alertrelay.nflog.group_state import AlertItem, GroupIdentity
from alertrelay.notification import Reason
from alertrelay.policy.alertmanager_compat import (
    GROUP_MAINTENANCE,
    decide,
    entry,
    is_retried,
    pauses,
    time_limit,
)
from alertrelay.policy.group_key import group_key, group_labels, key_of, order_of
from alertrelay.policy.inhibit import source_entries
from alertrelay.policy.route import match_routes
from alertrelay.policy.timing import first_flush

from compiler.load import BEFORE_031, Release
from local.simulation.agenda import Agenda
from local.simulation.intake import Intake, IntakeAlert, by_order
from local.simulation.muting import muted_alerts
from local.simulation.notification_log import NotificationLog
from local.simulation.record import Record, Shown, Sinks


@dataclass(eq=False, slots=True)
class _Group:
    """One group of one route. `timer` names the tick that counts; a tick during a flush is kept, one at most."""

    route: Route
    receiver: Receiver
    key: str
    labels: Labels
    alerts: dict[str, IntakeAlert] = field(default_factory=dict)
    timer: int = 0
    flushed: bool = False
    busy: bool = False
    missed: datetime | None = None
    over: bool = False
    muted: Mapping[str, Mute] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class _Flush:
    """One flush: what stood in the group, and what of it may be shown."""

    group: _Group
    at: datetime
    tick: datetime
    alerts: Sequence[IntakeAlert]
    shown: Sequence[IntakeAlert]
    waiting: int = 0
    failed: bool = False

    def of(self, status: str, alerts: Sequence[IntakeAlert]) -> frozenset[str]:
        """Fingerprints by the status at the flush: nothing ends while it lasts."""
        return frozenset(one.fingerprint for one in alerts if one.status(self.at) == status)


class Alertmanager:
    """`store` is what inhibition and silences are read from."""

    def __init__(
        self,
        config: Config,
        agenda: Agenda,
        store: MemoryStore,
        *,
        intake: Intake,
        sinks: Sinks,
        record: Record,
        release: Release,
    ) -> None:
        self._config = config
        self._store = store
        self._agenda = agenda
        self._intake = intake
        self._sinks = sinks
        self._record = record
        self._old = release in BEFORE_031
        self._counts_hours = release != "0.35"
        self._loaded = agenda.now()
        self._groups: dict[tuple[str, str], _Group] = {}
        self._log = NotificationLog(began=self._loaded)

    def post(self, alerts: Sequence[IntakeAlert]) -> None:
        """Alerts arrived, as the intake holds them."""
        for held in alerts:
            self._remember(held)
            self._dispatch(held)

    def reload(self, config: Config) -> None:
        """All groups are built anew from what is kept; the log stays."""
        for group in self._groups.values():
            group.over = True
        self._groups.clear()
        self._config, self._loaded = config, self._agenda.now()
        self.post(self._intake.held(self._agenda.now()))

    def _remember(self, held: IntakeAlert) -> None:
        """For inhibition, whose sources may have any route."""
        alert, key = held.alert(self._agenda.now()), key_of(held.fingerprint)
        order_key = order_of(alert, received=held.at, index=0)
        self._store.put_alert(AlertItem(key=key, order_key=order_key, rank=0, alert=alert), groups=())
        for noted in source_entries(self._config.inhibit_rules, held.labels):
            self._store.note_source(noted, key, fires=alert.status == "firing")

    def _dispatch(self, held: IntakeAlert) -> None:
        for route in match_routes(self._config.route, held.labels):
            receiver = self._config.receiver(route.receiver)
            key = group_key(route, held.labels)
            group = self._groups.get((route.id, key))
            if group is None and receiver:
                group = _Group(route=route, receiver=receiver, key=key, labels=group_labels(route, held.labels))
                self._groups[route.id, key] = group
                group.alerts[held.fingerprint] = held
                self._set_timer(group, first_flush(route.group_wait, starts_at=held.starts_at, now=self._agenda.now()))
            elif group:
                group.alerts[held.fingerprint] = held
                self._bring_forward(group, held)

    def _bring_forward(self, group: _Group, held: IntakeAlert) -> None:
        """Up to 0.28 any late alert makes a group that has not been flushed be flushed at once."""
        now = self._agenda.now()
        if (
            self._old
            and not group.flushed
            and first_flush(group.route.group_wait, starts_at=held.starts_at, now=now) == now
        ):
            self._set_timer(group, now)

    def _set_timer(self, group: _Group, when: datetime) -> None:
        group.timer += 1
        number = group.timer
        self._agenda.at(when, lambda: self._on_timer(group, number))

    def _on_timer(self, group: _Group, number: int) -> None:
        if group.over or number != group.timer:
            return
        if group.busy:
            group.missed = self._agenda.now()
        else:
            self._flush(group, tick=self._agenda.now())

    def _flush(self, group: _Group, *, tick: datetime) -> None:
        now = self._agenda.now()
        self._set_timer(group, now + timedelta(seconds=group.route.group_interval))
        group.flushed = True
        if not group.alerts:
            return
        alerts = by_order(group.alerts.values())
        flush = _Flush(group=group, at=now, tick=tick, alerts=alerts, shown=self._unmuted(group, alerts))
        group.busy = True
        flush.waiting = 1
        for target in group.receiver.targets if flush.shown else ():
            self._notify(flush, target)
        self._done(flush, took=True)

    def _unmuted(self, group: _Group, alerts: Sequence[IntakeAlert]) -> list[IntakeAlert]:
        """Returns what is not muted. What is muted anew, or for another reason than before, is recorded."""
        now = self._agenda.now()
        integration = Integration(receiver=group.receiver.name, channel=KINDS[0], index=0)
        muted = muted_alerts(
            group.route,
            GroupIdentity(
                integration=integration, route_id=group.route.id, group_key=group.key, group_labels=group.labels
            ),
            alerts,
            config=self._config,
            store=self._store,
            now=now,
            counts_hours=self._counts_hours,
        )
        for held in alerts:
            why = muted.get(key_of(held.fingerprint))
            if why and group.muted.get(key_of(held.fingerprint)) != why:
                self._record.suppressed(
                    now,
                    receiver=group.receiver.name,
                    group_key=group.key,
                    alert=Shown(labels=held.labels, status=held.status(now)),
                    reason=str(why.reason),
                    detail=why.detail,
                )
        group.muted = muted
        return [held for held in alerts if key_of(held.fingerprint) not in muted]

    def _notify(self, flush: _Flush, target: Target) -> None:
        firing, resolved = flush.of("firing", flush.shown), flush.of("resolved", flush.shown)
        reason = decide(
            self._log.entry(flush.group.key, target.integration, now=self._agenda.now()),
            firing,
            resolved,
            now=flush.tick,
            repeat_interval=flush.group.route.repeat_interval,
            send_resolved=target.send_resolved,
        )
        if reason is None:
            return
        if not (firing or target.send_resolved):
            self._write(flush, target)
            return
        flush.waiting += 1
        self._try(flush, target, reason, tries=1, rest=pauses())

    def _try(self, flush: _Flush, target: Target, reason: Reason, *, tries: int, rest: Iterator[float]) -> None:
        if flush.group.over:
            return
        now, group = self._agenda.now(), flush.group
        answer = self._sinks.answer(group.receiver.name)
        shown = _shown(flush, target)
        self._record.tried(
            now,
            receiver=group.receiver.name,
            group_key=group.key,
            group_labels=group.labels,
            status="firing" if any(alert.status == "firing" for alert in shown) else "resolved",
            alerts=shown,
            reason=str(reason),
            code=answer,
            attempts=tries,
        )
        deadline = flush.at + time_limit(group.route)
        again = now + timedelta(seconds=next(rest))
        if isinstance(answer, int) and 200 <= answer < 300:
            # An answer takes a moment: who decides at the same one, by the same log, has not seen it yet.
            self._agenda.at(now, lambda: self._took(flush, target))
        elif answer == "timeout" or (is_retried(channel(target.integration.channel), answer) and again >= deadline):
            self._agenda.at(deadline, lambda: self._done(flush, took=False))
        elif is_retried(channel(target.integration.channel), answer):
            self._agenda.at(again, lambda: self._try(flush, target, reason, tries=tries + 1, rest=rest))
        else:
            self._done(flush, took=False)

    def _took(self, flush: _Flush, target: Target) -> None:
        self._write(flush, target)
        self._done(flush, took=True)

    def _write(self, flush: _Flush, target: Target) -> None:
        written = entry(
            flush.of("firing", flush.shown),
            flush.of("resolved", flush.shown),
            at=self._agenda.now(),
            repeat_interval=flush.group.route.repeat_interval,
        )
        self._log.write(flush.group.key, target.integration, written)

    def _done(self, flush: _Flush, *, took: bool) -> None:
        """One integration is through; after the last one, what has ended leaves the group if all of them took it."""
        group = flush.group
        flush.failed |= not took
        flush.waiting -= 1
        if flush.waiting or group.over:
            return
        group.busy = False
        if not flush.failed:
            for held in flush.alerts:
                if held.status(flush.at) == "resolved" and group.alerts.get(held.fingerprint) is held:
                    del group.alerts[held.fingerprint]
            if not group.alerts:
                self._end(group)
        if group.missed and not group.over:
            tick, group.missed = group.missed, None
            self._flush(group, tick=tick)

    def _end(self, group: _Group) -> None:
        """At once, or up to 0.28 at the next maintenance, if it is empty then."""
        if not self._old:
            self._remove(group)
            return
        passed = (self._agenda.now() - self._loaded) // GROUP_MAINTENANCE
        self._agenda.at(self._loaded + (passed + 1) * GROUP_MAINTENANCE, lambda: self._remove(group))

    def _remove(self, group: _Group) -> None:
        if not (group.alerts or group.over):
            group.over = True
            del self._groups[group.route.id, group.key]


def _shown(flush: _Flush, target: Target) -> list[Shown]:
    statuses = [(held, held.status(flush.at)) for held in flush.shown]
    return [
        Shown(labels=held.labels, status=status)
        for held, status in statuses
        if status == "firing" or target.send_resolved
    ]
