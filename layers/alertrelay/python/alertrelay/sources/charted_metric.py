"""Says what a message may chart: the metric of an alarm on one metric, or the metric math that an alarm is on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertrelay.sources.alarm_update import AlarmMetric, AlarmUpdate, Condition
from alertrelay.values.charted import ANNOTATION, Charted, MetricQuery, written

_STATISTICS: Mapping[str, str] = {
    "AVERAGE": "Average",
    "SUM": "Sum",
    "MINIMUM": "Minimum",
    "MAXIMUM": "Maximum",
    "SAMPLECOUNT": "SampleCount",
}
"""An alarm's message has them in capitals, and GetMetricData refuses that. Others (p99, IQM) stay as they are."""
_BELOW = frozenset({"LessThanThreshold", "LessThanOrEqualToThreshold", "LessThanLowerThreshold"})
_ID = re.compile(r"[a-z][A-Za-z0-9_]{0,254}")
_OF_MANY = re.compile(
    r"\b(SELECT|SEARCH|ANOMALY_DETECTION_BAND|INSIGHT_RULE_METRIC|LAMBDA|DB_PERF_INSIGHTS)\b", re.IGNORECASE
)
"""What is charged by all metrics that it finds, asks other services, or is a band."""


def note(update: AlarmUpdate) -> Mapping[str, str]:
    """Returns the annotation; nothing for a query, a composite alarm, and what does not say enough."""
    condition = update.condition
    query = _math(update.metrics, condition) if condition.expression else _one(update.metrics, condition.period)
    if query is None or not condition.period:
        return {}
    text = written(Charted(query=query, threshold=condition.threshold, low=condition.operator in _BELOW))
    return {ANNOTATION: text} if text else {}


def _one(metrics: tuple[AlarmMetric, ...], period: int) -> MetricQuery | None:
    if len(metrics) != 1:
        return None
    (metric,) = metrics
    if not (metric.namespace and metric.name and metric.statistic):
        return None
    return MetricQuery(
        namespace=metric.namespace,
        name=metric.name,
        dimensions=tuple(metric.dimensions.items()),
        statistic=_STATISTICS.get(metric.statistic.upper(), metric.statistic),
        period=period,
    )


def _math(metrics: tuple[AlarmMetric, ...], condition: Condition) -> MetricQuery | None:
    """Returns the expression that the threshold is held against, with all that it is made of."""
    steps = sorted(condition.steps, key=lambda step: step[1] != condition.expression)
    read = [(metric.id, _one((metric,), condition.period)) for metric in metrics]
    of = tuple((name, query) for name, query in read if query is not None)
    ids = [name for name, _ in (*steps, *read)]
    if not of or len(of) < len(read) or len(set(ids)) < len(ids) or not all(map(_ID.fullmatch, ids)):
        return None
    if any(_OF_MANY.search(expression) for _, expression in steps):
        return None
    name = condition.expression_label or condition.expression
    return MetricQuery(
        namespace="", name=name, dimensions=(), statistic="", period=condition.period, math=tuple(steps), of=of
    )
