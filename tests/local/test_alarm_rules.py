"""The evaluator of CloudWatch's alarms, by the examples of its documentation.

Tables: Amazon CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data", "How alarm state is
evaluated when data is missing". `0` is within the threshold, `X` breaching, `-` missing, oldest first.
"""

from __future__ import annotations

from typing import Any, get_args

import pytest

from local.cloudwatch.alarms import Minutes, changes, composite_state, metric_state
from local.cloudwatch.expression import NotUnderstood, evaluated
from local.cloudwatch.rules import Missing, State, state_of

RETAIN: State = "INSUFFICIENT_DATA"
"""What stands for "retain current state": no row of the table for `ignore` ends there otherwise."""
THREE_OF_THREE = {
    "0 - X - X": ("OK", "OK", "OK", "OK"),
    "0 - - - -": ("OK", "OK", "OK", "OK"),
    "- - - - -": ("INSUFFICIENT_DATA", RETAIN, "ALARM", "OK"),
    "0 X X - X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "- - X - -": ("ALARM", RETAIN, "ALARM", "OK"),
}
TWO_OF_THREE = {
    "0 - X - X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0 0 X 0 X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0 - X - -": ("OK", "OK", "ALARM", "OK"),
    "- - - - 0": ("OK", "OK", "ALARM", "OK"),
    "- - - X -": ("ALARM", RETAIN, "ALARM", "OK"),
}
ROWS = [(3, points, states) for points, states in THREE_OF_THREE.items()] + [
    (2, points, states) for points, states in TWO_OF_THREE.items()
]
HOUR = 3_600


@pytest.mark.parametrize(("datapoints", "points", "states"), ROWS)
def test_missing_data_is_treated_as_the_documentation_says(
    datapoints: int, points: str, states: tuple[State, ...]
) -> None:
    seen = [{"0": False, "X": True, "-": None}[point] for point in points.split()]
    for missing, expected in zip(get_args(Missing), states, strict=True):
        found = state_of(seen, datapoints=datapoints, of=3, missing=missing, current=RETAIN)
        assert found == expected, missing


def test_an_alarm_does_not_fire_before_its_only_breaching_point_is_old_enough() -> None:
    assert state_of([None, None, None, None, True], datapoints=3, of=3, missing="missing", current="OK") == "OK"


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("a + b * 2", {"a": 1, "b": 3}, 7),
        ("(a + b) / 2", {"a": 1, "b": 3}, 2),
        ("a - b - 1", {"a": 5, "b": 1}, 3),
        ("a / b", {"a": 1, "b": 0}, None),
        ("a + b", {"a": 1, "b": None}, None),
        ("FILL(a, 0) + FILL(b, 4)", {"a": 1, "b": None}, 5),
        ("IF(a >= 20, b / a, 0)", {"a": 19, "b": 3}, 0),
        ("IF(a >= 20, b / a, 0)", {"a": 20, "b": 3}, 0.15),
        ("IF(a >= 20, b, 0)", {"a": None, "b": 3}, None),
        ("a > 1 AND b > 1 OR a == 0", {"a": 0, "b": 0}, 1),
    ],
)
def test_metric_math_is_computed(text: str, values: dict[str, float | None], expected: float | None) -> None:
    assert evaluated(text, values) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("text", ["a +", "RATE(a)", "a b", "c", "a ~ 1", "(a"])
def test_what_is_not_understood_is_an_error_and_no_number(text: str) -> None:
    with pytest.raises(NotUnderstood):
        evaluated(text, {"a": 1.0, "b": 1.0})


def _alarm(period: int, threshold: float = 10) -> dict[str, Any]:
    metric = {"Namespace": "N", "MetricName": "M", "Dimensions": [{"Name": "D", "Value": "d"}]}
    return {
        "AlarmName": "one",
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": threshold,
        "TreatMissingData": "notBreaching",
        "Metrics": [
            {"Id": "a", "ReturnData": False, "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"}},
            {"Id": "result", "ReturnData": True, "Expression": "a"},
        ],
    }


def _series(points: dict[int, float]) -> Any:
    return {("N", "M", frozenset({("D", "d")})): Minutes.of(points)}


def test_a_period_of_an_hour_slides_each_minute() -> None:
    series = _series({30 * 60: 11.0})  # half past
    seen = [metric_state(_alarm(HOUR), series, minute * 60) for minute in (30, 31, 90, 91)]
    assert seen == ["OK", "ALARM", "ALARM", "OK"]


def test_a_period_of_three_days_is_evaluated_at_whole_hours() -> None:
    series = _series({30 * 60: 11.0})
    seen = [metric_state(_alarm(259_200), series, minute * 60) for minute in (31, 59, 60, 119)]
    assert seen == ["OK", "OK", "ALARM", "ALARM"]


def test_a_metric_that_is_not_there_is_missing() -> None:
    assert metric_state(_alarm(HOUR), {}, HOUR) == "OK"


def test_a_composite_follows_the_states_of_its_children() -> None:
    rule = {"AlarmRule": '(ALARM("a b") AND ALARM("c")) OR ALARM("d")'}
    assert composite_state(rule, {"a b": "ALARM", "c": "OK", "d": "OK"}) == "OK"
    assert composite_state(rule, {"a b": "ALARM", "c": "ALARM", "d": "INSUFFICIENT_DATA"}) == "ALARM"


def test_each_change_is_named_once() -> None:
    composite = {"AlarmName": "both", "AlarmRule": 'ALARM("one")'}
    template = {
        "Resources": {
            "One": {"Type": "AWS::CloudWatch::Alarm", "Properties": _alarm(300)},
            "Both": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": composite},
        }
    }
    found = changes(template, _series({600: 11.0}), range(0, HOUR, 60))
    assert [(at, state) for at, _, state in found] == [(660, "ALARM"), (960, "OK")]
