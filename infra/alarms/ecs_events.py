"""Watches what ECS reports by events and by no metric: failed deployments, tasks that cannot be placed, tasks that
die."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_events as events
from constructs import Construct

from compiler.resources.environment import Environment
from infra.alarms.alarm import topic_arn
from infra.rule_failures import queue_arn

ORDERLY_EXITS = [0, 143]  # ended by itself, or by SIGTERM when a deployment replaces it


class EcsEvents(Construct):
    """One rule an event, over the clusters of the listed services, to the topic of warnings.

    alertrelay.sources.awsevent reads them and gives each its severity (a lack of memory, a failed deployment).
    """

    def __init__(self, scope: Construct, construct_id: str, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        clusters = sorted({service.cluster for service in environment.services})
        of_services = {"resources": [{"prefix": f"{_arn(f'service/{cluster}')}/"} for cluster in clusters]}
        patterns: Mapping[str, Mapping[str, Any]] = {
            "DeploymentFailed": {
                **of_services,
                "detail-type": ["ECS Deployment State Change"],
                "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
            },
            "ServiceImpaired": {
                **of_services,
                "detail-type": ["ECS Service Action"],
                "detail": {"eventType": ["WARN", "ERROR"]},
            },
            "TaskDied": {
                "detail-type": ["ECS Task State Change"],
                "detail": {
                    "clusterArn": [_arn(f"cluster/{cluster}") for cluster in clusters],
                    "group": [{"prefix": "service:"}],
                    "lastStatus": ["STOPPED"],
                    "containers": {"exitCode": [{"anything-but": ORDERLY_EXITS}]},
                },
            },
        }
        for name, pattern in patterns.items():
            events.CfnRule(
                self,
                name,
                description=f"alertrelay {environment.name}: ECS, {name}",
                event_pattern={"source": ["aws.ecs"], **pattern},
                targets=[
                    events.CfnRule.TargetProperty(
                        arn=topic_arn(environment.name, "warning"),
                        id="WarningTopic",
                        dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=queue_arn(environment.name)),
                    )
                ],
            )


def _arn(resource: str) -> str:
    return f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
