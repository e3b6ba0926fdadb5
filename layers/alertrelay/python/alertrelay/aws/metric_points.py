"""Reads the points of an alarm's metric by GetMetricData, for the audit of a noisy alarm.

Points of one minute are kept for 15 days, of five minutes for 63:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay.aws.errors import failures

SHORT_KEPT = timedelta(days=15)
SHORT = 300
"""Seconds: shorter periods are kept for 15 days only."""


def points_of(
    client: Callable[[], Any], queries: Sequence[Mapping[str, Any]], period: int, *, since: datetime, until: datetime
) -> dict[datetime, float] | None:
    """Returns the values of the last query by time, as far back as they are kept, None where CloudWatch does not
    answer."""
    since = max(since, until - SHORT_KEPT) if period < SHORT else since
    wanted = str(queries[-1]["Id"])
    found: dict[datetime, float] = {}
    request = {"MetricDataQueries": list(queries), "StartTime": since, "EndTime": until, "ScanBy": "TimestampAscending"}
    try:
        while True:
            answer = client().get_metric_data(**request)
            for result in answer["MetricDataResults"]:
                if result["Id"] == wanted:
                    times = (at.astimezone(UTC) for at in result["Timestamps"])
                    found.update(zip(times, result["Values"], strict=True))
            if not answer.get("NextToken"):
                return found
            request = {**request, "NextToken": answer["NextToken"]}
    except failures():
        return None
