"""A metric as a line of text, with its threshold in the same scale."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from alertrelay.render.sparkline import BARS, MISSING, sparkline
from alertrelay.values.charted import Charted, MetricQuery, read, written
from hypothesis import given
from hypothesis import strategies as st

QUERY = MetricQuery(
    namespace="AWS/RDS", name="CPUUtilization", dimensions=(("Db", "a"),), statistic="Average", period=60
)
CHARTED = Charted(query=QUERY, threshold=80.0, low=False)
HOURS = 10_800.0


def _series(*values: float, every: float = 450.0) -> Sequence[tuple[float, float]]:
    return [(index * every, value) for index, value in enumerate(values)]


def _drawn(charted: Charted, points: Sequence[tuple[float, float]]) -> str:
    return sparkline(charted, points, start=0.0, end=HOURS)


def test_the_line_has_the_range_and_the_threshold_at_its_height() -> None:
    line = _drawn(CHARTED, _series(*[10.0] * 20, 40.0, 80.0, 95.0, 97.5))
    assert line == "▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃▇██ 10% to 97.5%, threshold 80% ▇"


def test_a_breach_of_one_point_shows_though_its_column_has_others() -> None:
    points = [(at * 60.0, 95.0 if at == 100 else 10.0) for at in range(180)]
    assert _drawn(CHARTED, points).startswith("▁▁▁▁▁▁▁▁▁▁▁▁▁█▁")
    low = Charted(query=QUERY, threshold=20.0, low=True)
    points = [(at * 60.0, 5.0 if at == 100 else 90.0) for at in range(180)]
    assert _drawn(low, points).startswith("█████████████▁█")


def test_a_time_without_data_is_a_gap() -> None:
    line = _drawn(CHARTED, [(0.0, 10.0), (450.0, 20.0), (HOURS - 60, 30.0)])
    assert line.partition(" ")[0] == "▁▂" + MISSING * 21 + "▃"


def test_a_column_is_never_shorter_than_a_period() -> None:
    hourly = Charted(query=replace(QUERY, period=3600), threshold=None, low=False)
    assert _drawn(hourly, _series(1.0, 2.0, 3.0, every=3600.0)) == "▁▅█ 1% to 3%"


@pytest.mark.parametrize(
    "points", [[], [(0.0, 1.0), (60.0, 2.0)], [(-60.0, 1.0), (0.0, 1.0), (60.0, math.nan), (HOURS, 1.0)]]
)
def test_too_few_points_are_no_chart(points: list[tuple[float, float]]) -> None:
    assert not _drawn(CHARTED, points)


def test_a_flat_line_is_at_the_bottom() -> None:
    assert _drawn(Charted(query=QUERY, threshold=None, low=False), _series(0.0, 0.0, 0.0)).startswith("▁▁▁·")


@given(
    st.lists(st.tuples(st.floats(0, HOURS), st.floats(allow_nan=True, allow_infinity=True)), max_size=30),
    st.none() | st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
)
def test_whatever_cloudwatch_answers_is_a_line_of_its_width_or_none(
    points: list[tuple[float, float]], threshold: float | None, low: bool
) -> None:
    line = _drawn(Charted(query=QUERY, threshold=threshold, low=low), points)
    assert not line or (len(line.partition(" ")[0]) == 24 and set(line[:24]) <= set(BARS + MISSING))


def test_what_is_charted_travels_as_text() -> None:
    assert read(written(CHARTED)) == CHARTED
    band = Charted(query=QUERY, threshold=None, low=True)
    assert read(written(band)) == band
    math = replace(CHARTED, query=replace(QUERY, math=(("share", "a / b"),), of=(("a", QUERY), ("b", QUERY))))
    assert read(written(math)) == math
    before = json.loads(written(CHARTED))
    del before["query"]["math"], before["query"]["of"]
    assert read(json.dumps(before)) == CHARTED
    assert not written(Charted(query=replace(QUERY, name="x" * 3000), threshold=1.0, low=False))


@pytest.mark.parametrize("text", ["", "rate(errors[5m])", "[]", "{}", '{"query": 1, "threshold": 2}', "[" * 100_000])
def test_an_annotation_of_somebody_else_is_not_charted(text: str) -> None:
    assert read(text) is None
