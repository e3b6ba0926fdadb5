"""Alarms of a Lambda function."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Labels
from constructs import Construct

from compiler.resources.resource import Function
from infra.alarms.alarm import ResourceAlarms


class FunctionAlarms(ResourceAlarms):
    """Errors, throttles, timeouts and streams."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: Function,
        labels: Labels | None = None,
        environment: str = "",
        region: str = "",
        runbook_base_url: str = "",
        topics: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            function,
            labels=labels,
            environment=environment,
            region=region,
            runbook_base_url=runbook_base_url,
            topics=topics,
        )
