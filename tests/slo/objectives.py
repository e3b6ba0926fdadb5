"""Objectives of the tests: the four kinds, and the alarms that are planned for them as a template has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alertrelay.config.slo import Objective

from compiler.alarms.slo import SloPlan, plan_slos
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse
from compiler.resources.environment import Environment, parse_environment

BALANCER = "app/main/50dc6c495c0c9188"
TARGETS = "targetgroup/checkout/73e2d6bc24d8a067"
DAYS = 86_400
AVAILABILITY = f"load_balancer: {BALANCER}, target_group: {TARGETS}"
WHOLE_BALANCER = f"load_balancer: {BALANCER}"
METRICS = "metrics: {good: {namespace: Shop, metric: Placed}, total: {namespace: Shop, metric: Tried}}"
LATENCY = f"latency: {{load_balancer: {BALANCER}, threshold_seconds: 0.5}}"
SIGNALS = "application_signals: checkout-availability"


def environment(what: str = AVAILABILITY, *, percent: float = 99.9, days: int = 30, more: str = "") -> Environment:
    """Reads an environment with one objective. Raises AssertionError where there is an error."""
    text = (
        "ops_email: [a@example.com]\nrunbook_base_url: https://wiki.example.com/runbooks\nslos:\n"
        f"  - {{id: checkout, service: checkout, objective: {percent}, window: {days}d, {what}{more}}}\n"
    )
    findings = Findings()
    root = parse(text, findings, file="prod.yml")
    assert root is not None
    found = parse_environment(root, "prod", findings)
    assert found is not None
    assert not findings.failed, findings.sorted()
    return found


def objective(what: str = AVAILABILITY, *, percent: float = 99.9, days: int = 30, more: str = "") -> Objective:
    """Reads the one objective."""
    return environment(what, percent=percent, days=days, more=more).slos[0].objective


def planned(given: Environment) -> SloPlan:
    """Plans its alarms."""
    return plan_slos(given, Findings())


def template(found: SloPlan) -> Mapping[str, Any]:
    """Returns planned alarms as infra/alarms/slo.py writes them: tests/infra/test_slo.py holds the two together."""
    resources: dict[str, Any] = {}
    for alarm in found.windows:
        stats: list[dict[str, Any]] = [
            {
                "Id": stat.id,
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {
                        "Namespace": stat.namespace,
                        "MetricName": stat.name,
                        "Dimensions": [{"Name": n, "Value": v} for n, v in stat.dimensions.items()],
                    },
                    "Period": alarm.period,
                    "Stat": stat.statistic,
                },
            }
            for stat in alarm.stats
        ]
        result = {"Id": "result", "ReturnData": True, "Expression": alarm.expression, "Label": alarm.label}
        single = {
            "Period": alarm.period,
            "Statistic": stats[0]["MetricStat"]["Stat"],
            **stats[0]["MetricStat"]["Metric"],
        }
        properties = {
            "AlarmName": alarm.name,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "Threshold": alarm.threshold,
            "TreatMissingData": "notBreaching",
            **({"Metrics": [*stats, result]} if alarm.expression else single),
        }
        resources[alarm.name] = {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
    for burn in found.burns:
        properties = {"AlarmName": burn.name, "AlarmRule": burn.rule}
        resources[burn.name] = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": properties}
    return {"Resources": resources}
