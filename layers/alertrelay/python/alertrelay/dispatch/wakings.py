"""Wakes all groups that sleep, after something changed that a sleeping group does not notice by itself: a new build,
with its configuration, or the list of silences.

The tick compares both with a mark in the table. Where one differs it writes the mark, and begins a lease later, when no
flush runs any more that read what was so before; then it brings the groups forward to their next ticks, a page at a
time (docs/protocol.md, "Sleep").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertrelay.alert import Channel
from alertrelay.config.durations import CRASH_MARGIN
from alertrelay.config.model import Config
from alertrelay.dispatch.portion import FLUSHING
from alertrelay.groups.flush_timer import send_flush_timers, wake
from alertrelay.notify.sleep import Sleep
from alertrelay.ports import Clock, Telemetry, Timers
from alertrelay.state import Groups, Waking, Wakings

SHARE = timedelta(seconds=12)
"""Of a tick, at most."""
BATCH = 100
"""Headers that one request reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waker:
    """Wakes the groups of one forwarder, which sleep by the rules of `sleep`."""

    sleep: Sleep
    channels: frozenset[Channel]
    config: Config
    groups: Groups
    wakings: Wakings
    timers: Timers
    clock: Clock
    telemetry: Telemetry

    def go_on(self, *, deadline: datetime) -> None:
        """Wakes sleeping groups from where the last tick stopped until its time is over; begins anew after a deployment
        or a change of the silences. Raises StoreFailure, TimersFailure."""
        now, name = self.clock.now(), self.sleep.name
        found, version, silences = self.wakings.waking(name)
        if found is None or found.build != self.sleep.build:
            new = Waking(build=self.sleep.build, since=now, silences=silences, changed=now)
        elif found.silences != silences:
            new = replace(found, silences=silences, changed=now, token="", done=False)
        else:
            self._wake_pages(found, version, deadline=deadline)
            return
        self.telemetry.log("waking", build=new.build, silences=silences)
        self.wakings.put_waking(name, new, seen=version)

    def _wake_pages(self, found: Waking, version: int, *, deadline: datetime) -> None:
        began = self.clock.now()
        if began - found.changed < CRASH_MARGIN:
            return
        until = min(began + SHARE, deadline - FLUSHING)
        while not found.done and self.clock.now() < until:
            gids, token = self.groups.armed_after(self.channels, after=began, token=found.token)
            if not self._wake(gids, until):
                return
            found = replace(found, token=token, done=not token)
            if not self.wakings.put_waking(self.sleep.name, found, seen=version):
                return
            version += 1

    def _wake(self, gids: Sequence[str], until: datetime) -> bool:
        """Wakes the groups of a page. False where time ran out: then the page comes again."""
        for start in range(0, len(gids), BATCH):
            woken: dict[str, datetime] = {}
            try:
                for gid, header in self.groups.headers(gids[start : start + BATCH]).items():
                    if self.clock.now() >= until:
                        return False
                    route = self.config.route_of(header.identity.route_id) or self.config.route
                    tick = wake(self.groups, self.clock, gid, header, group_interval=route.group_interval)
                    if tick:
                        woken[gid] = tick
            finally:
                send_flush_timers(self.timers, self.clock, woken)
        return True
