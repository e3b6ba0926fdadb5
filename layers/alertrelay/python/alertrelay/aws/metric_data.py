"""Asks GetMetricData, page by page.

Limits of a request: 500 queries, 100,800 data points
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

QUERIES = 500
DATAPOINTS = 100_800
_UNREAD = frozenset({"InternalError", "Forbidden"})
"""Of a single metric: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html"""


@dataclass(frozen=True, slots=True)
class MetricData:
    """Points (time in seconds, value) by the id of their query, oldest first; `unread` says of a metric that could not
    be read which status it has."""

    points: Mapping[str, Sequence[tuple[float, float]]]
    unread: Mapping[str, str]


def metric_data(client: CloudWatchClient, queries: Sequence[Any], *, start: float, end: float) -> MetricData:
    """Returns the answer to at most QUERIES queries, for DATAPOINTS points at most. botocore's errors pass through."""
    request: dict[str, Any] = {
        "MetricDataQueries": list(queries),
        "StartTime": datetime.fromtimestamp(start, UTC),
        "EndTime": datetime.fromtimestamp(end, UTC),
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": DATAPOINTS,
    }
    points: dict[str, list[tuple[float, float]]] = {query["Id"]: [] for query in queries}
    unread: dict[str, str] = {}
    while True:
        answer: Any = client.get_metric_data(**request)
        for result in answer["MetricDataResults"]:
            if result.get("StatusCode") in _UNREAD:
                unread[result["Id"]] = result["StatusCode"]
            found = zip((t.timestamp() for t in result["Timestamps"]), result["Values"], strict=True)
            points[result["Id"]] += found
        if not answer.get("NextToken"):
            return MetricData({name: sorted(found) for name, found in points.items()}, unread)
        request["NextToken"] = answer["NextToken"]


def metric_query(
    name: str, namespace: str, metric: str, dimensions: Sequence[tuple[str, str]], *, period: int, statistic: str
) -> dict[str, Any]:
    """Returns the query of one metric, under an id of the caller's."""
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": metric,
                "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions],
            },
            "Period": period,
            "Stat": statistic,
        },
    }
