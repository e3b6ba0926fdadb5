"""Alarms of RDS instances."""

from __future__ import annotations

from alertrelay.config.environment import Database

from infra.alarms.rule import Rule, Watched

IMPACT = "Queries slow down, and connections pile up until the pool is exhausted."

RULES = (
    Rule(
        alertname="RDSHighCPU",
        severity="warning",
        namespace="AWS/RDS",
        metric="CPUUtilization",
        threshold=80,
        threshold_key="cpu_percent",
        minutes=10,
        category="cpu",
        what="CPU",
        why="The team's requirement: AWS recommends an alarm at 90 %, this one leaves time to act before it.",
        impact=IMPACT,
    ),
    Rule(
        alertname="RDSHighCPU",
        severity="critical",
        namespace="AWS/RDS",
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


def watched(database: Database) -> Watched:
    """An instance, by DBInstanceIdentifier."""
    return Watched(
        kind="rds",
        name=database.id,
        called=f"database {database.id}",
        dimensions={"DBInstanceIdentifier": database.id},
        labels=database.labels,
        thresholds=database.thresholds,
        console=f"rds/home?region={{region}}#database:id={database.id};is-cluster=false",
    )
