"""Alarms of an Application Load Balancer."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Labels
from constructs import Construct

from compiler.resources.resource import LoadBalancer
from infra.alarms.alarm import ResourceAlarms


class LoadBalancerAlarms(ResourceAlarms):
    """Of the load balancer itself; its targets have theirs with the service behind them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        load_balancer: LoadBalancer,
        labels: Labels | None = None,
        environment: str = "",
        region: str = "",
        runbook_base_url: str = "",
        topics: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            load_balancer,
            labels=labels,
            environment=environment,
            region=region,
            runbook_base_url=runbook_base_url,
            topics=topics,
        )
