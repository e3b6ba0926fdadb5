"""From which score on an entry tells."""

from __future__ import annotations

import pytest
from alertrelay.anomaly.scorer.ports import Vote
from alertrelay.anomaly.scorer.threshold import LEAST, MOST, Feedback, feedback_of, levels, moved
from hypothesis import given
from hypothesis import strategies as st

from tests.anomaly.scorer.world import DAY, START, watch


def test_sensitivity_is_a_factor_of_how_often_it_is_notified() -> None:
    # 0.8 is once in four weeks: low is once in sixteen, high is once a week.
    for sensitivity, score in (("low", 16 / 17), ("normal", 0.8), ("high", 0.5)):
        (level, _) = levels(watch(sensitivity=sensitivity), None, default=0.8)
        assert level.score == pytest.approx(score)


def test_an_entry_without_severities_warns_from_the_default_and_assist_is_info() -> None:
    (level,) = levels(watch(severity={}), None, default=0.75)
    assert (level.severity, round(level.score, 9)) == ("warning", 0.75)
    (level,) = levels(watch(mode="assist"), None, default=0.75)
    assert (level.severity, round(level.score, 9)) == ("info", 0.8)


def _votes(*helpful: bool, days: float = 1.0) -> list[Vote]:
    return [
        Vote(fingerprint=f"{n:016x}", started="", at=START - (len(helpful) - n) * days * DAY, helpful=h, watch="orders")
        for n, h in enumerate(helpful)
    ]


def test_feedback_moves_only_an_adaptive_entry() -> None:
    unhelpful = Feedback(factor=0.5)
    for mode, expected in (("alert", 0.8), ("adaptive", moved(0.8, 0.5))):
        assert levels(watch(mode=mode), unhelpful, default=0.8)[0].score == pytest.approx(expected)


def test_where_four_in_five_are_helpful_it_stands_about_still() -> None:
    found = feedback_of(_votes(*[True, True, True, True, False] * 6), now=START)["orders"]
    assert found.factor == pytest.approx(1.0, abs=0.1)
    assert found.share == pytest.approx(0.8)


def test_it_moves_slowly_and_within_bounds() -> None:
    in_a_day = feedback_of(_votes(*[False] * 40, days=0.01), now=START)["orders"]
    assert in_a_day.factor >= 1 / 1.25**2
    assert feedback_of(_votes(*[False] * 80), now=START)["orders"].factor == pytest.approx(LEAST)
    assert feedback_of(_votes(*[True] * 80), now=START)["orders"].factor == pytest.approx(MOST)


def test_a_later_vote_on_the_same_alert_takes_the_place_of_the_earlier() -> None:
    first = Vote(fingerprint="a", started="s", at=START - 100, helpful=False, watch="orders")
    second = Vote(fingerprint="a", started="s", at=START - 50, helpful=True, watch="orders")
    found = feedback_of([second, first], now=START)["orders"]
    assert (found.helpful, found.not_helpful) == (1, 0)


def test_votes_on_other_alerts_and_old_ones_move_nothing() -> None:
    other = Vote(fingerprint="b", started="s", at=START - 50, helpful=False)
    old = Vote(fingerprint="c", started="s", at=START - 91 * DAY, helpful=False, watch="orders")
    assert feedback_of([other, old], now=START) == {}


@given(st.floats(0.5, 0.9999), st.floats(0.1, 10))
def test_moving_a_threshold_there_and_back_changes_nothing(score: float, factor: float) -> None:
    assert moved(moved(score, factor), 1 / factor) == pytest.approx(score, abs=1e-9)
