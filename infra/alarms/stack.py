"""The stack of the alarms of what an environment lists."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from compiler.alarms.alarm import Plan
from compiler.resources.maintenance import Maintenance
from infra.alarms.alarm import PlannedAlarms


class AlarmsStack(cdk.Stack):
    """Alarms of what the environment lists, apart from the relay: a stack holds at most 500 resources."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        alarms: Plan,
        *,
        environment: str,
        stack_name: str,
        send_tags: bool = False,
        maintenance: Sequence[Maintenance] = (),
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            description=f"alertrelay {environment}: alarms",
            # A template has at most 1 MB: without indentation 500 alarms fit.
            suppress_template_indentation=True,
        )
        PlannedAlarms(self, "Planned", alarms, environment=environment, send_tags=send_tags, maintenance=maintenance)
