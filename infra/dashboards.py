"""The dashboards of an environment: one of the relay beside it, those of resources and budgets in stacks of their
own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from alertrelay.config.model import Config
from aws_cdk import Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from compiler.dashboards.pages import dashboards_of
from compiler.dashboards.relay_page import relay_dashboard
from compiler.dashboards.widgets import Dashboard
from compiler.resources.environment import Environment
from infra.forwarding import ForwarderConstruct
from infra.topics import topic_prefix

QUEUES = ("timers", "undelivered", "failed", "expired")
"""The queues of each forwarder, by the last part of their names."""
MOST_TEMPLATE = 800_000
"""Bytes of bodies in one template, which CloudFormation takes up to 1 MB."""


class DashboardStack(cdk.Stack):
    """Some dashboards of an environment."""

    def __init__(
        self, scope: Construct, construct_id: str, dashboards: Sequence[Dashboard], *, environment: str, stack_name: str
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            description=f"alertrelay {environment}: dashboards",
            suppress_template_indentation=True,
        )
        for dashboard in dashboards:
            place(self, dashboard, environment=environment)


def add_dashboards(scope: Construct, environment: Environment, stack_name: str) -> None:
    """Adds the stacks of an environment's dashboards, as few as their sizes allow."""
    for number, several in enumerate(in_stacks(dashboards_of(environment)), start=1):
        further = "" if number == 1 else str(number)
        name = f"{stack_name}-dashboards{f'-{further}' if further else ''}"
        DashboardStack(scope, f"Dashboards{further}", several, environment=environment.name, stack_name=name)


def add_relay_dashboard(
    scope: Construct, environment: str, config: Config, forwarders: Mapping[str, ForwarderConstruct]
) -> None:
    """Adds the dashboard of the relay itself to its stack, whose log groups it reads."""
    channels = sorted({target.integration.channel for receiver in config.receivers for target in receiver.targets})
    queues = [f"{topic_prefix(environment)}{name}-{kind}" for name in forwarders for kind in QUEUES]
    names = {f"Logs{number}": forwarder.logs.log_group_name for number, forwarder in enumerate(forwarders.values())}
    logs = [f"${{{name}}}" for name in names]
    place(
        scope,
        relay_dashboard(environment, list(forwarders), channels, queues, logs),
        environment=environment,
        names=names,
    )


def place(
    scope: Construct, dashboard: Dashboard, *, environment: str, names: Mapping[str, str] | None = None
) -> cloudwatch.CfnDashboard:
    """Creates a dashboard. `names` are values of the stack that its body names as `${Name}`."""
    body = json.dumps(dashboard.body(), ensure_ascii=False, separators=(",", ":"))
    return cloudwatch.CfnDashboard(
        scope,
        f"Dashboard{''.join(part.capitalize() for part in dashboard.name.split('-'))}",
        dashboard_name=f"{topic_prefix(environment)}{dashboard.name}",
        dashboard_body=Fn.sub(body, dict(names)) if names else Fn.sub(body),
    )


def in_stacks(dashboards: Sequence[Dashboard]) -> list[Sequence[Dashboard]]:
    """Returns the dashboards in portions that fit into a template each: small ones together."""
    stacks: list[list[Dashboard]] = [[]]
    size = 0
    for dashboard in dashboards:
        own = len(json.dumps(dashboard.body()))
        if stacks[-1] and size + own > MOST_TEMPLATE:
            stacks.append([])
            size = 0
        stacks[-1].append(dashboard)
        size += own
    return [portion for portion in stacks if portion]
