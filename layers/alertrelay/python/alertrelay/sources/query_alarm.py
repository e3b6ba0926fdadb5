"""Alarms on the results of a query: log alarms (Logs Insights on a schedule) and PromQL alarms.

Source: Amazon CloudWatch user guide, "Log alarms" and "PromQL alarms"; CloudFormation AWS::CloudWatch::LogAlarm. Read
from an event's `configuration` and from a message's `Trigger`, whose names differ in case and in one level.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from alertrelay.sources.alarm_update import Condition
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn

_WITHIN = ("", "scheduledQueryConfiguration.")
_SCHEDULES = ("schedule.expression", "scheduleConfiguration.scheduleExpression", "scheduleExpression")
_RATE = re.compile(r"rate\(\s{0,9}(?P<every>[0-9]{1,9} [a-z]{1,9})\s{0,9}\)")
_PROMQL = "evaluationCriteria.promQLCriteria"
_GROUPS_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The query of an alarm, and its condition. `notes` are annotations."""

    condition: Condition
    log_groups: tuple[str, ...] = ()
    notes: Mapping[str, str]


def read(definition: Mapping[str, object]) -> Query | None:
    """Return the query of an alarm's definition; None for an alarm on metrics."""
    if not definition or isinstance(definition.get("MetricName"), str):
        return None
    fields = Fields.of(definition)
    promql = fields.inner(_PROMQL) or fields.inner("promQLCriteria")
    if promql:
        return _of_promql(promql)
    aggregation = fields.text(*(f"{part}aggregationExpression" for part in _WITHIN))
    query = fields.text(*(f"{part}queryString" for part in _WITHIN))
    return _of_logs(fields, aggregation, query) if aggregation or query else None


def _of_promql(criteria: Fields) -> Query:
    query = criteria.text("query")
    pending, recovery = _seconds(criteria, "pendingPeriod"), _seconds(criteria, "recoveryPeriod")
    return Query(
        condition=Condition(subject=query, text=f"{query} for {pending}" if pending else query),
        notes={"query": query, "pending_period": pending, "recovery_period": recovery},
    )


def _of_logs(fields: Fields, aggregation: str, query: str) -> Query:
    listed = next((found for part in _WITHIN if (found := fields.texts(f"{part}logGroupIdentifiers"))), ())
    groups = tuple(dict.fromkeys(_group(each) for each in listed[:_GROUPS_SHOWN]))
    schedule = fields.text(*(f"{part}{path}" for part in _WITHIN for path in _SCHEDULES))
    every = _RATE.search(schedule[: texts.READ_MAX])
    return Query(
        condition=Condition(
            operator=fields.text("comparisonOperator"),
            threshold=fields.number("threshold"),
            evaluation_periods=_whole(fields, "queryResultsToEvaluate"),
            datapoints_to_alarm=_whole(fields, "queryResultsToAlarm"),
            subject=aggregation or "the query's result",
            counted="query result",
            schedule=f"every {every['every']}" if every else schedule,
        ),
        log_groups=groups,
        notes={
            "query": "\n".join(filter(None, (query, aggregation and f"| stats {aggregation}"))),
            "log_groups": ", ".join(groups) + (" and more" if len(listed) > _GROUPS_SHOWN else ""),
        },
    )


def _group(identifier: str) -> str:
    """Returns the name of a log group that may be named by its ARN."""
    resource = Arn.of(identifier).resource
    return resource.removeprefix("log-group:").removesuffix(":*") or identifier


def _whole(fields: Fields, name: str) -> int:
    found = fields.number(name)
    return int(found) if found is not None and 0 < found < 1e9 else 0


def _seconds(fields: Fields, name: str) -> str:
    found = _whole(fields, name)
    return f"{found} s" if found else ""
