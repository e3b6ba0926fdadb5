"""Alarms of Redis and Valkey nodes of ElastiCache."""

from __future__ import annotations

from alertrelay.config.environment import Cache

from infra.alarms.rule import Rule, Watched

IMPACT = "The cache begins to evict keys, or refuses writes where its policy is noeviction."

RULES = (
    Rule(
        alertname="CacheHighMemory",
        severity="warning",
        namespace="AWS/ElastiCache",
        metric="DatabaseMemoryUsagePercentage",
        threshold=85,
        threshold_key="memory_percent",
        minutes=10,
        category="memory",
        what="Memory",
        why="The team's requirement: AWS names no number, and the rest is what a failover and a backup need.",
        impact=IMPACT,
    ),
    Rule(
        alertname="CacheHighMemory",
        severity="critical",
        namespace="AWS/ElastiCache",
        metric="DatabaseMemoryUsagePercentage",
        threshold=95,
        threshold_key="memory_critical_percent",
        minutes=5,
        category="memory",
        what="Memory",
        why="Evictions or refused writes are minutes away; AWS names no number.",
        impact=IMPACT,
    ),
)


def watched(cache: Cache) -> Watched:
    """A node, by CacheClusterId (`sessions-001`): the replication group's id as a CacheClusterId never has data."""
    return Watched(
        kind="elasticache",
        name=cache.id,
        called=f"cache {cache.id}",
        dimensions={"CacheClusterId": cache.id},
        labels=cache.labels,
        thresholds=cache.thresholds,
    )
