"""Made metrics for the tests of this room: plain lists of (seconds, value)."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD
from alertrelay.anomaly.detector.scorer import Scorer

STEP = 300.0
DAY = 288
START = 1_793_491_200.0  # 2026-11-01 00:00:00 UTC, a Sunday
Points = list[tuple[float, float | None]]


def noisy(count: int, *, level: float = 50.0, noise: float = 1.0, seed: int = 1) -> list[float]:
    """Values around a level."""
    draw = random.Random(seed)
    return [level + draw.gauss(0.0, noise) for _ in range(count)]


def daily(count: int, *, height: float = 40.0, seed: int = 1) -> list[float]:
    """A daily course with a little noise."""
    base = noisy(count, seed=seed)
    return [value + height * math.sin(2.0 * math.pi * place / DAY) for place, value in enumerate(base)]


def points(values: Iterable[float | None], *, start: float = START, step: float = STEP) -> Points:
    """Values at regular times."""
    return [(start + place * step, value) for place, value in enumerate(values)]


def scores(series: Points, scorer: Scorer | None = None) -> list[float]:
    """The score of every point."""
    scorer = scorer or Scorer()
    return [scorer.take(at, value).score for at, value in series]


def told(series: Points, scorer: Scorer | None = None) -> list[int]:
    """The places of the points that would alert."""
    return [place for place, score in enumerate(scores(series, scorer)) if score >= DEFAULT_THRESHOLD]
