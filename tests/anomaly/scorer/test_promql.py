"""Holds the reading of answers of Prometheus' HTTP API, and the limits of one request."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from alertrelay.anomaly.scorer.ports import MetricsFailure, QueryRefused
from alertrelay.anomaly.scorer.promql import MOST_STEPS, labels_of, points_of, steps
from hypothesis import given
from hypothesis import strategies as st

PERIOD = 300
ORDERS = {"metric": {"service": "orders"}, "values": [[600, "1"], [900, "2.5"]]}


def _body(*series: Any, **more: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [*series]}, **more}).encode()


def test_a_value_belongs_to_the_period_that_ends_with_it() -> None:
    assert points_of(200, _body(ORDERS), period=PERIOD) == {(("service", "orders"),): [(300.0, 1.0), (600.0, 2.5)]}


def test_what_is_no_number_is_a_gap_and_order_does_not_matter() -> None:
    values = [[900, "2"], [600, "NaN"], [1200, "+Inf"], [300, "1e300"]]
    found = points_of(200, _body({"metric": {}, "values": values}), period=PERIOD)
    assert found == {(): [(0.0, 1e300), (600.0, 2.0)]}


def test_the_name_of_a_metric_is_no_label_of_a_series() -> None:
    body = {"resultType": "vector", "result": [{"metric": {"__name__": "up", "job": "b"}}, {"metric": {"job": "a"}}]}
    answer = json.dumps({"status": "success", "data": body}).encode()
    assert labels_of(200, answer) == [(("job", "a"),), (("job", "b"),)]


@pytest.mark.parametrize(
    ("status", "body", "failure", "said"),
    [
        (422, b'{"status":"error","error":"query processing would load too many samples"}', QueryRefused, "too many"),
        (400, b'{"status":"error","error":"parse error"}', QueryRefused, "it answers 400: parse error"),
        (401, b"Unauthorized", QueryRefused, "it answers 401"),
        (404, b"<html>", QueryRefused, "it answers 404"),
        (503, b'{"error":"query timed out"}', MetricsFailure, "timed out"),
        (500, b"", MetricsFailure, "it answers 500"),
        (200, _body(ORDERS, warnings=["2 of 3 stores answered"]), QueryRefused, "not whole: 2 of 3 stores"),
        (200, _body(ORDERS)[:-9], QueryRefused, "ends too early"),
        (200, b"[]", QueryRefused, "no JSON object"),
        (
            200,
            b'{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}',
            QueryRefused,
            "no matrix: scalar",
        ),
        (200, b'{"status":"success","data":{"resultType":"matrix","result":{}}}', QueryRefused, "no list of series"),
        (200, b'{"status":"success"}', QueryRefused, "no matrix: success"),
        (200, _body({"metric": {}, "histograms": []}), QueryRefused, "a histogram cannot be watched"),
        (200, _body({"metric": {}, "values": [[1]]}), QueryRefused, "a value of its answer is none"),
        (200, _body({"metric": {"a": 1}, "values": []}), QueryRefused, "has no labels"),
    ],
)
def test_an_answer_that_is_not_whole_is_none(status: int, body: bytes, failure: type[Exception], said: str) -> None:
    with pytest.raises(failure, match=said):
        points_of(status, body, period=PERIOD)


@given(st.integers(0, 10**6), st.integers(0, 10**7), st.sampled_from([60, 300, 3600]))
def test_each_period_that_is_over_is_asked_for_once(start: int, length: int, period: int) -> None:
    end = start + length
    asked = list(steps(start, end, period))
    begins = [at - period for first, last in asked for at in (first, last)]
    assert all(start <= begin and begin + period <= end for begin in begins)
    assert all((last - first) // period < MOST_STEPS for first, last in asked)
    assert all(before[1] + period == after[0] for before, after in pairwise(asked))
    whole = range(-(-start // period), end // period)
    assert sum((last - first) // period + 1 for first, last in asked) == len(whole)
