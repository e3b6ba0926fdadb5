"""Measures one run of the anomaly-scorer (`make bench-scorer`), CloudWatch and S3 apart.

Learns a few metrics from two weeks, gives their states to many in turn, and runs once: time, memory, size of the state.
"""

from __future__ import annotations

import argparse
import math
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from alertrelay.anomaly.detector.state import pack, unpack
from alertrelay.anomaly.scorer.discovery import NAME, Catalogue, entries_hash
from alertrelay.anomaly.scorer.drift import Drift
from alertrelay.anomaly.scorer.entry_rules import EntryRule, rules_of
from alertrelay.anomaly.scorer.metric import WatchedMetric, shard_of
from alertrelay.anomaly.scorer.ports import Scoring
from alertrelay.anomaly.scorer.reporting import Presence
from alertrelay.anomaly.scorer.run import run, shard_names
from alertrelay.anomaly.scorer.score_points import learn, new_scorer
from alertrelay.anomaly.scorer.shard_state import Book, Track, to_bytes
from alertrelay.config.watch import AnomalyConfig, Watch
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.scorer import MemoryMetrics, MemoryNotebook, MemoryShelf

NOW = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
PERIOD = 300
DAYS = 14
DAY = 86_400
LEARNED = 12
"""Metrics that are learned: the states of so many do not compress into one another."""


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench_scorer", description="What a run of the scorer takes")
    parser.add_argument("--metrics", type=int, default=5_000)
    args = parser.parse_args(argv)
    watch = Watch(
        name="all", namespace="Shop", metric="Orders", dimensions={"Id": "*"}, tags={}, statistic="Sum", period=PERIOD,
        unit="", direction="both", sensitivity="normal", severity={}, labels={"service": "shop"}, mode="alert",
    )  # fmt: skip
    config = AnomalyConfig(max_metrics=args.metrics, timezone="UTC", holidays=(), watches=(watch,), environment="bench")
    metrics = [_metric(place) for place in range(args.metrics)]
    source, shelf = MemoryMetrics(), MemoryShelf()
    for metric in metrics:
        source.put(metric, _course(NOW - 3 * PERIOD, NOW))
    learned = _keep(config, metrics, shelf)
    before = _peak()
    began, used = time.perf_counter(), time.process_time()
    ran = run(_scoring(config, source, shelf), NOW + 130.0, deadline=NOW + 3600.0)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    size = sum(len(kept.content) for kept in shelf.objects.values())
    assert ran.metrics == args.metrics, ran
    print(f"| {args.metrics:,} metrics, {ran.points:,} points | {wall:.1f} s ({cpu:.1f} s of one core) |")
    print(f"| memory, of the whole process | {_peak() / 1024:.0f} MB ({before / 1024:.0f} MB before the run) |")
    print(f"| state in S3 | {size / 1e6:.1f} MB, {size / args.metrics / 1000:.1f} KB a metric |")
    count = DAYS * DAY // PERIOD
    print(f"| learning a metric from {DAYS} days ({count:,} points) | {learned:.2f} s of one core |")
    print(f"| a point | {learned / count * 1e6:.0f} µs of one core |")
    return 0


def _peak() -> int:
    """KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _metric(place: int) -> WatchedMetric:
    dimensions = (("Id", str(place)),)
    return WatchedMetric(
        watch="all", namespace="Shop", name="Orders", dimensions=dimensions, statistic="Sum", period=PERIOD
    )


def _course(begin: float, end: float, seed: int = 0) -> Iterator[tuple[float, float]]:
    draw = random.Random(seed)
    at = begin
    while at < end:
        yield at, 500.0 + 400.0 * math.sin(2.0 * math.pi * at / 86_400) + draw.gauss(0.0, 12.0)
        at += PERIOD


def _keep(config: AnomalyConfig, metrics: Sequence[WatchedMetric], shelf: MemoryShelf) -> float:
    """Puts learned metrics on the shelf; how long one of them took to learn, in seconds of one core."""
    rule = rules_of(config, {})["all"]
    learned = [_learned(rule, metrics[0], seed) for seed in range(LEARNED)]
    names = shard_names(config)
    shards: dict[str, list[WatchedMetric]] = {name: [] for name in names}
    for metric in metrics:
        shards[names[shard_of(metric.key, len(names))]].append(metric)
    for name, own in shards.items():
        scorers, tracks = {}, {}
        for place, metric in enumerate(own):
            track, _, packed = learned[place % LEARNED]
            scorers[metric.key] = new_scorer(metric, rule)
            unpack(packed, {metrics[0].key: scorers[metric.key]})
            tracks[metric.key] = _as(track, metric)
        shelf.put(name, to_bytes(Book(run=NOW, tracks=tracks), pack(scorers)), over=None)
    catalogue = Catalogue(at=NOW, config=entries_hash(config), metrics=tuple(metrics))
    shelf.put(NAME, catalogue.to_bytes(), over=None)
    return sum(seconds for _, seconds, _ in learned) / LEARNED


def _learned(rule: EntryRule, metric: WatchedMetric, seed: int) -> tuple[Track, float, bytes]:
    read_to = NOW - PERIOD
    track = Track(metric=metric, read_to=read_to, presence=Presence(), drift=Drift(based=NOW, at=NOW))
    scorer = new_scorer(metric, rule)
    points = list(_course(NOW - DAYS * DAY, read_to, seed))
    began = time.process_time()
    learn(track, scorer, rule, points, now=NOW)
    return track, time.process_time() - began, pack({metric.key: scorer})


def _as(track: Track, metric: WatchedMetric) -> Track:
    return Track(metric=metric, read_to=track.read_to, presence=track.presence, drift=track.drift)


def _scoring(config: AnomalyConfig, source: MemoryMetrics, shelf: MemoryShelf) -> Scoring:
    return Scoring(
        config=config,
        account="111122223333",
        region="eu-west-1",
        metrics=source,
        shelf=shelf,
        notebook=MemoryNotebook(),
        clock=ManualClock(datetime.fromtimestamp(NOW + 130.0, UTC)),
        publish=lambda _severity, _message: None,
        log=lambda _event, **_fields: None,
        measure=lambda _name, _value: None,
        new_id=lambda: "bench",
    )


if __name__ == "__main__":
    sys.exit(main())
