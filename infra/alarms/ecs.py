"""Alarms of ECS services."""

from __future__ import annotations

from alertrelay.config.environment import Service

from infra.alarms.rule import Rule, Watched

IMPACT = "Requests of the service slow down and time out."

RULES = (
    Rule(
        alertname="ECSHighCPU",
        severity="warning",
        namespace="AWS/ECS",
        metric="CPUUtilization",
        threshold=80,
        threshold_key="cpu_percent",
        minutes=10,
        category="cpu",
        what="CPU",
        why="The team's requirement; AWS's newer recommendation is 80 % too. Scaling out should have happened by now.",
        impact=IMPACT,
    ),
    Rule(
        alertname="ECSHighCPU",
        severity="critical",
        namespace="AWS/ECS",
        metric="CPUUtilization",
        threshold=90,
        threshold_key="cpu_critical_percent",
        minutes=5,
        category="cpu",
        what="CPU",
        why="This is the alarm that AWS recommends.",
        impact=IMPACT,
    ),
)


def watched(service: Service) -> Watched:
    """A service, by ClusterName and ServiceName. No ECS name holds a dot, so the pair has one spelling."""
    return Watched(
        kind="ecs",
        name=f"{service.cluster}.{service.id}",
        called=f"service {service.id} in cluster {service.cluster}",
        dimensions={"ClusterName": service.cluster, "ServiceName": service.id},
        labels=service.labels,
        thresholds=service.thresholds,
        console=f"ecs/v2/clusters/{service.cluster}/services/{service.id}/health?region={{region}}",
    )
