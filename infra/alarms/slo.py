"""Makes the alarms of objectives: of each window one without actions, and the composite alarms that have them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from compiler.alarms.slo import TOPIC, BurnAlarm, SloPlan, WindowAlarm, plan_slos, slo_stacks
from compiler.reading.finding import Findings
from compiler.resources.environment import Environment
from infra.alarms.alarm import dimensions, query, sending_tags, tags, topic_arn


class SloStack(cdk.Stack):
    """The alarms of an environment's objectives, apart from the relay and from the alarms on resources."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        alarms: SloPlan,
        *,
        environment: str,
        stack_name: str,
        send_tags: bool = False,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            description=f"alertrelay {environment}: alarms on error budgets",
            suppress_template_indentation=True,
        )
        self._topic = topic_arn(environment, TOPIC)
        self._send_tags = send_tags
        made = {alarm.name: self._window(alarm) for alarm in alarms.windows}
        for burn in alarms.burns:
            composite = self._burn(burn)
            for child in burn.children:
                composite.add_resource_dependency(made[child])
        if send_tags:
            reason = "ActionConfiguration is newer (October 2026) than the schemas that the CDK checks by."
            cdk.Validations.of(self).acknowledge(cdk.Acknowledgment(id="CloudFormation-Validate::F3002", reason=reason))

    def _window(self, alarm: WindowAlarm) -> cloudwatch.CfnAlarm:
        return cloudwatch.CfnAlarm(
            self,
            alarm.name,
            alarm_name=alarm.name,
            alarm_description=alarm.description,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            threshold=alarm.threshold,
            comparison_operator="GreaterThanThreshold",
            # Without an event nothing burns.
            treat_missing_data="notBreaching",
            tags=tags(alarm.labels, "", ""),
            **_watching(alarm),
        )

    def _burn(self, burn: BurnAlarm) -> cloudwatch.CfnCompositeAlarm:
        return cloudwatch.CfnCompositeAlarm(
            self,
            burn.name,
            alarm_name=burn.name,
            alarm_description=burn.description,
            alarm_rule=burn.rule,
            alarm_actions=[self._topic],
            ok_actions=[self._topic],
            tags=tags(burn.labels, burn.alertname, burn.severity),
            action_configuration=sending_tags(cloudwatch.CfnCompositeAlarm) if self._send_tags else None,
        )


def slo_stacks_of(scope: Construct, environment: Environment, stack_name: str) -> Iterator[SloStack]:
    """Adds the stacks of an environment's objectives, and yields each."""
    for part, alarms in slo_stacks(plan_slos(environment, Findings())).items():
        yield SloStack(
            scope,
            f"Slos{''.join(word.capitalize() for word in part.split('-'))}",
            alarms,
            environment=environment.name,
            stack_name=f"{stack_name}-slos-{part}" if part else f"{stack_name}-slos",
            send_tags=environment.alarm_tags_in_notifications,
        )


def _watching(alarm: WindowAlarm) -> dict[str, Any]:
    if not alarm.expression:
        (stat,) = alarm.stats
        return {
            "namespace": stat.namespace,
            "metric_name": stat.name,
            "dimensions": dimensions(stat),
            "period": alarm.period,
            "statistic": stat.statistic,
        }
    return {
        "metrics": [
            *(query(stat, alarm.period, returned=False) for stat in alarm.stats),
            cloudwatch.CfnAlarm.MetricDataQueryProperty(
                id="result", expression=alarm.expression, label=alarm.label, return_data=True
            ),
        ]
    }
