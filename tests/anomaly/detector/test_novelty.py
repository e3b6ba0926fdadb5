from __future__ import annotations

import random

from alertrelay.anomaly.detector.novelty import KnownValues
from hypothesis import given
from hypothesis import strategies as st

from tests.anomaly.detector.metrics import noisy


def _shown(values: list[float]) -> KnownValues:
    known = KnownValues()
    for value in values:
        known.take(value)
    return known


def test_a_value_within_the_usual_ones_is_known() -> None:
    assert not _shown(noisy(500)).take(50.5)[1]


def test_a_value_far_from_all_seen_is_new_by_its_distance_and_side() -> None:
    (above, new_above), (below, new_below) = _shown(noisy(500)).take(90.0), _shown(noisy(500)).take(10.0)
    assert new_above
    assert new_below
    assert above is not None
    assert below is not None
    assert 34.0 < above < 40.0
    assert -40.0 < below < -34.0


def test_a_value_in_a_gap_is_new_too() -> None:
    either = [value for pair in zip(noisy(300, level=10.0), noisy(300, level=90.0), strict=True) for value in pair]
    assert _shown(either).take(50.0)[1]


def test_a_value_that_came_once_is_known_however_often_it_comes() -> None:
    known = _shown(noisy(500))
    assert [known.take(value)[1] for value in (90.0, 50.0, 90.1, 50.0, 91.0)] == [True, False, False, False, False]


def test_a_peak_a_little_higher_than_an_earlier_one_is_known() -> None:
    known = _shown([*noisy(500), 1000.0, *noisy(20)])
    assert not known.take(1080.0)[1]
    assert known.take(1300.0)[1]


def test_a_constant_metric_shows_nothing_new_until_it_moves() -> None:
    known = _shown([5.0] * 500)
    assert not known.take(5.0)[1]
    assert known.take(6.0) == (1.0, True)


def test_few_values_stand_for_many_and_the_nearest_are_kept_in_order() -> None:
    draw = random.Random(1)
    known = _shown([draw.lognormvariate(0.0, 3.0) for _ in range(5000)])
    assert len(known._known) == len(known._visited) == 48
    assert sorted(known._known) == list(known._known)


@given(st.lists(st.floats(min_value=-1e100, max_value=1e100), min_size=21, max_size=80))
def test_any_value_is_known_right_after_it_was_seen(values: list[float]) -> None:
    known = _shown(values)
    known.take(values[-1])
    assert not known.take(values[-1])[1]
