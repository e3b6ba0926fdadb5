"""Asks CloudWatch for the points that a message charts, of a metric or of math: one call, one page, one try."""

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
        try:
            # Times as seconds since 1970, which botocore takes and JSON can hold.
            answer = client().get_metric_data(
                MetricDataQueries=_queries(query),
                StartTime=start,
                EndTime=end,
                ScanBy="TimestampAscending",
                MaxDatapoints=DATAPOINTS,
            )
        except failures() as error:
            raise ChartFailure(code(error)) from None
        return _points(answer)

    return ask


def _queries(query: MetricQuery) -> list[dict[str, Any]]:
    """Returns the queries of a request, of which one returns data."""
    if not query.math:
        return [_of_metric("m", query)]
    (drawn, expression), *steps = query.math
    return [
        {"Id": drawn, "Expression": expression},
        *({"Id": name, "Expression": step, "ReturnData": False} for name, step in steps),
        *({**_of_metric(name, one), "ReturnData": False} for name, one in query.of),
    ]


def _of_metric(name: str, one: MetricQuery) -> dict[str, Any]:
    return metric_query(name, one.namespace, one.name, one.dimensions, period=one.period, statistic=one.statistic)


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
