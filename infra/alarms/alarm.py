"""Makes CloudWatch alarms of planned ones; compiler.alarms decides their text and thresholds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from alertrelay.alert import Labels
from aws_cdk import Aws, CfnTag
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from compiler.alarms.alarm import CompositeAlarm, MetricAlarm, Plan, Setting, Stat
from compiler.alarms.muting import muted_alarms
from compiler.alarms.plan import plan
from compiler.reading.finding import Findings
from compiler.resources.maintenance import Maintenance
from compiler.resources.resource import Resource
from infra.alarms.muting import mute_rules
from infra.alarms.queries import log_alarm, promql_alarm, query_role
from infra.topics import topic_prefix

BAND_WIDTH = 2  # standard deviations
_OPERATORS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}
_TAG_VALUE = re.compile(r"[\w\s.:/=+@-]{1,256}")  # AWS's rule for tags; PutMetricAlarm refuses others


class PlannedAlarms(Construct):
    """The alarms of a plan. Each publishes to the topic of its severity when it fires and when it resolves.

    `topics` are ARNs by severity; without them those of alertrelay's own topics of the environment, by name and not by
    reference: an export would tie the two stacks together and refuse to replace either. With `send_tags` each alarm
    sends its tags along.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        alarms: Plan,
        *,
        environment: str,
        topics: Mapping[str, str] | None = None,
        send_tags: bool = False,
        maintenance: Sequence[Maintenance] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self.topics = topics or {severity: topic_arn(environment, severity) for severity in ("critical", "warning")}
        self._send_tags = send_tags
        logs = sorted({alarm.log_group for alarm in alarms.alarms if alarm.log_group})
        self._role = query_role(self, "LogQueries", logs) if logs else None
        made = {alarm.name: self._alarm(alarm) for alarm in alarms.alarms}
        for parent in alarms.parents:
            made[parent.name] = composite = self._composite(parent)
            for child in parent.children:
                composite.add_resource_dependency(made[child])
        for window in maintenance:
            mute_rules(self, window, environment, muted_alarms(window, alarms), made)
        if send_tags:
            reason = "ActionConfiguration is newer (October 2026) than the schemas that the CDK checks by."
            cdk.Validations.of(self).acknowledge(cdk.Acknowledgment(id="CloudFormation-Validate::F3002", reason=reason))

    def _alarm(self, alarm: MetricAlarm) -> cdk.CfnResource:
        if not alarm.query:
            return self._metric_alarm(alarm)
        actions = [self.topics[alarm.severity]]
        labels = tags(alarm.labels, alarm.alertname, alarm.severity)
        if alarm.log_group:
            assert self._role
            sent = sending_tags(cloudwatch.CfnLogAlarm) if self._send_tags else None
            return log_alarm(self, alarm, actions, labels, sent, self._role)
        sent = sending_tags(cloudwatch.CfnAlarm) if self._send_tags else None
        return promql_alarm(self, alarm, actions, labels, sent)

    def _metric_alarm(self, alarm: MetricAlarm) -> cloudwatch.CfnAlarm:
        actions = [self.topics[alarm.severity]]
        return cloudwatch.CfnAlarm(
            self,
            alarm.name,
            alarm_name=alarm.name,
            alarm_description=alarm.description,
            alarm_actions=actions,
            ok_actions=actions,
            insufficient_data_actions=actions if alarm.insufficient_data else None,
            evaluation_periods=alarm.of,
            datapoints_to_alarm=alarm.datapoints,
            treat_missing_data=alarm.missing,
            tags=tags(alarm.labels, alarm.alertname, alarm.severity),
            action_configuration=sending_tags(cloudwatch.CfnAlarm) if self._send_tags else None,
            **_watching(alarm),
        )

    def _composite(self, parent: CompositeAlarm) -> cloudwatch.CfnCompositeAlarm:
        actions = [self.topics[parent.severity]] if parent.notifies else None
        return cloudwatch.CfnCompositeAlarm(
            self,
            parent.name,
            alarm_name=parent.name,
            alarm_description=parent.description,
            alarm_rule=parent.rule,
            alarm_actions=actions,
            ok_actions=actions,
            tags=tags(parent.labels, parent.alertname, parent.severity),
            action_configuration=sending_tags(cloudwatch.CfnCompositeAlarm) if self._send_tags else None,
        )


class ResourceAlarms(Construct):
    """Creates the alarms of one resource, in any CDK app.

    `ResourceAlarms(self, "Orders", Database(…), labels={"env": "prod", "service": "orders"})`: the type of `resource`
    chooses its catalogue. `labels` stand on each alarm beside those of the resource's own `watch`; `env` among them
    names the environment where `environment` does not. Raises ValueError where a threshold cannot be derived, with the
    key that is missing.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        resource: Resource,
        *,
        labels: Labels | None = None,
        environment: str = "",
        region: str = "",
        runbook_base_url: str = "",
        topics: Mapping[str, str] | None = None,
        send_tags: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        named = environment or (labels or {}).get("env", "")
        if not named:
            raise ValueError(f'{construct_id}: the environment is part of an alarm\'s name: give `environment="prod"`')
        findings = Findings()
        setting = Setting(environment=named, region=region, labels=labels or {}, runbook_base_url=runbook_base_url)
        self.plan = plan([resource], setting, findings)
        if findings.failed:
            raise ValueError("\n".join(f"{construct_id}: {f.message} ({f.mend})" for f in findings.sorted()))
        PlannedAlarms(self, "Alarms", self.plan, environment=named, topics=topics, send_tags=send_tags)


def topic_arn(environment: str, severity: str) -> str:
    """The topic of a severity, in the account and the region of the stack."""
    return f"arn:{Aws.PARTITION}:sns:{Aws.REGION}:{Aws.ACCOUNT_ID}:{topic_prefix(environment)}{severity}"


def tags(labels: Labels, alertname: str, severity: str) -> Sequence[CfnTag]:
    """The labels as tags, for searching and for bills. A value that AWS would refuse stands in the description only."""
    found = {**labels, "alertname": alertname, "severity": severity}
    return [CfnTag(key=key, value=value) for key, value in sorted(found.items()) if _TAG_VALUE.fullmatch(value)]


def sending_tags(kind: Any) -> Any:
    """ActionConfiguration of a kind of alarm: all tags, also those that are added later."""
    return kind.ActionConfigurationProperty(alarm_tags_propagation=kind.AlarmTagsPropagationProperty(enabled=True))


def _watching(alarm: MetricAlarm) -> dict[str, Any]:
    """The properties that say what is watched and when it is bad."""
    if alarm.threshold is None:
        return {
            "metrics": [
                *(query(stat, alarm.period, returned=True) for stat in alarm.stats),
                cloudwatch.CfnAlarm.MetricDataQueryProperty(
                    id="band",
                    expression=f"ANOMALY_DETECTION_BAND({alarm.stats[0].id}, {BAND_WIDTH})",
                    label=f"{alarm.stats[0].name} (expected)",
                    return_data=True,
                ),
            ],
            "threshold_metric_id": "band",
            "comparison_operator": (
                "LessThanLowerOrGreaterThanUpperThreshold" if alarm.both_sides else "GreaterThanUpperThreshold"
            ),
        }
    held = {"threshold": alarm.threshold, "comparison_operator": _OPERATORS[alarm.operator]}
    if alarm.expression:
        return {
            **held,
            "metrics": [
                *(query(stat, alarm.period, returned=False) for stat in alarm.stats),
                cloudwatch.CfnAlarm.MetricDataQueryProperty(
                    id="result", expression=alarm.expression, label=alarm.what, return_data=True
                ),
            ],
        }
    (stat,) = alarm.stats
    percentile = stat.statistic.startswith("p")
    return {
        **held,
        "namespace": stat.namespace,
        "metric_name": stat.name,
        "dimensions": dimensions(stat),
        "period": alarm.period,
        "extended_statistic" if percentile else "statistic": stat.statistic,
    }


def query(stat: Stat, period: int, *, returned: bool) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
    return cloudwatch.CfnAlarm.MetricDataQueryProperty(
        id=stat.id,
        return_data=returned,
        metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
            metric=cloudwatch.CfnAlarm.MetricProperty(
                namespace=stat.namespace, metric_name=stat.name, dimensions=dimensions(stat)
            ),
            period=period,
            stat=stat.statistic,
        ),
    )


def dimensions(stat: Stat) -> Sequence[cloudwatch.CfnAlarm.DimensionProperty]:
    return [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in stat.dimensions.items()]
