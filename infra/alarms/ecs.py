"""Alarms of an ECS service and of its targets behind a load balancer."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Labels
from constructs import Construct

from compiler.resources.resource import Service
from infra.alarms.alarm import ResourceAlarms


class EcsAlarms(ResourceAlarms):
    """Fargate or EC2."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: Service,
        labels: Labels | None = None,
        environment: str = "",
        region: str = "",
        runbook_base_url: str = "",
        topics: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            service,
            labels=labels,
            environment=environment,
            region=region,
            runbook_base_url=runbook_base_url,
            topics=topics,
        )
