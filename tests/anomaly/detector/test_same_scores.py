"""The scores of made metrics as they were recorded: what only makes the scorer faster may not change one of them."""

from __future__ import annotations

import hashlib
import random

import pytest

from tests.anomaly.detector.metrics import DAY, Points, daily, points, scores
from tools.made_metrics import KINDS


def _troubled() -> Points:
    """A daily course with an incident, a gap, a flat line and a step."""
    values: list[float | None] = [*daily(9 * DAY)]
    values[1500:1506] = [200.0, 210.0, 190.0, 205.0, 201.0, 199.0]
    values[1900:1930] = [None] * 30
    values[2100:2160] = [55.0] * 60
    values[2300:] = [value + 25.0 for value in daily(9 * DAY)[2300:]]
    return points(values)


def _recorded(series: Points) -> str:
    text = "\n".join(f"{score:.9f}" for score in scores(series))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_scores_of_a_metric_with_troubles_are_as_recorded() -> None:
    assert _recorded(_troubled()) == "dd33d27099c2251a"


@pytest.mark.parametrize(
    ("kind", "recorded"),
    [
        ("business hours", "242c8e5b45fc5b98"),
        ("heavy tails", "24b803d3e4ea7ac0"),
        ("sparse counts", "7e2b10fa94a17b4d"),
    ],
)
def test_the_scores_of_made_metrics_are_as_recorded(kind: str, recorded: str) -> None:
    assert _recorded(points(KINDS[kind](random.Random(5), 5 * DAY))) == recorded
