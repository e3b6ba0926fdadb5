"""Deploys the team's Prometheus rules to Amazon Managed Prometheus, whose Alertmanager sends to our topics.

The relay groups, inhibits and repeats by itself: that Alertmanager only passes on what changes, as its default text,
which sources/amp.py reads. What it takes is in the user guide, "Create alert manager configuration file".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import yaml
from aws_cdk import Aws
from aws_cdk import aws_aps as aps
from constructs import Construct

from infra.alarms.alarm import topic_arn

RECEIVERS: Mapping[str, str] = {
    "slo-violations": 'category="slo"',
    "critical": 'severity="critical"',
    "info": 'severity="info"',
}
"""Topics by what goes there, in order; the rest goes to `warning`. Whatever the topic, an alert keeps its severity."""
OTHERS = "warning"
GROUP_INTERVAL = "1m"
REPEAT_INTERVAL = "12h"  # five days are the longest that the service takes


class ManagedPrometheus(Construct):
    """A workspace with the rules, a namespace for each file of `rules` (name to text), and its Alertmanager.

    `topics` are ARNs by name; without them those of alertrelay's own topics of the environment. With `workspace_arn`
    the rules go to a workspace of yours; CloudFormation sets the Alertmanager's definition only together with a
    workspace, so `definition` is then yours to upload.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        rules: Mapping[str, str],
        *,
        environment: str,
        topics: Mapping[str, str] | None = None,
        workspace_arn: str = "",
    ) -> None:
        super().__init__(scope, construct_id)
        named = topics or {name: topic_arn(environment, name) for name in (*RECEIVERS, OTHERS)}
        self.definition = definition(named)
        self.workspace: aps.CfnWorkspace | None = None
        if not workspace_arn:
            self.workspace = aps.CfnWorkspace(
                self, "Workspace", alias=f"alertrelay-{environment}", alert_manager_definition=self.definition
            )
        for name, text in rules.items():
            aps.CfnRuleGroupsNamespace(
                self,
                name.removesuffix(".yml").title().replace("-", ""),
                name=name.removesuffix(".yml"),
                data=text,
                workspace=self.workspace.attr_arn if self.workspace else workspace_arn,
            )


class RulesStack(cdk.Stack):
    """The rules of an environment, in a workspace of their own."""

    def __init__(
        self, scope: Construct, construct_id: str, rules: Mapping[str, str], *, environment: str, stack_name: str
    ) -> None:
        description = f"alertrelay {environment}: the Prometheus rules"
        super().__init__(scope, construct_id, stack_name=stack_name, description=description)
        made = ManagedPrometheus(self, "Prometheus", rules, environment=environment)
        assert made.workspace
        cdk.CfnOutput(
            self,
            "RemoteWriteUrl",
            value=f"{made.workspace.attr_prometheus_endpoint}api/v1/remote_write",
            description="where your Prometheus or collector writes to",
        )


def definition(topics: Mapping[str, str]) -> str:
    """Returns the Alertmanager's definition: a route for each topic, and nothing that the relay does itself."""
    config = {
        "route": {
            "receiver": OTHERS,
            "group_by": ["alertname", "service", "cluster", "env"],
            "group_wait": "0s",
            "group_interval": GROUP_INTERVAL,
            "repeat_interval": REPEAT_INTERVAL,
            "routes": [{"matchers": [matcher], "receiver": name} for name, matcher in RECEIVERS.items()],
        },
        "receivers": [{"name": name, "sns_configs": [_sns(topics[name])]} for name in (*RECEIVERS, OTHERS)],
    }
    return _dumped({"alertmanager_config": _dumped(config)})


def _sns(topic: str) -> Mapping[str, Any]:
    return {"topic_arn": topic, "sigv4": {"region": Aws.REGION}, "send_resolved": True}


def _dumped(value: Mapping[str, Any]) -> str:
    # Names of topics are tokens until the deploy: a line that is wrapped would cut one in two.
    text: str = yaml.safe_dump(value, sort_keys=False, width=100_000, default_style=None)
    return text
