"""Scores a series as the function would: the very code of the function, over points that are there already."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alertrelay.anomaly.scorer.drift import Drift
from alertrelay.anomaly.scorer.entry_rules import EntryRule, rules_of
from alertrelay.anomaly.scorer.lifecycle import ScoredPoint
from alertrelay.anomaly.scorer.limit_alert import forecast_said
from alertrelay.anomaly.scorer.metric import WatchedMetric, dimensions_of
from alertrelay.anomaly.scorer.ports import Vote
from alertrelay.anomaly.scorer.reporting import Presence
from alertrelay.anomaly.scorer.score_points import feed, new_scorer
from alertrelay.anomaly.scorer.shard_state import Track
from alertrelay.config.watch import AnomalyConfig, Watch

from local.series import NotASeries, seconds_of


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the page. `band` is the usual range; times are in seconds."""

    at: float
    value: float
    score: float
    band: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAlert:
    """An alert: when it began and ended (None: not yet), its worst value, score and severity, and the reason of its
    begin. `found` says whether a known incident stands behind it, None where none were named; `verdict` is what people
    said of it, None where nobody did."""

    at: float
    until: float | None
    value: float
    score: float
    severity: str
    reason: str
    found: bool | None = None
    verdict: Vote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedForecast:
    """That the metric reaches its limit: when this was said, until when (None: still), and its words."""

    at: float
    until: float | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The content of the page. `incidents` is None where none were named; `mode` is the entry's, "" for a bare file."""

    name: str
    threshold: float
    points: Sequence[Point]
    alerts: Sequence[JudgedAlert]
    incidents: Sequence[tuple[float, float]] | None
    mode: str = ""
    forecasts: Sequence[JudgedForecast] = ()

    @property
    def judged(self) -> list[JudgedAlert]:
        """The alerts that people judged."""
        return [alert for alert in self.alerts if alert.verdict]

    @property
    def missed(self) -> list[tuple[float, float]]:
        """The incidents in which no alert began."""
        return [one for one in self.incidents or () if not any(_meets(alert, one) for alert in self.alerts)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The alerts that a threshold would have caused; `right` of them in known incidents, None where none are named."""

    threshold: float
    alerts: int
    right: int | None


_OFFERED = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_ONE_ALERT = 3_600.0
"""Seconds within which high scores are one alert."""
_EARLY = 0.2


def bare(name: str, period: int, threshold: float) -> tuple[EntryRule, WatchedMetric]:
    """A series that no entry is about: both sides are trouble, from one score on."""
    watch = Watch(
        name=name, namespace="", metric=name, dimensions={}, tags={}, statistic="", period=period, unit="",
        direction="both", sensitivity="normal", severity={"warning": threshold}, labels={}, mode="shadow",
    )  # fmt: skip
    config = AnomalyConfig(max_metrics=1, timezone="UTC", holidays=(), watches=(watch,))
    return rules_of(config, {})[name], _metric(watch)


def of_entry(config: AnomalyConfig, name: str) -> tuple[EntryRule, WatchedMetric]:
    """An entry as the configuration has it. Raises NotASeries where there is none of that name."""
    rule = rules_of(config, {}).get(name)
    if rule is None:
        there = ", ".join(watch.name for watch in config.watches) or "none"
        raise NotASeries(f"config/anomaly.yml has no entry {name!r}; there are: {there}")
    return rule, _metric(rule.watch)


def _metric(watch: Watch) -> WatchedMetric:
    return WatchedMetric(
        watch=watch.name,
        namespace=watch.namespace,
        name=watch.metric,
        dimensions=dimensions_of(watch.dimensions),
        statistic=watch.statistic,
        period=watch.period,
    )


def judge(
    name: str,
    points: Iterable[tuple[float, float]],
    rule: EntryRule,
    metric: WatchedMetric,
    *,
    begin: float = float("-inf"),
    end: float = float("inf"),
    incidents: Sequence[tuple[float, float]] | None = None,
    votes: Sequence[Vote] = (),
) -> Report:
    """Scores all points and keeps what lies between `begin` and `end`: what was before is what was learned. `votes` are
    those on the entry's anomalies; the last one on an alert counts."""
    track = Track(metric=metric, read_to=0.0, presence=Presence(), drift=Drift(based=0.0, at=0.0))
    scorer = new_scorer(metric, rule)
    seen: list[Point] = []
    alerts: list[JudgedAlert] = []
    forecasts: list[JudgedForecast] = []

    def look(one: ScoredPoint) -> None:
        if begin <= one.at <= end:
            seen.append(Point(one.at, one.value, one.score, one.band))

    for point in points:
        for change in feed(track, scorer, rule, [point], look=look):
            about, reason = change.open, track.said.reason if track.said else ""
            if change.kind == "opened":
                alert = JudgedAlert(at=change.at, until=None, value=0.0, score=0.0, severity="", reason=reason)
                alerts.append(alert)
            alerts[-1] = replace(
                alerts[-1],
                value=about.value,
                score=about.score,
                severity=about.severities[-1],
                until=change.at if change.kind == "ended" else None,
            )
        _follow_limit(forecasts, rule, track, point[0])
    kept = [alert for alert in alerts if begin <= alert.at <= end]
    if incidents is not None:
        kept = [replace(alert, found=any(_meets(alert, one) for one in incidents)) for alert in kept]
    kept = [replace(alert, verdict=_verdict(alert, votes, metric.period)) for alert in kept]
    threshold = rule.levels[0].score
    mode = rule.watch.mode if rule.watch.namespace else ""
    return Report(
        name=name, threshold=threshold, points=seen, alerts=kept, incidents=incidents, mode=mode,
        forecasts=[one for one in forecasts if begin <= one.at <= end],
    )  # fmt: skip


def _follow_limit(found: list[JudgedForecast], rule: EntryRule, track: Track, at: float) -> None:
    """Adds a forecast that has just begun, and ends one that is over."""
    going = bool(found) and found[-1].until is None
    if track.course and track.forecast is not None and not going:
        said = forecast_said(rule, track, track.course)
        found.append(JudgedForecast(at=at, until=None, text=f"{said.summary}: {said.reason}"))
    elif track.forecast is None and going:
        found[-1] = replace(found[-1], until=at)


def _verdict(alert: JudgedAlert, votes: Sequence[Vote], period: int) -> Vote | None:
    """Returns the last vote on an anomaly that began with the alert, or within two periods of it: what is scored anew
    may cross the threshold a little sooner or later."""
    near = [vote for vote in votes if abs((seconds_of(vote.started) or 0.0) - alert.at) <= 2 * period]
    return max(near, key=lambda vote: vote.at, default=None)


def _meets(alert: JudgedAlert, incident: tuple[float, float]) -> bool:
    """Returns whether an alert began within an incident: one that was open before it found something else."""
    start, end = incident
    return start <= alert.at <= end


def is_early(alert: JudgedAlert, incidents: Sequence[tuple[float, float]]) -> bool:
    """Returns whether an alert began within the first fifth of an incident."""
    return any(start <= alert.at <= start + _EARLY * (end - start) for start, end in incidents)


def offers(report: Report) -> list[Offer]:
    """Returns what other thresholds would have made of the same scores, from the mildest on."""
    found = []
    for threshold in _OFFERED:
        begun: list[float] = []
        before = float("-inf")
        for point in report.points:
            if point.score >= threshold:
                if point.at - before > _ONE_ALERT:
                    begun.append(point.at)
                before = point.at
        known = report.incidents
        right = None if known is None else sum(any(start <= at <= end for start, end in known) for at in begun)
        found.append(Offer(threshold=threshold, alerts=len(begun), right=right))
    return found


def read_incidents(path: Path, begin: float, end: float) -> list[tuple[float, float]]:
    """The incidents of a CSV start,end that touch the period, in seconds. Raises NotASeries, OSError."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        try:
            known = list(_incidents(path, reader))
        except csv.Error as error:
            raise NotASeries(f"{path}:{reader.line_num}: {error}") from None
    return [(start, until) for start, until in known if start <= end and until >= begin]


def _incidents(path: Path, reader: csv.DictReader[str]) -> Iterator[tuple[float, float]]:
    if not {"start", "end"} <= set(reader.fieldnames or ()):
        raise NotASeries(f"{path}: the first line must name the columns start,end")
    for row in reader:
        start, until = seconds_of(row["start"] or ""), seconds_of(row["end"] or "")
        if start is None or until is None or until < start:
            came = f"start {row['start'] or ''!r} and end {row['end'] or ''!r}"
            said = "an incident needs a start and a later end, as in 2026-11-20T03:05:00"
            raise NotASeries(f"{path}:{reader.line_num}: {said}; it has {came}")
        yield start, until
