"""The anomaly-scorer on memory and a manual clock: a shop whose orders follow the day, and what can go wrong."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.anomaly.scorer.ports import Metrics, Notebook, PublishFailure, Scoring, Shelf
from alertrelay.anomaly.scorer.run import Ran, run
from alertrelay.anomaly.scorer.shard_state import Book, of_bytes
from alertrelay.config.watch import AnomalyConfig, Watch
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.scorer import MemoryMetrics, MemoryNotebook, MemoryShelf

START = datetime(2026, 11, 16, tzinfo=UTC).timestamp()  # a Monday
STEP = 300
HOUR = 3600.0
DAY = 86_400
TROUBLE = START + 2 * HOUR
"""Within the first day that is watched."""
RUN_AFTER = 130.0
"""Seconds after the end of a period at which a run comes: its points are settled by then."""


def watch(name: str = "orders", **changes: Any) -> Watch:
    """An entry that names one metric, in mode alert."""
    given: dict[str, Any] = {
        "name": name,
        "namespace": "Shop",
        "metric": "Orders",
        "dimensions": {},
        "tags": {},
        "statistic": "Sum",
        "period": STEP,
        "unit": "",
        "direction": "both",
        "sensitivity": "normal",
        "severity": {"warning": 0.8, "critical": 0.99},
        "labels": {"service": "shop"},
        "mode": "alert",
    }
    return Watch(**{**given, **changes})


def config(*watches: Watch, **changes: Any) -> AnomalyConfig:
    """The configuration of prod."""
    given: dict[str, Any] = {
        "max_metrics": 50,
        "timezone": "UTC",
        "holidays": (),
        "watches": watches or (watch(),),
        "environment": "prod",
        "labels": {"env": "prod"},
        "runbook_base_url": "https://wiki.example.com/runbooks",
    }
    return AnomalyConfig(**{**given, **changes})


def metric(entry: str = "orders", **changes: Any) -> WatchedMetric:
    """The metric of `watch()`."""
    given: dict[str, Any] = {
        "watch": entry,
        "namespace": "Shop",
        "name": "Orders",
        "dimensions": (),
        "statistic": "Sum",
        "period": STEP,
    }
    return WatchedMetric(**{**given, **changes})


def course(begin: float, end: float, *, seed: int = 1, step: int = STEP) -> Iterator[tuple[float, float]]:
    """Orders that follow the hour of the day, with a little noise."""
    draw = random.Random(seed)
    at = begin
    while at < end:
        yield at, 500.0 + 400.0 * math.sin(2.0 * math.pi * (at - 9 * 3600) / DAY) + draw.gauss(0.0, 12.0)
        at += step


@dataclass
class World:
    """`published` has each update with the time and the topic; `log` every event with its fields."""

    config: AnomalyConfig = field(default_factory=config)
    metrics: MemoryMetrics = field(default_factory=MemoryMetrics)
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    notebook: MemoryNotebook = field(default_factory=MemoryNotebook)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime.fromtimestamp(START + RUN_AFTER, UTC)))
    published: list[tuple[float, str, Mapping[str, Any]]] = field(default_factory=list)
    log: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    measures: list[tuple[str, float]] = field(default_factory=list)
    topic_fails: bool = False
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def shop(self, *, days: int = 10, hours: float = 24.0, of: WatchedMetric | None = None) -> World:
        """Ten days of orders before the clock's time, and some hours after it."""
        self.metrics.put(of or metric(), course(START - days * DAY, START + hours * 3600))
        return self

    def change(
        self, at: float, factor: Callable[[float], float], *, points: int = 1, of: WatchedMetric | None = None
    ) -> None:
        """Makes points, from a time on, something else."""
        found = of or metric()
        series = self.metrics.series[found.namespace, found.name, found.dimensions, found.statistic]
        for place in range(points):
            series[at + place * found.period] = factor(series[at + place * found.period])

    def scoring(
        self,
        *,
        metrics: Metrics | None = None,
        shelf: Shelf | None = None,
        notebook: Notebook | None = None,
        publish: Callable[[str, str], None] | None = None,
    ) -> Scoring:
        """The parts of a run; what is given stands in the place of the world's own."""
        return Scoring(
            config=self.config,
            account="111122223333",
            region="eu-west-1",
            metrics=metrics or self.metrics,
            shelf=shelf or self.shelf,
            notebook=notebook or self.notebook,
            clock=self.clock,
            publish=publish or self.publish,
            log=lambda event, **fields: self.log.append((event, fields)),
            measure=lambda name, value, **_: self.measures.append((name, value)),
            new_id=lambda: f"run-{next(self._ids)}",
        )

    def publish(self, severity: str, message: str) -> None:
        """A topic."""
        if self.topic_fails:
            raise PublishFailure("the topic does not answer")
        for update in json.loads(message)["alerts"]:
            self.published.append((self.now, severity, update))

    @property
    def now(self) -> float:
        return self.clock.now().timestamp()

    def run(self, at: float | None = None, *, seconds: float = 240.0, **parts: Any) -> Ran:
        """One run, for now or for a time of its schedule."""
        return run(self.scoring(**parts), self.now if at is None else at, deadline=self.now + seconds)

    def until(self, at: float, **parts: Any) -> list[Ran]:
        """A run each five minutes up to a time."""
        ran = []
        while self.now <= at:
            ran.append(self.run(**parts))
            self.clock.sleep(STEP)
        return ran

    def at(self, seconds: float) -> World:
        """Moves the clock to so long after the start."""
        self.clock.move_to(datetime.fromtimestamp(START + seconds + RUN_AFTER, UTC))
        return self

    def reconfigure(self, *watches: Watch, **changes: Any) -> None:
        """A deploy."""
        self.config = replace(self.config, watches=watches or self.config.watches, **changes)

    def updates(self, status: str = "") -> list[tuple[str, str, str]]:
        """(status, alertname, severity) of all that was published."""
        found = [(u["status"], u["labels"]["alertname"], u["labels"]["severity"]) for _, _, u in self.published]
        return [update for update in found if status in ("", update[0])]

    def book(self) -> Book:
        """The book of the only shard."""
        (name,) = (name for name in self.shelf.objects if name.startswith("shard"))
        return of_bytes(self.shelf.objects[name].content)[0]

    def events(self, name: str) -> Sequence[Mapping[str, Any]]:
        """The fields of each event of that name in the log."""
        return [fields for event, fields in self.log if event == name]


def shop_in_trouble(**changes: Any) -> World:
    """A shop that was watched for its first two hours, and then sells three times what it should for half an hour."""
    world = World(config=config(watch(**changes)))
    world.shop()
    world.change(TROUBLE, lambda value: value * 3 + 600, points=6)
    return world
