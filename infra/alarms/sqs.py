"""Alarms of an SQS queue and of its dead-letter queue."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Labels
from constructs import Construct

from compiler.resources.resource import Queue
from infra.alarms.alarm import ResourceAlarms


class QueueAlarms(ResourceAlarms):
    """Of the queue, and of its dead-letter queue where it has one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queue: Queue,
        labels: Labels | None = None,
        environment: str = "",
        region: str = "",
        runbook_base_url: str = "",
        topics: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            queue,
            labels=labels,
            environment=environment,
            region=region,
            runbook_base_url=runbook_base_url,
            topics=topics,
        )
