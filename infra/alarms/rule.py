"""One alarm of a pack as a value, and the CloudWatch alarm that is made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from alertrelay.alert import Labels
from alertrelay.config.environment import Environment
from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.alarms.description import describe
from infra.topics import topic_prefix

NAME_LIMIT = 255  # characters, PutMetricAlarm
SEVERITIES = ("critical", "warning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When one metric of a thing is bad, for how long, and what that means to a person.

    It fires when every one of `minutes` one-minute averages is above `threshold` per cent. An environment's
    `thresholds` overrides the number under `threshold_key`. `why` is a sentence on where the number comes from.
    """

    alertname: str
    severity: Literal["critical", "warning"]
    namespace: str
    metric: str
    threshold: float
    threshold_key: str
    minutes: int
    category: str
    what: str  # "CPU"
    why: str
    impact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A thing that rules are applied to. `name` is unique among the things of its `kind` in one environment."""

    kind: str  # rds, elasticache, ecs
    name: str
    called: str  # "database orders-db"
    dimensions: Mapping[str, str]
    labels: Labels
    thresholds: Mapping[str, float]
    console: str = ""  # the path of its page in the console, with {region} where the region stands


class AlarmPack(Construct):
    """The alarms of one kind of thing."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        rules: Sequence[Rule],
        watched: Iterable[Watched],
    ) -> None:
        super().__init__(scope, construct_id)
        self.environment = environment
        self.tell = {severity: actions.SnsAction(self._topic(severity)) for severity in SEVERITIES}
        for thing in watched:
            for rule in rules:
                self._add(thing, rule)

    def _topic(self, severity: str) -> sns.ITopic:
        # By name, not by reference: an export would tie the two stacks together and refuse to replace either.
        name = topic_prefix(self.environment.name) + severity
        arn = f"arn:{Aws.PARTITION}:sns:{Aws.REGION}:{Aws.ACCOUNT_ID}:{name}"
        return sns.Topic.from_topic_arn(self, severity.capitalize(), arn)

    def _add(self, thing: Watched, rule: Rule) -> None:
        threshold = thing.thresholds.get(rule.threshold_key, rule.threshold)
        alarm = cloudwatch.Alarm(
            self,
            f"{thing.name}-{rule.alertname}-{rule.severity}",
            alarm_name=alarm_name(self.environment.name, thing, rule),
            alarm_description=describe(_sentence(thing, rule, threshold), _metadata(self.environment, thing, rule)),
            metric=cloudwatch.Metric(
                namespace=rule.namespace,
                metric_name=rule.metric,
                dimensions_map=dict(thing.dimensions),
                statistic="Average",
                period=Duration.minutes(1),
            ),
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=rule.minutes,
            datapoints_to_alarm=rule.minutes,
            # A thing that sends no data is not known to be busy: "missing" keeps the state, and then says so.
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )
        alarm.add_alarm_action(self.tell[rule.severity])
        alarm.add_ok_action(self.tell[rule.severity])


def alarm_name(environment: str, thing: Watched, rule: Rule) -> str:
    """Stable, and unique across the environments of an account. What is too long is cut and ends in a hash of all."""
    name = f"{environment}-{thing.kind}-{thing.name}-{rule.alertname}-{rule.severity}"
    if len(name) <= NAME_LIMIT:
        return name
    return f"{name[: NAME_LIMIT - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _sentence(thing: Watched, rule: Rule, threshold: float) -> str:
    why = rule.why if threshold == rule.threshold else f"{threshold:g} % is this environment's own number."
    return f"{rule.what} of {thing.called} is above {threshold:g} % for {rule.minutes} minutes. {why}"


def _metadata(environment: Environment, thing: Watched, rule: Rule) -> dict[str, str]:
    base, region = environment.runbook_base_url, environment.region
    rules_own = {"alertname": rule.alertname, "severity": rule.severity, "category": rule.category}
    labels = {**environment.labels, "env": environment.name, **thing.labels}
    return {
        **rules_own,
        **{name: value for name, value in labels.items() if name not in rules_own},
        "runbook": f"{base.rstrip('/')}/{rule.alertname}" if base else "",
        "dashboard": _console(region, thing.console) if region and thing.console else "",
        "impact": rule.impact,
    }


def _console(region: str, page: str) -> str:
    return f"https://{region}.console.aws.amazon.com/{page.format(region=region)}"
