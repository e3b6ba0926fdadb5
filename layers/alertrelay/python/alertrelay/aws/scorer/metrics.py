"""Reads CloudWatch's metrics, and the tags of the resources behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from alertrelay.anomaly.scorer.metric import Dimensions, WatchedMetric, dimensions_of
from alertrelay.anomaly.scorer.ports import Answer, MetricsFailure, QueryRefused
from alertrelay.aws.errors import code
from alertrelay.aws.metric_data import metric_data, metric_query

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient

_REFUSED = frozenset(
    {"ValidationError", "InvalidParameterValue", "InvalidParameterCombination", "MissingRequiredParameter"}
)  # fmt: skip
_NAME = re.compile(r"\b[a-z][a-zA-Z0-9_]*\b")


class CloudWatchMetrics:
    """See scoring.ports.Metrics. Throttles are waited out by the clients, which retry with growing pauses."""

    def __init__(
        self, cloudwatch: Callable[[], CloudWatchClient], tagging: Callable[[], ResourceGroupsTaggingAPIClient]
    ) -> None:
        self._cloudwatch = cloudwatch
        self._tagging = tagging

    def listed(self, namespace: str, name: str) -> Iterable[tuple[str, Dimensions]]:
        """See scoring.ports.Metrics."""
        asked: dict[str, Any] = {"Namespace": namespace, **({"MetricName": name} if name else {})}
        found: set[tuple[str, Dimensions]] = set()
        with _failing("ListMetrics"):
            for page in self._cloudwatch().get_paginator("list_metrics").paginate(**asked):
                for metric in page["Metrics"]:
                    named = {d["Name"]: d["Value"] for d in metric.get("Dimensions", ())}
                    found.add((metric["MetricName"], dimensions_of(named)))
        return sorted(found)

    def tagged(self, tags: Mapping[str, str]) -> Iterable[str]:
        """See scoring.ports.Metrics."""
        filters: Any = [{"Key": key, "Values": [value]} for key, value in tags.items()]
        with _failing("GetResources"):
            pages = self._tagging().get_paginator("get_resources").paginate(TagFilters=filters)
            return [entry["ResourceARN"] for page in pages for entry in page["ResourceTagMappingList"]]

    def read(self, metrics: Sequence[WatchedMetric], *, start: float, end: float) -> Answer:
        """See scoring.ports.Metrics."""
        keys = {f"m{place}": metric.key for place, metric in enumerate(metrics)}
        queries = [query for place, metric in enumerate(metrics) for query in _queries(f"m{place}", metric)]
        with _failing("GetMetricData"):
            found = metric_data(self._cloudwatch(), queries, start=start, end=end)
        return Answer(
            points={keys[name]: list(points) for name, points in found.points.items() if name in keys},
            refused={keys[name]: f"CloudWatch says {status}" for name, status in found.unread.items() if name in keys},
        )


def _queries(name: str, metric: WatchedMetric) -> list[dict[str, Any]]:
    """Returns the query of a metric; of an expression also those of its inputs, whose points are not returned. Where a
    denominator is 0 CloudWatch has no point. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    if not metric.expression:
        return [_query(name, metric, metric.name)]
    inputs = dict(metric.inputs)
    expression = _NAME.sub(lambda found: f"{name}_{found[0]}" if found[0] in inputs else found[0], metric.expression)
    return [
        {"Id": name, "Expression": expression, "Period": metric.period},
        *({**_query(f"{name}_{own}", metric, of), "ReturnData": False} for own, of in metric.inputs),
    ]


def _query(name: str, metric: WatchedMetric, of: str) -> dict[str, Any]:
    period, statistic = metric.period, metric.statistic
    return metric_query(name, metric.namespace, of, metric.dimensions, period=period, statistic=statistic)


@contextmanager
def _failing(operation: str) -> Iterator[None]:
    try:
        yield
    except ParamValidationError:
        raise QueryRefused(f"{operation}: botocore refuses it: a name or a value is empty or too long") from None
    except ClientError as error:
        if code(error) in _REFUSED:
            raise QueryRefused(f"{operation}: {code(error)}") from None
        raise MetricsFailure(f"{operation}: {code(error)}") from None
    except BotoCoreError as error:
        raise MetricsFailure(f"{operation}: {code(error)}") from None
