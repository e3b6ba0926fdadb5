"""Computes the monthly cost of a plan's alarms. CloudWatch charges by metric; prices of us-east-1, other regions differ
little.

Source: CloudWatch pricing, read on 2026-11-20: $0.10 a standard alarm metric, $0.50 a composite alarm; an alarm on a
band counts three metrics (the value and both sides).
"""

from __future__ import annotations

from compiler.alarms.alarm import Plan

ALARM_METRIC = 0.10  # US dollars a month
COMPOSITE_ALARM = 0.50


def monthly(found: Plan) -> float:
    """Returns US dollars a month, without the free tier of ten alarms."""
    return ALARM_METRIC * sum(alarm.billed_metrics for alarm in found.alarms) + COMPOSITE_ALARM * len(found.parents)
