"""Alarms of an Aurora cluster, by role."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Labels
from constructs import Construct

from compiler.resources.resource import Cluster
from infra.alarms.alarm import ResourceAlarms


class AuroraAlarms(ResourceAlarms):
    """Of its volume, its writer and its readers; provisioned or serverless."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: Cluster,
        labels: Labels | None = None,
        environment: str = "",
        region: str = "",
        runbook_base_url: str = "",
        topics: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            cluster,
            labels=labels,
            environment=environment,
            region=region,
            runbook_base_url=runbook_base_url,
            topics=topics,
        )
