from __future__ import annotations

import pytest
from alertrelay.sources.reason import Seen, number, read


@pytest.mark.parametrize(
    ("reason", "seen"),
    [
        (
            "Threshold Crossed: 3 out of the last 5 datapoints [7.84 (20/11/26 11:14:00), 6.91 (20/11/26 11:13:00)] "
            "were greater than the threshold (5.0) (minimum 3 datapoints for OK -> ALARM transition).",
            Seen(value=7.84, threshold=5.0),
        ),
        (
            "Threshold Crossed: 2 datapoints [1.0 (31/12/26 23:59:00), 2.0 (01/01/27 00:00:00)] were greater than the "
            "threshold (0.5).",
            Seen(value=2.0, threshold=0.5),
        ),
        (
            "Threshold Crossed: 1 datapoint (10.0) was greater than or equal to the threshold (10.0).",
            Seen(value=10.0, threshold=10.0),
        ),
        (
            "Threshold Crossed: 5 datapoints were greater than the threshold (1.0). "
            "The most recent datapoints: [2.5, 2.0].",
            Seen(value=2.5, threshold=1.0),
        ),
        (
            "Threshold Crossed: 1 datapoint [-1.5E-4 (20/11/26 11:14:00)] was less than the threshold (1.2E9).",
            Seen(value=-0.00015, threshold=1.2e9),
        ),
        (
            "Thresholds Crossed: 1 out of the last 1 datapoints [9.0 (20/11/26 11:14:00)] was less than the lower "
            "thresholds [10.0] or greater than the upper thresholds [20.0] (minimum 1 datapoint).",
            Seen(value=9.0, lower=10.0, upper=20.0),
        ),
        (
            "Threshold Crossed: no datapoints were received for 3 periods and 3 "
            "missing datapoints were treated as [Breaching].",
            Seen(),
        ),
        ("Insufficient Data: 10 datapoints were unknown.", Seen()),
        ("Threshold Crossed.", Seen()),
        ("", Seen()),
        ("testing with set-alarm-state [5] (7)", Seen()),
    ],
)
def test_every_wording_that_cloudwatch_has_used(reason: str, seen: Seen) -> None:
    assert read(reason) == seen


def test_reason_data_is_exact() -> None:
    data = {"recentDatapoints": [1.0, 2.0, None], "threshold": 3}
    assert read("Threshold Crossed: 1 datapoint (9.0) was ... the threshold (8.0).", data) == Seen(
        value=2.0, threshold=3.0
    )


def test_reason_data_without_numbers_leaves_the_words() -> None:
    assert read("1 datapoint (9.0) was", {"recentDatapoints": [], "threshold": None}).value == 9.0


@pytest.mark.parametrize(("value", "found"), [(1, 1.0), ("2.5", 2.5), ({"value": 3}, 3.0), (0, 0.0)])
def test_a_number_in_any_form(value: object, found: float) -> None:
    assert number(value) == found


@pytest.mark.parametrize("value", [None, True, "", "x", "nan", float("inf"), 10**400, [], {}, {"value": {}}])
def test_what_is_no_finite_number_is_none(value: object) -> None:
    assert number(value) is None


@pytest.mark.parametrize("digits", [41, 16_000])
def test_a_number_without_bounds_is_no_value(digits: int) -> None:
    assert read(f"1 datapoint [{'9' * digits} (20/11/26 11:14:00)] was greater than the threshold (5.0).").value is None


def test_only_the_beginning_of_a_reason_is_read() -> None:
    assert read("x" * 5_000 + " the threshold (5.0)").threshold is None


@pytest.mark.parametrize("listed", [[1.0, 7.5], [{"value": 1.0}, {"value": 7.5}]])
def test_a_log_alarms_results_are_exact_values(listed: list[object]) -> None:
    assert read("", {"results": listed}).value == 7.5
