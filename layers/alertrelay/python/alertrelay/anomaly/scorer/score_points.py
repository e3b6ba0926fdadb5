"""Scores one metric's new points, and derives the changes. Nothing is published here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from alertrelay.anomaly.detector.detector import Reading
from alertrelay.anomaly.detector.limit import LevelCourse
from alertrelay.anomaly.detector.scorer import Scored, Scorer
from alertrelay.anomaly.detector.votes import BUDGETS
from alertrelay.anomaly.scorer.drift import watched
from alertrelay.anomaly.scorer.entry_rules import EntryRule, named, unit_of
from alertrelay.anomaly.scorer.lifecycle import AnomalyChange, Open, ScoredPoint, end, step
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.anomaly.scorer.reporting import heard
from alertrelay.anomaly.scorer.shard_state import Said, Track
from alertrelay.values import units

FRESH = 3_600.0
"""Seconds. Of an anomaly that opened longer before, in points that were only learned, nobody is notified."""


def new_scorer(metric: WatchedMetric, rule: EntryRule) -> Scorer:
    """Makes the scorer that the entry configures."""
    budget = BUDGETS[rule.watch.sensitivity]
    return Scorer(float(metric.period), direction=rule.watch.direction, zone=rule.zone, budget=budget)


def feed(
    track: Track,
    scorer: Scorer,
    rule: EntryRule,
    points: Iterable[tuple[float, float]],
    *,
    look: Callable[[ScoredPoint], None] = lambda _: None,
) -> list[AnomalyChange]:
    """Scores points in order, and returns what began, got worse or ended. Those that are not newer than what came
    before are left out; `look` sees each of the others, after it was scored."""
    changes: list[AnomalyChange] = []
    for at, value in points:
        if track.presence.last is not None and at <= track.presence.last:
            continue
        track.presence = heard(track.presence, at, track.metric.period, outage=track.silent is not None)
        track.silent = None
        _towards_limit(track, rule, at, value)
        if _holiday(rule, at):
            if track.open:
                changes.append(end(track.open, at, "a holiday of its calendar has begun"))
                track.said = _said_of_end(track, rule, changes[-1])
                track.open = None
            continue
        scored = scorer.take(at, value)
        if scored.reading is None:
            continue
        seen = _seen(track, scorer, scored, scored.reading, at, value)
        change = _step(track, scorer, rule, scored, seen)
        changes += [change] if change else []
        look(seen)
    return changes


def _towards_limit(track: Track, rule: EntryRule, at: float, value: float) -> None:
    limit = rule.watch.limit
    if limit is None:
        track.course = None
        return
    low = rule.watch.direction == "low"
    if track.course is None or track.course.low != low:
        track.course = LevelCourse(low=low)
    if math.isfinite(value):
        track.course.take(at, value, step=float(track.metric.period), limit=limit)


def _seen(track: Track, scorer: Scorer, scored: Scored, reading: Reading, at: float, value: float) -> ScoredPoint:
    """Returns the point as the scorer saw it."""
    track.drift = watched(track.drift, at, scored.since)
    usual = reading.usual
    return ScoredPoint(
        at=at,
        value=value,
        score=scored.score,
        calm=scored.since is None and not reading.lasts,
        since=at if scored.since is None else scored.since,
        band=(usual.low, usual.high) if usual else None,
        rarity=reading.rarity,
        lasting=scorer.lasts(reading),
    )


def _step(track: Track, scorer: Scorer, rule: EntryRule, scored: Scored, seen: ScoredPoint) -> AnomalyChange | None:
    """Opens, keeps or ends the anomaly of the metric."""
    track.open, change = step(track.open, seen, rule.levels, rule.watch.direction)
    if change and change.kind == "ended":
        track.said = _said_of_end(track, rule, change)
    elif change:
        track.said = _said(track.metric, rule, scorer, scored, seen, change.open)
    return change


def learn(track: Track, scorer: Scorer, rule: EntryRule, points: Iterable[tuple[float, float]], *, now: float) -> None:
    """Learns a metric's past, of which nobody is notified: what lasted for long is the metric's own way, as far as
    anybody knows. What was open before its past was learned anew stays open."""
    past = replace(track, open=None, silent=None)
    feed(past, scorer, rule, points)
    track.presence, track.course = past.presence, past.course
    if track.silent is not None and past.presence.last is not None and past.presence.last >= track.silent:
        track.silent = None
    if track.open is None and past.open and now - past.open.opened <= FRESH:
        track.open, track.said = past.open, past.said


def _said_of_end(track: Track, rule: EntryRule, change: AnomalyChange) -> Said:
    """Returns the words of a resolve: those of the beginning, with another reason."""
    most = units.shown(change.open.value, unit_of(rule.watch, track.metric))
    before = track.said or Said(summary=f"{named(rule.watch, track.metric)} was unusual")
    return replace(before, reason=f"{change.why}; it was {most} at the worst")


def _short(usual: float, value: float) -> float:
    """Rounds a usual value: it is known to three digits at best, a count is whole, and beside the value a millionth of
    it is nothing."""
    if value.is_integer() and 10 <= abs(usual) < 1e15:
        usual = round(usual)
    return float(f"{usual:.3g}") if abs(usual) > 1e-6 * abs(value) else 0.0


def _holiday(rule: EntryRule, at: float) -> bool:
    if rule.watch.calendar != "business" or not rule.holidays:
        return False
    return datetime.fromtimestamp(at, rule.zone).date() in rule.holidays


def _said(metric: WatchedMetric, rule: EntryRule, scorer: Scorer, scored: Scored, seen: ScoredPoint, now: Open) -> Said:
    unit = unit_of(rule.watch, metric)

    def shown(size: float) -> str:
        return units.shown(size, unit)

    value = shown(seen.value)
    usual, why = "", ""
    if seen.band:
        low, high = seen.band
        ends = [shown(_short(end, seen.value)) for end in (low, high)]
        usual = ends[0] if ends[0] == ends[1] else " to ".join(ends)
        by_hour = scored.reading is not None and scored.reading.usual is not None and scored.reading.usual.same_time
        # A value within it is unusual for how it came there.
        inside = f": {scorer.strongest(scored, shown)}"
        why = inside if low <= seen.value <= high else f", usual is {usual}{' at this hour' if by_hour else ''}"
    about = [rule.watch.labels.get("service", ""), *(text for _, text in metric.dimensions)]
    return Said(
        summary=f"{named(rule.watch, metric)} is {value}{why}",
        value=value,
        usual=usual,
        reason=scorer.explain(seen.at, seen.value, scored, shown),
        score=f"{seen.score:.4f}, notifies from {rule.levels[0].score:.4g} on",
        deployments=tuple(rule.deployments(now.since, about)),
    )
