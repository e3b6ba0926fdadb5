"""Holds the rules by which a run judges the points of an entry, and names its metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.anomaly.scorer.threshold import Feedback, ScoreLevel, levels
from alertrelay.config.watch import AnomalyConfig, Watch
from alertrelay.values import units


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The owner of the metrics: the labels that all alerts of a run share."""

    config: AnomalyConfig
    account: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRule:
    """The rule for an entry's points. `levels` are sorted, the mildest first, and there is one at least.
    `deployments(since, names)` are the changes shortly before, in words."""

    watch: Watch
    levels: tuple[ScoreLevel, ...]
    zone: tzinfo
    holidays: frozenset[date]
    deployments: Callable[[float, Sequence[str]], Sequence[str]]


def rules_of(
    config: AnomalyConfig,
    feedback: Mapping[str, Feedback],
    deployments: Callable[[float, Sequence[str]], Sequence[str]] = lambda _since, _names: (),
) -> dict[str, EntryRule]:
    """Returns the rule of each entry, by its name."""
    zone = _zone(config.timezone)
    return {
        watch.name: EntryRule(
            watch=watch,
            levels=levels(watch, feedback.get(watch.name), default=DEFAULT_THRESHOLD),
            zone=zone,
            holidays=frozenset(config.holidays),
            deployments=deployments,
        )
        for watch in config.watches
    }


def _zone(name: str) -> tzinfo:
    """Returns UTC where this machine has no such zone: a day that is some hours off is learned all the same."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def named(watch: Watch, metric: WatchedMetric) -> str:
    """Returns `p99 TargetResponseTime of checkout`."""
    about = watch.labels.get("service") or ", ".join(value for _, value in metric.dimensions)
    name = metric.name if metric.expression else f"{metric.statistic} {metric.name}"
    return name + (f" of {about}" if about else "")


def unit_of(watch: Watch, metric: WatchedMetric) -> str:
    """Returns the entry's own unit, else what the service documents."""
    if metric.statistic == "SampleCount" or metric.expression:
        return watch.unit if metric.expression else ""
    return watch.unit or units.unit_of(metric.namespace, metric.name)
