"""Defines the alarms of serverless caches of ElastiCache."""

from __future__ import annotations

from compiler.catalogue.elasticache import NAMESPACE
from compiler.catalogue.rule import Metric, Rule, critical, warning

RULES = (
    Rule(
        alertname="CacheServerlessThrottled",
        parts=("cache",),
        namespace=NAMESPACE,
        metrics=(Metric("ThrottledCmds", "Sum"),),
        operator=">",
        unit="count",
        key="throttled_commands",
        key_unit="count",
        category="cache",
        what="Number of refused commands",
        says="{called} refuses commands",
        impact="Commands fail because the load grows faster than the cache, or has reached its configured limit.",
        missing="notBreaching",
        missing_why="no refused command is good news",
        high=1_000_000_000,
        levels=(
            warning(0, 3, 3, "A serverless cache that is large enough refuses nothing.", "X"),
            critical(
                0,
                15,
                15,
                "Scaling takes minutes: after a quarter of an hour it is the set limit that refuses.",
                "X",
                down=True,
            ),
        ),
    ),
    Rule(
        alertname="CacheServerlessSlow",
        parts=("cache",),
        namespace=NAMESPACE,
        metrics=(Metric("SuccessfulReadRequestLatency", "p99"),),
        operator=">",
        unit="microseconds",
        key="read_latency",
        key_unit="microseconds",
        category="cache",
        what="Read latency (p99)",
        impact="Every read from the cache waits: pages that make many reads slow down noticeably.",
        missing="notBreaching",
        missing_why="an idle cache reports nothing",
        band=True,
        high=60_000_000,
        levels=(warning(10_000, 5, 5, "10 ms is ten times what a read usually takes.", "X"),),
    ),
)
