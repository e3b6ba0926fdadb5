from __future__ import annotations

import json
import zlib
from zoneinfo import ZoneInfo

import pytest
from alertrelay.anomaly import state
from alertrelay.anomaly.scorer import Scorer

from tests.anomaly.metrics import DAY, Points, daily, points, scores


def _series() -> Points:
    values = daily(9 * DAY)
    values[2000], values[2500] = 400.0, 300.0
    return points(values)


def _again(scorer: Scorer) -> Scorer:
    new = Scorer()
    assert state.unpack(state.pack({"cpu": scorer}), {"cpu": new}) == frozenset()
    return new


@pytest.mark.parametrize("cut", [0, 1, 19, 20, 400, 2001, 2400])
def test_a_scorer_that_was_kept_goes_on_exactly_where_it_was(cut: int) -> None:
    series = _series()
    scorer = Scorer()
    before = scores(series[:cut], scorer)
    assert before + scores(series[cut:], _again(scorer)) == scores(series)


def test_a_scorer_that_is_kept_often_goes_on_exactly_where_it_was() -> None:
    series = _series()[:700]
    scorer, found = Scorer(), []
    for place, (at, value) in enumerate(series):
        scorer = _again(scorer) if place < 25 or place % 25 == 0 else scorer
        found.append(scorer.take(at, value).score)
    assert found == scores(series)


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


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no state",
        zlib.compress(b"{"),
        zlib.compress(b"[]"),
        zlib.compress(json.dumps({"version": state.VERSION + 1, "metrics": {"cpu": {}}}).encode()),
        state.pack({"cpu": Scorer()})[:-9],
    ],
)
def test_what_cannot_be_read_is_nothing(content: bytes) -> None:
    assert state.unpack(content, {"cpu": Scorer()}) == {"cpu"}


def test_the_past_of_a_metric_is_small() -> None:
    scorer = Scorer()
    scores(_series(), scorer)
    assert len(state.pack({"cpu": scorer})) < 16_000
