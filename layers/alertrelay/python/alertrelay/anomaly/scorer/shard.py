"""Takes one shard through a run: read, score, compare with the published alerts, keep, and only then publish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from alertrelay.anomaly.detector.scorer import Scorer
from alertrelay.anomaly.detector.state import pack, unpack
from alertrelay.anomaly.scorer.drift import Drift, drifted
from alertrelay.anomaly.scorer.entry_rules import EntryRule
from alertrelay.anomaly.scorer.fetch import Wanted, ask
from alertrelay.anomaly.scorer.journal import notice_limit, notice_silence, write_change, write_entry
from alertrelay.anomaly.scorer.lifecycle import ScoredPoint
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.anomaly.scorer.publish import announcements_of, perhaps_announced
from alertrelay.anomaly.scorer.reporting import Presence
from alertrelay.anomaly.scorer.score_points import feed, learn, new_scorer
from alertrelay.anomaly.scorer.scorer_run import ScorerRun
from alertrelay.anomaly.scorer.shard_state import (
    Announcement,
    Book,
    BookUnreadable,
    Said,
    Track,
    of_bytes,
    to_bytes,
)
from alertrelay.values.text import how_many

LATE = 3
"""Periods that are asked for once more: a point may come late, as long as no newer one came before it."""
PAST = 14 * 86_400.0
"""Seconds of history from which a metric is learned."""
CATCH_UP = 12 * 3_600.0
"""Seconds. After a longer pause a metric is learned anew: its course was lost."""
LEARNED_AT_ONCE = 20
"""Metrics that are learned between two looks at the clock."""


@dataclass(slots=True, kw_only=True)
class Shard:
    """Its book and its scorers, as an object of the shelf has them. `version` is that object's, None for none."""

    name: str
    book: Book
    scorers: dict[str, Scorer]
    version: str | None


def load(run: ScorerRun, name: str, metrics: Sequence[WatchedMetric], *, known: bool) -> Shard:
    """Reads the object. What is lost or of another version is learned anew; what was open stays open, unless the book
    itself is lost. `known`: earlier runs have left their traces, so that a missing object is a lost one. Raises
    ShelfFailure."""
    kept = run.scoring.shelf.get(name)
    book, packed = Book(lost=run.at if known else None), b""
    if kept:
        try:
            book, packed = of_bytes(kept.content)
        except BookUnreadable as problem:
            run.scoring.log("scorer_state_lost", object=name, problem=str(problem))
            book = Book(lost=run.at)
    elif known:
        run.scoring.log("scorer_state_lost", object=name, problem="the object is missing")
    there = {metric.key: new_scorer(metric, run.rules[metric.watch]) for metric in metrics if metric.key in book.tracks}
    missing = unpack(packed, there) if there else frozenset()
    scorers = {key: scorer for key, scorer in there.items() if key not in missing}
    return Shard(name=name, book=book, scorers=scorers, version=kept.version if kept else None)


def score(run: ScorerRun, shard: Shard, metrics: Sequence[WatchedMetric]) -> list[Announcement]:
    """Brings every metric of the shard up to date, in memory alone, and returns the announcements. A metric that fails
    is learned anew later. Raises MetricsFailure."""
    wanted = {metric.key: metric for metric in metrics}
    book = shard.book
    announcements: list[Announcement] = []
    for key in [key for key in book.tracks if key not in wanted]:
        shard.scorers.pop(key, None)
        announcements += _let_go(run, book.tracks.pop(key))
    _read_on(run, shard, wanted)
    _learn(run, shard, [metric for key, metric in wanted.items() if key not in shard.scorers])
    if wanted.keys() <= shard.scorers.keys():
        book.lost = None
    for key, track in book.tracks.items():
        rule = run.rules[wanted[key].watch]
        notice_silence(run, book, track, rule)
        announcements += announcements_of(run.origin, rule, track, at=run.at)
    return announcements


def keep(run: ScorerRun, shard: Shard) -> bool:
    """Writes the object over the one that was read; False where somebody wrote it meanwhile. Raises ShelfFailure."""
    shard.book.run = run.at
    content = to_bytes(shard.book, pack(shard.scorers))
    run.tally["bytes"] += len(content)
    return run.scoring.shelf.put(shard.name, content, over=shard.version)


def _read_on(run: ScorerRun, shard: Shard, metrics: Mapping[str, WatchedMetric]) -> None:
    due = []
    for key, track in shard.book.tracks.items():
        end, period = run.end_of(track.metric), track.metric.period
        if key in shard.scorers and end - track.read_to > CATCH_UP:
            del shard.scorers[key]
        elif key in shard.scorers and end > track.read_to:
            due.append(Wanted(metrics[key], track.read_to - LATE * period))
    found = ask(run.scoring.metrics, due, end=run.end_of, more=run.in_time)
    run.tally["requested"] += found.asked
    if found.failed:
        raise found.failed
    late = len(due) - len(found.points) - len(found.refused)
    if late:
        run.problems.append(f"{shard.name}: there was no time for {how_many(late, 'metric')}")
    for key, problem in found.refused.items():
        _refused(run, metrics[key], problem)
    for key, points in found.points.items():
        track, rule = shard.book.tracks[key], run.rules[metrics[key].watch]
        with _alone(run, shard, track.metric):
            _feed(run, shard, track, rule, points)


@contextmanager
def _alone(run: ScorerRun, shard: Shard, metric: WatchedMetric) -> Iterator[None]:
    """Isolates a broken metric, so that it does not stop the rest: the next run learns it again."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever its points have done
        run.tally["broken"] += 1
        run.scoring.log("metric_failed", metric=str(metric), watch=metric.watch, error=type(error).__name__)
        shard.scorers.pop(metric.key, None)


def _feed(run: ScorerRun, shard: Shard, track: Track, rule: EntryRule, points: Sequence[tuple[float, float]]) -> None:
    def look(seen: ScoredPoint) -> None:
        run.tally["points"] += 1
        top = run.tops.get(rule.watch.name)
        if top is None or seen.rarity > top[1].rarity:
            run.tops[rule.watch.name] = (track.metric, seen)

    forecast = track.forecast
    changes = feed(track, shard.scorers[track.metric.key], rule, points, look=look)
    track.read_to = run.end_of(track.metric)
    run.tally["scored"] += 1
    for change in changes:
        write_change(run, shard.book, track, rule, change)
    notice_limit(run, shard.book, track, rule, forecast)
    why = "" if track.open else drifted(track.drift)
    if why:
        write_entry(run, shard.book, track, rule, "learned_anew", at=run.at, text=why)
        del shard.scorers[track.metric.key]
        track.drift = Drift(based=run.at, at=run.at)


def _learn(run: ScorerRun, shard: Shard, metrics: Sequence[WatchedMetric]) -> None:
    """Learns from two weeks of CloudWatch, as many as there is time for; the others wait for the next run."""
    left = list(metrics)
    while left and run.may_learn():
        batch, left = left[:LEARNED_AT_ONCE], left[LEARNED_AT_ONCE:]
        wanted = [Wanted(metric, run.end_of(metric) - PAST) for metric in batch]
        found = ask(run.scoring.metrics, wanted, end=run.end_of, more=run.in_time)
        run.tally["requested"] += found.asked
        for metric in batch:
            if metric.key in found.refused:
                _refused(run, metric, found.refused[metric.key])
            elif metric.key in found.points:
                with _alone(run, shard, metric):
                    _learn_one(run, shard, metric, found.points[metric.key])
        if found.failed:
            # What was scored is worth keeping all the same.
            run.problems.append(f"{shard.name}: while learning: {found.failed}")
            break
    run.tally["learning"] += len(left)


def _refused(run: ScorerRun, metric: WatchedMetric, problem: str) -> None:
    run.tally["refused"] += 1
    run.scoring.log("metric_refused", metric=str(metric), watch=metric.watch, problem=problem)


def _learn_one(run: ScorerRun, shard: Shard, metric: WatchedMetric, points: Sequence[tuple[float, float]]) -> None:
    end, rule = run.end_of(metric), run.rules[metric.watch]
    before = shard.book.tracks.get(metric.key)
    track = before or Track(metric=metric, read_to=end, presence=Presence(), drift=Drift(based=run.at, at=run.at))
    if before is None and shard.book.lost:
        # The published alerts of a metric whose book was lost are unknown: every one that does not go on is resolved.
        track.announced = perhaps_announced(run.origin, rule, metric)
    track.presence, track.read_to = Presence(), end
    scorer = new_scorer(metric, rule)
    forecast = track.forecast
    learn(track, scorer, rule, points, now=end)
    notice_limit(run, shard.book, track, rule, forecast)
    track.drift = Drift(based=run.at, at=run.at)
    shard.book.tracks[metric.key], shard.scorers[metric.key] = track, scorer
    run.tally["learned"] += 1
    run.tally["empty"] += not points


def _let_go(run: ScorerRun, track: Track) -> list[Announcement]:
    """Resolves the alerts of a metric that is no longer watched. Its entry may have been removed as well."""
    track.open = track.silent = None
    track.said = replace(track.said or Said(summary=f"{track.metric} was unusual"), reason="it is no longer watched")
    return announcements_of(run.origin, None, track, at=run.at)
