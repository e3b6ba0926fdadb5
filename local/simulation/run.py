"""One run: the timeline's entries and what they set in motion, by one clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from alertrelay.channels.sns import last_resort as last_resort_target
from alertrelay.config.model import Config
from alertrelay.intake.acknowledging import Acknowledging, acknowledge_item
from alertrelay.intake.ports import IntakeReport
from alertrelay.memory.store import MemoryStore
from alertrelay.policy import silence
from alertrelay.policy.acknowledgement import fires
from alertrelay.policy.silence import Silence, SilenceRefused
from alertrelay.policy.silence_json import from_json

from compiler.load import Release, try_out
from compiler.reading.finding import Finding, did_you_mean
from local.simulation.agenda import Agenda
from local.simulation.alertmanager import Alertmanager
from local.simulation.intake import Intake, IntakeAlert
from local.simulation.record import Record, Sinks
from local.simulation.relay import OurRelay
from local.simulation.timeline import (
    AcknowledgedNow,
    Post,
    Reload,
    SilenceExpired,
    SilenceSet,
    SinkSet,
    TimelineEntry,
    moment,
)


class _Relay(Protocol):
    def post(self, alerts: Sequence[IntakeAlert]) -> None: ...

    def reload(self, config: Config) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`compatible`: the release of Alertmanager to be, None for alertrelay. `warn` takes a line for people."""

    start: datetime
    until: float
    compatible: Release | None
    explain: bool
    delivery: Path | None
    warn: Callable[[str], None]

    @property
    def release(self) -> Release:
        """Returns the release by which the configuration is read."""
        return self.compatible or "0.33"


class SimulatedRun:
    """`last_resort`: whether delivery.yml names one."""

    def __init__(self, config: Config, options: Options, *, last_resort: bool) -> None:
        self._options = options
        self._config = config
        self._agenda = Agenda(options.start)
        self._store = MemoryStore(self._agenda)
        self._sinks = Sinks()
        self._intake = Intake(options.start, classic_names=options.compatible == "0.25", refuse=options.warn)
        self._record = Record(start=options.start, explain=options.explain)
        self._silences: dict[str, str] = {}  # names of the timeline -> ids
        self._ids = itertools.count(1)
        self._relay = self._make(config, last_resort=last_resort)

    def _make(self, config: Config, *, last_resort: bool) -> _Relay:
        if self._options.compatible is None:
            return OurRelay(
                config,
                self._agenda,
                self._store,
                intake=self._intake,
                sinks=self._sinks,
                record=self._record,
                last_resort=last_resort_target("") if last_resort else None,
            )
        return Alertmanager(
            config,
            self._agenda,
            self._store,
            intake=self._intake,
            sinks=self._sinks,
            record=self._record,
            release=self._options.compatible,
        )

    def lines(self, entries: Sequence[TimelineEntry]) -> list[str]:
        """Plays the timeline; the lines to print."""
        until = self._options.start + timedelta(seconds=self._options.until)
        for entry in entries:
            # All entries are put down before any timer is, so they come first in their moment.
            self._agenda.at(entry.at, lambda entry=entry: self._happens(entry))  # type: ignore[misc] # mypy and defaults
        try:
            self._agenda.run(until)
        finally:
            self._agenda.close()
        return list(self._record.lines())

    def _happens(self, entry: TimelineEntry) -> None:
        match entry.what:
            case Post(alerts=alerts):
                now, timeout = self._agenda.now(), self._config.resolve_timeout
                self._relay.post(self._intake.post(alerts, now=now, resolve_timeout=timeout, place=entry.place))
            case SinkSet() as change:
                self._check_receivers(entry.place, change)
                self._sinks.set(change)
            case SilenceSet(name=name, data=data):
                self._silence(entry.place, lambda: self._set_silence(name, data))
            case SilenceExpired(name=name):
                self._silence(entry.place, lambda: self._expire_silence(name))
            case AcknowledgedNow(alertname=name):
                self._silence(entry.place, lambda: self._acknowledge(name))
            case Reload(text=text):
                self._reload(entry.place, text)

    def _check_receivers(self, place: str, change: SinkSet) -> None:
        """Warns of a receiver that the configuration does not have: a misspelt one would never fail."""
        known = [*(receiver.name for receiver in self._config.receivers), last_resort_target("").integration.receiver]
        for name in change.receivers:
            if name not in known:
                self._options.warn(f"{place}: there is no receiver {name!r} ({did_you_mean(name, known)})")

    def _silence(self, place: str, change: Callable[[], None]) -> None:
        try:
            change()
        except (SilenceRefused, ValueError) as error:
            self._options.warn(f"{place}: {error}; it is left out")

    def _set_silence(self, name: str, data: Any) -> None:
        now, start = self._agenda.now(), self._options.start
        times = {key: at.isoformat() for key in ("startsAt", "endsAt") if (at := moment(data.get(key), start))}
        wanted = from_json({**data, **times, "id": self._silences.get(name, "")}, now)
        new_id = f"{name}/{next(self._ids)}"
        known, _ = self._store.silences()
        if wanted.id:
            stored = next((one for one in known if one.id == wanted.id), None)
            change = silence.update(wanted, stored, now=now, new_id=new_id)
        else:
            change = silence.create(wanted, now=now, new_id=new_id)
        self._silences[name] = change.id
        self._write(change.write)

    def _acknowledge(self, name: str) -> None:
        parts = Acknowledging(
            alerts=self._store,
            acknowledgements=self._store,
            groups=self._store,
            clock=self._agenda,
            report=IntakeReport(log=lambda *_, **__: None, count=lambda *_: None),
            show=lambda _: None,
        )
        now = self._agenda.now()
        firing = [one for one in self._store.firing(now) if fires(one.alert, now) and one.alert.name == name]
        if not firing:
            raise ValueError(f"no alert named {name!r} fires here: nothing is acknowledged")
        for item in firing:
            acknowledge_item(parts, item, by="simulate", via="api")

    def _expire_silence(self, name: str) -> None:
        stored = next((one for one in self._store.silences()[0] if one.id == self._silences.get(name)), None)
        if stored is None:
            raise ValueError(f"no silence is named {name!r} here: set one before it is expired")
        ended = silence.expire(stored, stored.id, now=self._agenda.now())
        self._write([ended] if ended else [])

    def _write(self, silences: Sequence[Silence]) -> None:
        known, seen = self._store.silences()
        kept = {one.id: one for one in (*known, *silences)}
        self._store.put_silences(list(kept.values()), seen=seen)

    def _reload(self, place: str, text: str) -> None:
        loaded = try_out(text, delivery=self._options.delivery, release=self._options.release)
        self.say(loaded.findings)
        if loaded.config is None:
            self._options.warn(f"{place}: the new configuration has errors; the old one holds")
            return
        self._config = loaded.config
        self._relay.reload(loaded.config)

    def say(self, findings: Sequence[Finding]) -> None:
        """Errors and warnings, for people."""
        for finding in findings:
            if finding.severity != "info":
                self._options.warn(str(finding))
