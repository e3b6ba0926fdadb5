"""Computes the monthly cost of a plan's alarms. CloudWatch charges by metric: an alarm on a band counts three (the
value and both sides)."""

from __future__ import annotations

from compiler.alarms.alarm import Plan
from compiler.cost.prices import ALARM_METRIC, COMPOSITE_ALARM


def monthly(found: Plan) -> float:
    """Returns US dollars a month, without the free tier of ten alarms."""
    metrics = sum(alarm.billed_metrics for alarm in found.alarms)
    return metrics * ALARM_METRIC.one + len(found.parents) * COMPOSITE_ALARM.one
