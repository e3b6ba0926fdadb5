from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alertrelay.anomaly.detector import state
from alertrelay.anomaly.detector.scorer import Scorer
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.anomaly.detector.metrics import DAY, START, STEP, Points, daily, noisy, points, scores, told


def _series() -> Points:
    values = daily(9 * DAY)
    values[2000], values[2500] = 400.0, 300.0
    return points(values)


@pytest.fixture(scope="module")
def whole() -> list[float]:
    """The scores of the series by a scorer that was never kept."""
    return scores(_series())


def _again(scorer: Scorer) -> Scorer:
    new = Scorer()
    assert state.unpack(state.pack({"cpu": scorer}), {"cpu": new}) == frozenset()
    return new


@pytest.mark.parametrize("cut", [0, 1, 19, 20, 400, 2001, 2400])
def test_a_scorer_that_was_kept_goes_on_exactly_where_it_was(whole: list[float], cut: int) -> None:
    series = _series()
    scorer = Scorer()
    assert scores(series[:cut], scorer) == whole[:cut]
    assert scores(series[cut:], _again(scorer)) == whole[cut:]


def test_a_scorer_that_is_kept_often_goes_on_exactly_where_it_was(whole: list[float]) -> None:
    series = _series()[:700]
    scorer, found = Scorer(), []
    for place, (at, value) in enumerate(series):
        scorer = _again(scorer) if place < 25 or place % 25 == 0 else scorer
        found.append(scorer.take(at, value).score)
    assert found == whole[:700]


def test_the_reason_survives_too() -> None:
    series = _series()
    scorer = Scorer()
    scores(series[:2000], scorer)
    new = _again(scorer)
    at, value = series[2000]
    assert value is not None
    assert new.explain(at, value, new.take(at, value)) == scorer.explain(at, value, scorer.take(at, value))


def test_what_the_configuration_says_is_not_kept() -> None:
    old = Scorer(direction="high")
    scores(_series()[:1900], old)
    new = Scorer(direction="low", zone=ZoneInfo("Europe/Berlin"))
    state.unpack(state.pack({"cpu": old}), {"cpu": new})
    at, value = _series()[2000]
    assert new.take(at, value).score < 0.8


def test_a_metric_without_a_past_is_named() -> None:
    packed = state.pack({"cpu": Scorer()})
    assert state.unpack(packed, {"cpu": Scorer(), "disk": Scorer()}) == {"disk"}


def test_a_past_of_version_2_goes_on() -> None:
    """Written by the scorer of version 2 after 15 days of a daily course around 50, from 2026-11-01 on."""
    content = (Path(__file__).parent / "recorded_v2.bin").read_bytes()
    scorer = Scorer(300.0)
    assert state.unpack(content, {"cpu": scorer}) == frozenset()
    begin = 1_793_491_200.0 + 15 * 86_400.0
    course = daily(2 * DAY, seed=3)
    found = [scorer.take(begin + 300.0 * place, value).score for place, value in enumerate(course)]
    assert max(found) < 0.8
    reading = scorer.take(begin + 300.0 * len(course), 48.0).reading
    assert reading is not None
    assert reading.usual is not None
    assert reading.usual.same_time
    assert scorer.take(begin + 300.0 * (len(course) + 1), 500.0).score >= 0.8
    assert state.unpack(state.pack({"cpu": scorer}), {"cpu": Scorer(300.0)}) == frozenset()


def test_a_past_of_version_3_goes_on() -> None:
    """Written by the scorer of version 3 after 15 days of a daily course around 50, 20 minutes after four of 300."""
    content = (Path(__file__).parent / "recorded_v3.bin").read_bytes()
    scorer = Scorer(300.0)
    assert state.unpack(content, {"cpu": scorer}) == frozenset()
    course = daily(DAY // 2, seed=3)
    course[5], course[100] = 500.0, 900.0
    assert told(points(course, start=START + 15 * DAY * STEP), scorer) == [5, 100]
    assert state.unpack(state.pack({"cpu": scorer}), {"cpu": Scorer(300.0)}) == frozenset()


def _written(head: object) -> bytes:
    text = json.dumps(head).encode()
    return zlib.compress(len(text).to_bytes(8, "little") + text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no state",
        zlib.compress(b"{"),
        zlib.compress(b"[]"),
        zlib.compress(b"\xff" * 40),
        _written({"kind": [state.VERSION + 1, sys.byteorder, 4], "metrics": {"cpu": {}}}),
        _written({"kind": [state.VERSION, "middle", 4], "metrics": {"cpu": {}}}),
        _written({"version": 1, "metrics": {"cpu": {}}}),
        state.pack({"cpu": Scorer()})[:-9],
    ],
)
def test_what_cannot_be_read_is_nothing(content: bytes) -> None:
    assert state.unpack(content, {"cpu": Scorer()}) == {"cpu"}


def test_the_past_of_a_metric_is_small() -> None:
    scorer = Scorer()
    scores(_series(), scorer)
    assert len(state.pack({"cpu": scorer})) < 14_000


def test_many_metrics_are_kept_apart() -> None:
    old = {name: Scorer() for name in ("cpu", "disk", "idle")}
    scores(_series()[:900], old["cpu"])
    scores(points(noisy(900)), old["disk"])
    new = {name: Scorer() for name in old}
    assert state.unpack(state.pack(old), new) == frozenset()
    assert {name: state.pack({"it": one}) for name, one in new.items()} == {
        name: state.pack({"it": one}) for name, one in old.items()
    }


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(width=32), st.sampled_from((0.0, 1.0, 5.0))), max_size=90),
    st.integers(min_value=0, max_value=90),
    st.sampled_from((60.0, 300.0, 3600.0, 40_000.0)),
)
def test_any_past_is_kept_exactly(values: list[float | None], cut: int, step: float) -> None:
    series = points(values, step=step)
    scorer = Scorer()
    before = scores(series[:cut], scorer)
    new = _again(scorer)
    assert state.pack({"cpu": new}) == state.pack({"cpu": scorer})
    assert before + scores(series[cut:], new) == scores(series)
