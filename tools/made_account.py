"""Makes an account of alarms and a month of their history, the same for one seed: for the guide, and for tests.

`python -m tools.made_account FILE` writes JSON lines as the AWS CLI prints them: alarms with their tags, subscriptions
of topics, and items of describe-alarm-history. The shape of an item: API reference, DescribeAlarmHistory.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.made_history import DAYS, history

REGION, ACCOUNT = "eu-west-1", "123456789012"
SERVICES: Mapping[str, str] = {
    "orders": "commerce", "checkout": "commerce", "payments": "commerce", "catalog": "commerce", "search": "web",
    "web": "web", "images": "web", "sessions": "platform", "billing": "finance", "invoices": "finance",
    "shipping": "logistics", "stock": "logistics",
}  # fmt: skip
"""By service: its team."""


@dataclass(frozen=True, slots=True)
class _Metric:
    """A metric that every team alarms on: its words in names, and how often such an alarm fires."""

    word: str
    namespace: str
    metric: str
    dimension: str
    threshold: float
    habit: str


_METRICS = (
    _Metric("cpu-high", "AWS/ECS", "CPUUtilization", "ServiceName", 80, "flapping"),
    _Metric("memory-high", "AWS/ECS", "MemoryUtilization", "ServiceName", 85, "daily"),
    _Metric("5xx-errors", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "TargetGroup", 25, "incidents"),
    _Metric("latency-p95", "AWS/ApplicationELB", "TargetResponseTime", "TargetGroup", 1.5, "flapping"),
    _Metric("unhealthy-hosts", "AWS/ApplicationELB", "UnHealthyHostCount", "TargetGroup", 0, "incidents"),
    _Metric("db-cpu", "AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", 80, "daily"),
    _Metric("db-connections", "AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", 400, "incidents"),
    _Metric("db-free-storage", "AWS/RDS", "FreeStorageSpace", "DBInstanceIdentifier", 10e9, "quiet"),
    _Metric("cache-memory", "AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId", 85, "daily"),
    _Metric("cache-evictions", "AWS/ElastiCache", "Evictions", "CacheClusterId", 0, "flapping"),
    _Metric("queue-age", "AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", 600, "incidents"),
    _Metric("dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", 0, "quiet"),
    _Metric("lambda-errors", "AWS/Lambda", "Errors", "FunctionName", 0, "incidents"),
    _Metric("lambda-throttles", "AWS/Lambda", "Throttles", "FunctionName", 0, "quiet"),
    _Metric("disk-used", "CWAgent", "disk_used_percent", "host", 85, "daily"),
)
_STYLES = (
    "{service}-{word}",
    "prod-{service}-{word}-{level}",
    "[{service}] {word} ({level})",
    "{service}_{word}_P{number}",
)


def topic(name: str) -> str:
    """Returns the ARN of a topic of the account."""
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"


def subscriptions() -> list[dict[str, str]]:
    """Returns who reads the topics today: mails to three people, two channels of Slack by Amazon Q, and PagerDuty."""
    people = [("email", f"{name}@example.com") for name in ("ana", "ben", "chris")]
    chat = ("https", "https://global.sns-api.chatbot.amazonaws.com")
    pager = ("https", "https://events.pagerduty.com/integration/made/enqueue")
    listed = {
        "ops-mails": people,
        "ops-slack": [chat],
        "pager-critical": [pager, people[0]],
        "billing-mails": people[2:],
    }
    return [
        {"TopicArn": topic(name), "Protocol": protocol, "Endpoint": endpoint}
        for name, readers in listed.items()
        for protocol, endpoint in readers
    ]


def alarms(count: int = 300, seed: int = 7) -> list[dict[str, Any]]:
    """Returns alarms in the words of describe-alarms, each with its `Tags`; by its `Habit` it fires (made_history)."""
    chance = random.Random(seed)
    found: list[dict[str, Any]] = [*_oddities()]
    services = list(SERVICES)
    while len(found) < count:
        number = len(found) - 1
        metric = _METRICS[number % len(_METRICS)]
        service = services[number // len(_METRICS) % len(services)]
        host = number // len(_METRICS) // len(services)
        found.append(_metric_alarm(service if not host else f"{service}-{host + 1}", SERVICES[service], metric, chance))
    return sorted(found[:count], key=lambda alarm: str(alarm["AlarmName"]))


def _metric_alarm(service: str, team: str, metric: _Metric, chance: random.Random) -> dict[str, Any]:
    level = chance.choices(("critical", "warning"), (1, 3))[0]
    style = chance.choices(_STYLES, (4, 3, 1, 2))[0]
    name = style.format(service=service, word=metric.word, level=level, number=1 if level == "critical" else 3)
    actions = [topic("pager-critical")] if level == "critical" else [topic("ops-mails"), topic("ops-slack")]
    tags = {"team": team} if chance.random() < 0.6 else {"owner": team} if chance.random() < 0.5 else {}
    if chance.random() < 0.2:
        tags["severity"] = level
    return _alarm(
        name,
        Namespace=metric.namespace,
        MetricName=metric.metric,
        Dimensions=[{"Name": metric.dimension, "Value": service}],
        Threshold=float(metric.threshold),
        AlarmActions=actions,
        OKActions=actions if chance.random() < 0.3 else [],
        AlarmDescription=f"{metric.word} of {service}" + (f"\n\nteam: {team}" if chance.random() < 0.2 else ""),
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        Habit=metric.habit,
    )


def _alarm(name: str, **fields: Any) -> dict[str, Any]:
    """Returns a metric alarm; a field of None is taken away."""
    alarm = {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}",
        "AlarmDescription": "",
        "AlarmConfigurationUpdatedTimestamp": "2026-03-02T09:00:00Z",
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "StateValue": "OK",
        "StateReason": "",
        "StateUpdatedTimestamp": "2026-10-01T00:00:00Z",
        "Statistic": "Average",
        "Dimensions": [],
        "Period": 60,
        "EvaluationPeriods": 5,
        "DatapointsToAlarm": 5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "missing",
        "Tags": [],
        "Habit": "quiet",
        **fields,
    }
    return {key: value for key, value in alarm.items() if value is not None}


_NO_METRIC = dict.fromkeys(
    ("Statistic", "Dimensions", "Period", "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator")
)


def _oddities() -> Iterator[dict[str, Any]]:
    """What every account has besides: alarms that scale, recover or notify nobody, composites, and other kinds."""
    scaling = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:1:resource/ecs/service/main/web:policyName/cpu"
    ecs = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Threshold": 60.0}
    for service in ("web", "checkout", "search"):
        for side in ("AlarmHigh", "AlarmLow"):
            name = f"TargetTracking-service/main/{service}-{side}-5f0c"
            yield _alarm(name, **ecs, AlarmActions=[scaling], Habit="flapping")
    yield _alarm("web-queue-depth-step", **ecs, AlarmActions=[scaling, topic("ops-mails")], Habit="daily")
    yield _alarm("web-step-out", **ecs, AlarmActions=[scaling], Habit="daily")
    recover = f"arn:aws:automate:{REGION}:ec2:recover"
    ec2 = {"Namespace": "AWS/EC2", "MetricName": "StatusCheckFailed_System", "Threshold": 0.0}
    for number in (1, 2):
        yield _alarm(f"bastion-{number}-recover", **ec2, AlarmActions=[recover])
    yield _alarm("awseb-e-legacy-stack-AWSEBCloudwatchAlarmHigh-1A2B", **ecs, AlarmActions=[topic("ops-mails")])
    for region in ("api", "jobs"):
        stack = [{"Key": "aws:cloudformation:stack-name", "Value": "reporting-prod"}]
        yield _alarm(
            f"reporting-{region}-errors", **ecs, AlarmActions=[topic("ops-mails")], Tags=stack, Habit="incidents"
        )
    yield _alarm("old-import-job", **ecs, AlarmActions=[topic("ops-mails")], ActionsEnabled=False, Habit="flapping")
    yield _alarm("lab-experiment", **ecs, Habit="flapping")
    for part in ("edge-5xx", "edge-latency"):
        yield _alarm(part, **ecs, Habit="incidents")
    yield _alarm(
        "edge-is-failing",
        AlarmRule='ALARM("edge-5xx") AND ALARM("edge-latency")',
        AlarmActions=[topic("pager-critical")],
        TreatMissingData=None,
        Habit="incidents",
        Tags=[{"Key": "severity", "Value": "P1"}],
        **_NO_METRIC,
    )
    yield _alarm(
        "checkout-burn-rate",
        EvaluationCriteria={"PromQLCriteria": {"Query": "burn_rate > 14.4", "PendingPeriod": 120}},
        EvaluationInterval=60,
        AlarmActions=[topic("ops-slack")],
        TreatMissingData=None,
        Habit="incidents",
        Tags=[{"Key": "team", "Value": "commerce"}],
        **_NO_METRIC,
    )
    yield _log_alarm()
    yield _alarm(
        "monthly-bill", Namespace="AWS/Billing", MetricName="EstimatedCharges", Threshold=9_000.0, Period=21_600,
        Statistic="Maximum", EvaluationPeriods=1, DatapointsToAlarm=1, AlarmActions=[topic("billing-mails")],
    )  # fmt: skip
    full = [topic(f"team-{number}") for number in range(5)]
    yield _alarm("shared-vpn-tunnel-down", **ecs, AlarmActions=full, Habit="incidents")
    adopted = topic("alertrelay-prod-critical")
    yield _alarm(
        "payments-provider-down", **ecs, AlarmActions=[adopted], OKActions=[adopted], Habit="incidents",
        ActionConfiguration={"AlarmTagsPropagation": {"Enabled": True}}, Tags=[{"Key": "team", "Value": "commerce"}],
    )  # fmt: skip


def _log_alarm() -> dict[str, Any]:
    query = {
        "QueryString": "filter level = 'error'",
        "LogGroupIdentifiers": ["/ecs/payments"],
        "QueryARN": f"arn:aws:logs:{REGION}:{ACCOUNT}:scheduled-query:made",
        "ScheduledQueryRoleARN": f"arn:aws:iam::{ACCOUNT}:role/alarm-queries",
        "ScheduleConfiguration": {"ScheduleExpression": "rate(5 minutes)", "StartTimeOffset": 300},
        "AggregationExpression": "count(*)",
    }
    fields = dict.fromkeys(("Statistic", "Dimensions", "Period", "EvaluationPeriods", "DatapointsToAlarm"))
    return _alarm(
        "payments-error-logs", ScheduledQueryConfiguration=query, QueryResultsToEvaluate=3, QueryResultsToAlarm=2,
        Threshold=20.0, AlarmActions=[topic("ops-slack")], **fields, Habit="incidents",
    )  # fmt: skip


def lines(count: int = 300, *, days: int = DAYS, seed: int = 7) -> Iterator[str]:
    """Yields the account as JSON lines."""
    listed = alarms(count, seed)
    for one in (*listed, *subscriptions(), *history(listed, days=days, seed=seed)):
        yield json.dumps({key: value for key, value in one.items() if key != "Habit"})


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the file."""
    parser = argparse.ArgumentParser(description="Write a made account of alarms and a month of their history.")
    parser.add_argument("file", type=Path, help="the file of JSON lines to write")
    parser.add_argument("--alarms", type=int, default=300, help="how many (default: 300)")
    parser.add_argument("--days", type=int, default=DAYS, help=f"of history (default: {DAYS})")
    args = parser.parse_args(argv)
    args.file.write_text("".join(f"{line}\n" for line in lines(args.alarms, days=args.days)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
