"""Alarms of an RDS instance."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Labels
from constructs import Construct

from compiler.resources.resource import Database
from infra.alarms.alarm import ResourceAlarms


class RdsAlarms(ResourceAlarms):
    """`RdsAlarms(self, "Orders", database=Database(…), labels={"env": "prod", "service": "orders"})`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        database: Database,
        labels: Labels | None = None,
        environment: str = "",
        region: str = "",
        runbook_base_url: str = "",
        topics: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            database,
            labels=labels,
            environment=environment,
            region=region,
            runbook_base_url=runbook_base_url,
            topics=topics,
        )
