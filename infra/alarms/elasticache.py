"""Alarms of a replication group, a Memcached cluster or a serverless cache."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Labels
from constructs import Construct

from compiler.resources.resource import Cache
from infra.alarms.alarm import ResourceAlarms


class ElastiCacheAlarms(ResourceAlarms):
    """Of each of its nodes, or of the serverless cache."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cache: Cache,
        labels: Labels | None = None,
        environment: str = "",
        region: str = "",
        runbook_base_url: str = "",
        topics: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            cache,
            labels=labels,
            environment=environment,
            region=region,
            runbook_base_url=runbook_base_url,
            topics=topics,
        )
