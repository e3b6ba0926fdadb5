"""Says which metric a message may chart: that of an alarm on one metric, without math over it."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.sources.alarm_update import AlarmUpdate
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


def note(update: AlarmUpdate) -> Mapping[str, str]:
    """Returns the annotation; nothing for metric math, a query, a composite alarm, and what does not say enough."""
    condition = update.condition
    if len(update.metrics) != 1 or condition.expression or not condition.period:
        return {}
    (metric,) = update.metrics
    if not (metric.namespace and metric.name and metric.statistic):
        return {}
    query = MetricQuery(
        namespace=metric.namespace,
        name=metric.name,
        dimensions=tuple(metric.dimensions.items()),
        statistic=_STATISTICS.get(metric.statistic.upper(), metric.statistic),
        period=condition.period,
    )
    text = written(Charted(query=query, threshold=condition.threshold, low=condition.operator in _BELOW))
    return {ANNOTATION: text} if text else {}
