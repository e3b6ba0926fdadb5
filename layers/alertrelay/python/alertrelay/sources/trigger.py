"""Reads the metric and the condition of an alarm from the `Trigger` of its SNS message."""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertrelay.sources.alarm_update import AlarmMetric, Condition
from alertrelay.sources.reason import number
from alertrelay.values import text as texts

# SELECT MAX(DatabaseConnections) FROM SCHEMA("AWS/RDS", DBInstanceIdentifier) GROUP BY DBInstanceIdentifier
_QUERY = re.compile(
    r"\s*SELECT\s+(?P<function>[A-Z]+)\s*\((?P<metric>[^)]+)\)\s+FROM\s+(?:SCHEMA\s*\(\s*)?"
    r"(?P<namespace>\"[^\"]+\"|'[^']+'|[^\s,)]+)",
    re.IGNORECASE,
)


def metrics(definition: Mapping[str, object]) -> tuple[AlarmMetric, ...]:
    """Returns the metrics that an alarm reads, without the expressions over them."""
    members = [texts.mapping(member) for member in texts.items(definition.get("Metrics"))]
    if members:
        stats = tuple(_member(member) for member in members if texts.mapping(member.get("MetricStat")))
        return stats or tuple(metric for member in members if (metric := queried(texts.field(member, "Expression"))))
    said = texts.texts_of(definition, "MetricName", "Namespace", "ExtendedStatistic", "Statistic", "Unit")
    if not (said["MetricName"] or said["Namespace"]):
        return ()
    return (
        AlarmMetric(
            namespace=said["Namespace"],
            name=said["MetricName"],
            dimensions=texts.pairs(definition.get("Dimensions")),
            statistic=said["ExtendedStatistic"] or said["Statistic"],
            unit=said["Unit"],
        ),
    )


def _member(member: Mapping[str, object]) -> AlarmMetric:
    stat = texts.mapping(member.get("MetricStat"))
    metric = texts.mapping(stat.get("Metric"))
    named, said = texts.texts_of(metric, "Namespace", "MetricName"), texts.texts_of(stat, "Stat", "Unit")
    return AlarmMetric(
        namespace=named["Namespace"],
        name=named["MetricName"],
        dimensions=texts.pairs(metric.get("Dimensions")),
        statistic=said["Stat"],
        unit=said["Unit"],
        returned=member.get("ReturnData") is not False,
        id=texts.field(member, "Id"),
    )


def queried(expression: str) -> AlarmMetric | None:
    """Returns the metric that a Metrics Insights query is about; None for any other expression."""
    match = _QUERY.match(expression)
    if not match:
        return None
    return AlarmMetric(
        namespace=match["namespace"].strip("\"'"),
        name=match["metric"].strip("\"' "),
        dimensions={},
        statistic={"avg": "average", "count": "sample count"}.get(match["function"].lower(), match["function"]),
    )


def condition(definition: Mapping[str, object]) -> Condition:
    """Returns the condition under which it fires."""
    said = texts.texts_of(definition, "ComparisonOperator", "ThresholdMetricId")
    expression = texts.texts_of(_expression(definition, band=said["ThresholdMetricId"]), "Expression", "Label")
    return Condition(
        operator=said["ComparisonOperator"],
        threshold=number(definition.get("Threshold")),
        period=_whole(definition.get("Period")) or _shortest_period(definition),
        evaluation_periods=_whole(definition.get("EvaluationPeriods")),
        datapoints_to_alarm=_whole(definition.get("DatapointsToAlarm")),
        expression=expression["Expression"],
        expression_label=expression["Label"],
        steps=_steps(definition) if expression["Expression"] else (),
    )


def _steps(definition: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    members = (texts.texts_of(texts.mapping(one), "Id", "Expression") for one in texts.items(definition.get("Metrics")))
    return tuple((member["Id"], member["Expression"]) for member in members if member["Expression"])


def _expression(definition: Mapping[str, object], *, band: str) -> Mapping[str, object]:
    """Returns the expression that the threshold is held against; an anomaly alarm's band is the threshold, not that."""
    for member in texts.items(definition.get("Metrics")):
        fields = texts.mapping(member)
        if (
            fields.get("Expression")
            and fields.get("ReturnData") is not False
            and (not band or texts.field(fields, "Id") != band)
        ):
            return fields
    return {}


def _shortest_period(definition: Mapping[str, object]) -> int:
    stats = [
        texts.mapping(texts.mapping(member).get("MetricStat")) for member in texts.items(definition.get("Metrics"))
    ]
    return min((period for stat in stats if (period := _whole(stat.get("Period")))), default=0)


def _whole(value: object) -> int:
    if type(value) is int:
        return max(0, value)
    found = number(value)
    return int(found) if found is not None and found > 0 else 0
