"""What comes instead of the points of a metric is a failure by name, which a message goes without."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from alertrelay.aws.chart_points import chart_points
from alertrelay.aws.errors import ReadTimeoutError, Refused
from alertrelay.ports import ChartFailure
from alertrelay.values.charted import MetricQuery

QUERY = MetricQuery(namespace="Shop", name="Depth", dimensions=(), statistic="Sum", period=60)


class Client:
    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def get_metric_data(self, **_: Any) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def _result(**fields: Any) -> dict[str, Any]:
    return {"MetricDataResults": [{"Timestamps": [1.0], "Values": [2.0], **fields}]}


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (ReadTimeoutError("no answer"), "ReadTimeoutError"),
        (Refused({"Error": {"Code": "AccessDenied", "Message": "about a secret"}}, "GetMetricData"), "AccessDenied"),
        (_result(StatusCode="Forbidden"), "Forbidden"),
        ({}, "not an answer of GetMetricData (KeyError)"),
        ({"MetricDataResults": []}, "not an answer of GetMetricData (ValueError)"),
        (_result(Timestamps=[1.0, 2.0]), "not an answer of GetMetricData (ValueError)"),
        (_result(Values=[None]), "not an answer of GetMetricData (TypeError)"),
        ([], "not an answer of GetMetricData (TypeError)"),
    ],
)
def test_a_failure_is_named(answer: Any, failure: str) -> None:
    with pytest.raises(ChartFailure) as raised:
        chart_points(lambda: Client(answer))(QUERY, 0.0, 600.0)
    assert str(raised.value) == failure


def test_the_points_are_seconds_and_values() -> None:
    answer = _result(StatusCode="PartialData")
    assert chart_points(lambda: Client(answer))(QUERY, 0.0, 600.0) == [(1.0, 2.0)]


def test_of_metric_math_the_expression_alone_returns_data() -> None:
    asked: list[Any] = []

    class Asking:
        def get_metric_data(self, **request: Any) -> Any:
            asked.extend(request["MetricDataQueries"])
            return _result()

    math = replace(QUERY, namespace="", math=(("share", "a / b"), ("b", "FILL(c, 1)")), of=(("a", QUERY), ("c", QUERY)))
    assert chart_points(Asking)(math, 0.0, 600.0) == [(1.0, 2.0)]
    assert [(one["Id"], one.get("ReturnData", True), "MetricStat" in one) for one in asked] == [
        ("share", True, False),
        ("b", False, False),
        ("a", False, True),
        ("c", False, True),
    ]
