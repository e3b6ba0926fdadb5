from __future__ import annotations

import re

import pytest
from alertrelay.anomaly.detector.explain import number
from alertrelay.anomaly.detector.scorer import Scorer

from tests.anomaly.detector.metrics import DAY, daily, noisy, points


def _reasons(values: list[float]) -> list[str]:
    scorer = Scorer()
    return [scorer.explain(at, value, scorer.take(at, value)) for at, value in points(values) if value is not None]


def test_a_reason_names_the_value_what_was_usual_how_far_it_is_and_since_when() -> None:
    values = daily(9 * DAY)
    values[2400] += 300.0
    told = _reasons(values)[2400]
    pattern = r"(\S+); usual for Monday 08:00 \(by 5 working days\) is (\S+) to (\S+): (\S+) above; started 08:00; .*"
    found = re.match(pattern, told)
    assert found, told
    value, low, high, beyond = (float(text) for text in found.groups())
    assert low < values[2112] < high < value
    assert beyond == pytest.approx(value - high, rel=1e-3)


def test_a_reason_names_the_two_strongest_measures_no_rarer_than_the_history_proves() -> None:
    values = noisy(5 * DAY)
    values[1200] = 90.0
    assert _reasons(values)[1200].count("(more than any of the 1,200 points before)") == 2


def test_the_first_points_say_that_they_are_learned() -> None:
    assert _reasons([1.0, 2.0])[1].startswith("learning")


def test_a_repeated_point_says_that_it_was_not_learned() -> None:
    scorer = Scorer()
    scorer.take(100.0, 1.0)
    assert scorer.explain(100.0, 2.0, scorer.take(100.0, 2.0)).startswith("not newer")


def test_a_trouble_that_lasts_keeps_its_beginning() -> None:
    values = noisy(5 * DAY)
    values[1200:1203] = [90.0, 130.0, 190.0]
    assert "started 04:00" in _reasons(values)[1202]


def test_a_new_value_is_named_with_its_distance_from_all_seen() -> None:
    values = noisy(6 * DAY)
    values[1200:1240] = [50.0 + place for place in range(40)]
    reasons = _reasons(values)[1200:1240]
    assert any(re.search(r"distance from the nearest value seen \+[\d.]+ \((1 in|more)", told) for told in reasons)


def test_on_the_second_morning_the_first_day_says_what_is_usual() -> None:
    values = daily(2 * DAY)
    values[DAY + 10] += 60.0
    told = _reasons(values)[DAY + 10]
    found = re.search(r"usual so far, at any time of the day, is (\S+) to (\S+): (\S+) above", told)
    assert found, told
    assert (float(found[1]), float(found[2])) == pytest.approx((min(values[:DAY]), max(values[:DAY])), rel=1e-3)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.25, "-0.25"), (999.96, "1,000"), (1_234_567.0, "1,235,000"), (1e308, "1e+308"), (5e-9, "5e-09")],
)
def test_a_number_has_four_digits_and_never_hundreds(value: float, text: str) -> None:
    assert number(value) == text
