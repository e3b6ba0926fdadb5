"""The stage of one environment: the stack of its relay, and those of its alarms, dashboards and rules."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from alertrelay.config.model import Config
from alertrelay.config.watch import AnomalyConfig
from constructs import Construct

from compiler.alarms.plan import alarm_stacks
from compiler.delivery import LastResort
from compiler.resources.environment import Environment
from infra.alarms.ecs_events import EcsEvents
from infra.alarms.slo import slo_stacks_of
from infra.alarms.stack import AlarmsStack
from infra.assets import Asset
from infra.checkov import CheckovAnswers
from infra.dashboards import add_dashboards
from infra.managed_prometheus import RulesStack
from infra.stacks import EnvironmentRelay, camel


class EnvironmentStage(cdk.Stage):
    """One environment: the relay, and the alarms that it carries. An empty region is that of the credentials."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        config: Config,
        people: LastResort | None,
        *,
        anomaly: AnomalyConfig | None,
        code: Asset,
        auditor_code: Asset | None,
        layer: Asset,
        arch: str,
        rules: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, environment.name, env=cdk.Environment(region=environment.region or None))
        name = f"alertrelay-{environment.name}"
        relay = EnvironmentRelay(
            self,
            "Relay",
            environment,
            config,
            people,
            anomaly=anomaly,
            code=code,
            auditor_code=auditor_code,
            layer=layer,
            arch=arch,
            stack_name=name,
        )
        self._alarms(environment, name, relay)
        for budgets in slo_stacks_of(self, environment, name):
            budgets.add_stack_dependency(relay)
        if environment.dashboards:
            add_dashboards(self, environment, name)
        if rules:
            RulesStack(
                self, "Rules", rules, environment=environment.name, stack_name=f"{name}-rules"
            ).add_stack_dependency(relay)
        cdk.Tags.of(self).add("alertrelay", environment.name)
        cdk.Aspects.of(self).add(CheckovAnswers())

    def _alarms(self, environment: Environment, name: str, relay: EnvironmentRelay) -> None:
        """The stacks of alarms. They name their topics, without which their actions would go nowhere."""
        for part, planned in alarm_stacks(environment).items():
            if not (planned.alarms or planned.parents or environment.services):
                continue  # CloudFormation refuses a stack without a resource
            alarms = AlarmsStack(
                self,
                f"Alarms{camel(part)}",
                planned,
                environment=environment.name,
                stack_name=f"{name}-alarms-{part}" if part else f"{name}-alarms",
                send_tags=environment.alarm_tags_in_notifications,
                maintenance=environment.maintenance,
            )
            alarms.add_stack_dependency(relay)
            if not part and environment.services:
                EcsEvents(alarms, "EcsEvents", environment)
