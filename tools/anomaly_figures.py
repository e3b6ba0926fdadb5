"""Computes the figures of `make bench-anomaly` from scored series, with bounds by bootstrap over series."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

_Item = TypeVar("_Item")
PROFILES = ("standard", "reward_low_FP_rate")
_DRAWS = 400
_BETWEEN = (0.05, 0.95)
PRECISE = 0.8


@dataclass(frozen=True, slots=True)
class BoundedFigure:
    """A figure and the bounds between which nine in ten draws of as many series have it."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, slots=True)
class _Counts:
    """What one series adds."""

    alerts: int
    true: int
    windows: int
    found: int
    weeks: float


def at_default(judge: Any, series: Sequence[Any], threshold: float) -> dict[str, BoundedFigure]:
    """Returns precision, recall, F0.5 and false alerts a week of alerts at a threshold."""
    counts = [_counts(judge.alerts([one], threshold)) for one in series]
    kinds: dict[str, Callable[[Sequence[_Counts]], float]] = {
        "precision": _precision,
        "recall": _recall,
        "F0.5": _f05,
        "false alerts a week": lambda held: (_total(held, "alerts") - _total(held, "true")) / _total(held, "weeks"),
    }
    return {name: _bounded(counts, kind) for name, kind in kinds.items()}


def recall_when_precise(judge: Any, series: Sequence[Any]) -> tuple[float, float]:
    """Returns the highest recall at a precision of 0.8 or more, over all thresholds, and that threshold."""
    best = judge.best_at_precision(series, PRECISE)
    return (float(best[1]["recall"]), float(best[0])) if best else (0.0, 1.0)


def best(judge: Any, series: Sequence[Any], profile: str) -> tuple[float, float]:
    """Returns NAB's score at its own optimum, and the threshold there."""
    thresholds, totals = judge.sweep(list(series), profile)
    place = int(totals.argmax())
    return float(judge.normalise(list(series), profile, float(totals[place]))), float(thresholds[place])


def nab(judge: Any, series: Sequence[Any], profile: str) -> BoundedFigure:
    """Returns NAB's score; the draws keep the threshold that is best for all."""
    value, threshold = best(judge, series, profile)
    # A series that has no window adds false alerts alone.
    raws = [(float(judge.raw_at([one], profile, threshold)), len(one.live_windows())) for one in series]
    missed = judge.PROFILES[profile][2]

    def score(drawn: Sequence[tuple[float, int]]) -> float:
        windows = sum(count for _, count in drawn)
        return (
            100.0 * (sum(raw for raw, _ in drawn) + missed * windows) / ((1.0 + missed) * windows) if windows else 0.0
        )

    found = _bounded(raws, score)
    return BoundedFigure(value, found.low, found.high)


def _counts(found: dict[str, Any]) -> _Counts:
    return _Counts(found["alerts"], found["true"], found["windows"], found["found"], found["metric_weeks"])


def _total(counts: Sequence[_Counts], name: str) -> float:
    return float(sum(getattr(one, name) for one in counts))


def _precision(counts: Sequence[_Counts]) -> float:
    return _total(counts, "true") / max(1.0, _total(counts, "alerts"))


def _recall(counts: Sequence[_Counts]) -> float:
    return _total(counts, "found") / max(1.0, _total(counts, "windows"))


def _f05(counts: Sequence[_Counts]) -> float:
    precision, recall = _precision(counts), _recall(counts)
    return 1.25 * precision * recall / (0.25 * precision + recall) if precision + recall else 0.0


def _bounded(items: Sequence[_Item], of: Callable[[Sequence[_Item]], float]) -> BoundedFigure:
    draw = random.Random(1)
    drawn = sorted(of(draw.choices(items, k=len(items))) for _ in range(_DRAWS))
    low, high = (drawn[int(share * (_DRAWS - 1))] for share in _BETWEEN)
    return BoundedFigure(of(items), low, high)
