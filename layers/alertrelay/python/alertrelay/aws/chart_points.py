"""Asks CloudWatch for the points of the one metric that a message charts: one call, one page, one try."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from alertrelay.aws.errors import code, failures
from alertrelay.aws.metric_data import DATAPOINTS, metric_query
from alertrelay.ports import ChartFailure
from alertrelay.values.charted import MetricQuery


def chart_points(
    client: Callable[[], Any],
) -> Callable[[MetricQuery, float, float], Sequence[tuple[float, float]]]:
    """Returns the port `AskMetric` of notify/chart.py. `client` bounds the call (aws/clients.py, `metrics`)."""

    def ask(query: MetricQuery, start: float, end: float) -> Sequence[tuple[float, float]]:
        asked = metric_query(
            "m", query.namespace, query.name, query.dimensions, period=query.period, statistic=query.statistic
        )
        try:
            # Times as seconds since 1970, which botocore takes and JSON can hold.
            answer = client().get_metric_data(
                MetricDataQueries=[asked],
                StartTime=start,
                EndTime=end,
                ScanBy="TimestampAscending",
                MaxDatapoints=DATAPOINTS,
            )
        except failures() as error:
            raise ChartFailure(code(error)) from None
        return _points(answer)

    return ask


def _points(answer: Any) -> Sequence[tuple[float, float]]:
    """Returns the points of an answer. Raises ChartFailure for one that is not CloudWatch's, or not for us."""
    try:
        (result,) = answer["MetricDataResults"]
        if result.get("StatusCode") in ("Forbidden", "InternalError"):
            raise ChartFailure(str(result["StatusCode"]))
        pairs = zip(result["Timestamps"], result["Values"], strict=True)
        return [(_seconds(at), float(value)) for at, value in pairs]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ChartFailure(f"not an answer of GetMetricData ({type(error).__name__})") from None


def _seconds(at: object) -> float:
    """botocore gives a datetime, the JSON of our own client a number."""
    return at.timestamp() if isinstance(at, datetime) else float(str(at))
