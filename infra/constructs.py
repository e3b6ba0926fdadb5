"""The constructs for an app of one's own: the relay as one stack, its parts, and the packs of alarms.

```
app = cdk.App()
relay = RelayStack(app, "Alerts", config_dir="alerts", environment="prod")
EnvironmentAlarms(cdk.Stack(app, "Alarms"), "Alarms", relay)
```
Import this before aws_cdk, or have a node on PATH: importing the CDK starts node, and this module brings one.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path

from infra.node import use_packaged_node

use_packaged_node()

import aws_cdk as cdk  # noqa: E402 - starts node
from constructs import Construct  # noqa: E402 - starts node

from compiler import placeholders  # noqa: E402 - starts node
from compiler.alarms.plan import alarm_stacks  # noqa: E402 - starts node
from infra.alarms.alarm import PlannedAlarms, ResourceAlarms  # noqa: E402 - starts node
from infra.alarms.ecs_events import EcsEvents  # noqa: E402 - starts node
from infra.anomaly import AnomalyScorer  # noqa: E402 - starts node
from infra.application import CONTEXT, ConfigurationInvalid, load_valid  # noqa: E402 - starts node
from infra.assets import architecture, build_layer, lambda_interpreter  # noqa: E402 - starts node
from infra.forwarding import ForwarderConstruct  # noqa: E402 - starts node
from infra.managed_prometheus import ManagedPrometheus  # noqa: E402 - starts node
from infra.relay import Relay  # noqa: E402 - starts node
from infra.stacks import EnvironmentRelay  # noqa: E402 - starts node
from infra.state import ChannelSecret, StateTable  # noqa: E402 - starts node
from infra.topics import AlertTopics, LastResortTopic, OpsTopic  # noqa: E402 - starts node

__all__ = [
    "AlertTopics",
    "AnomalyScorer",
    "ChannelSecret",
    "ConfigurationInvalid",
    "EcsEvents",
    "EnvironmentAlarms",
    "ForwarderConstruct",
    "LastResortTopic",
    "ManagedPrometheus",
    "OpsTopic",
    "PlannedAlarms",
    "Relay",
    "RelayStack",
    "ResourceAlarms",
    "StateTable",
]

LONGEST = 20
"""Characters of a deployment's name: rules are named after it, and EventBridge takes 64."""


class RelayStack(EnvironmentRelay):
    """Topics, forwarders, state, and the scorer where anomaly.yml watches something: one environment of `config_dir`.

    All names begin with `alertrelay-DEPLOYMENT-`. Without `deployment` that is taken from the stack's name, which is
    unique in an account and region, so several relays stand side by side. A stack that `cdk deploy 'prod/*'` of this
    repository made is kept, without any change, by the same names and the same place in the app:
    `RelayStack(cdk.Stage(app, "prod"), "Relay", …, deployment="prod", stack_name="alertrelay-prod")`.

    `environment` names a file of `config_dir/environments`; its region is that of the stack where `env` has none.
    Raises ConfigurationInvalid with every error of the files, ValueError for a deployment that is too long.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config_dir: str | Path,
        environment: str,
        deployment: str | None = None,
        stack_name: str | None = None,
        env: cdk.Environment | None = None,
        arch: str | None = None,
    ) -> None:
        arch = arch or architecture(os.environ)
        (valid,) = load_valid(Path(config_dir), [environment], placeholders=bool(os.environ.get(placeholders.VARIABLE)))
        self.deployment = (
            checked(deployment) if deployment else named_after(stack_name or f"{scope.node.path}/{construct_id}")
        )
        self.watched = valid.environment
        super().__init__(
            scope,
            construct_id,
            replace(valid.environment, name=self.deployment),
            valid.config,
            valid.last_resort,
            anomaly=valid.anomaly,
            code=valid.code(),
            auditor_code=valid.auditor_code(),
            layer=build_layer(lambda_interpreter(arch)),
            arch=arch,
            stack_name=stack_name,
            env=env or cdk.Environment(region=valid.environment.region or None),
            context=CONTEXT,
        )
        cdk.Tags.of(self).add("alertrelay", self.deployment)


class EnvironmentAlarms(Construct):
    """The alarms of what an environment lists, and the rules of its ECS services, in a stack of the same region.

    `part` is the `stack:` of resources that have one: a stack holds at most 500 resources. Topics are named and not
    referred to, so that no export ties the two stacks together; deploy the relay first.
    """

    def __init__(self, scope: Construct, construct_id: str, relay: RelayStack, *, part: str = "") -> None:
        super().__init__(scope, construct_id)
        plans = alarm_stacks(relay.watched)
        if part not in plans:
            raise ValueError(f"{construct_id}: part={part!r}: one of {', '.join(map(repr, plans))} was expected")
        send_tags = relay.watched.alarm_tags_in_notifications
        PlannedAlarms(self, "Planned", plans[part], environment=relay.deployment, send_tags=send_tags)
        if not part and relay.watched.services:
            EcsEvents(self, "EcsEvents", replace(relay.watched, name=relay.deployment))
        cdk.Stack.of(self).add_stack_dependency(relay)


def checked(deployment: str) -> str:
    """Return the name that was asked for. Raises ValueError."""
    if len(deployment) > LONGEST:
        raise ValueError(
            f"deployment={deployment!r}: at most {LONGEST} characters were expected, there are {len(deployment)}"
        )
    return deployment


def named_after(stack: str) -> str:
    """Return a deployment's name for a stack's name or its path in the app: that itself where it is short enough, else
    its beginning and a hash of it."""
    name = re.sub("[^A-Za-z0-9]+", "-", stack).strip("-")
    if len(name) <= LONGEST:
        return name
    return f"{name[:11].rstrip('-')}-{hashlib.sha256(stack.encode()).hexdigest()[:8]}"
