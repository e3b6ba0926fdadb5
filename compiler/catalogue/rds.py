"""Defines the alarms of RDS instances (not Aurora), save those of their disks (compiler/catalogue/rds_disk.py)."""

from __future__ import annotations

from compiler.catalogue.databases import BURSTABLE, INSIGHTS, NAMESPACE, SLOW, TEN_MINUTES_OF_CREDITS
from compiler.catalogue.facts import ResourceFacts
from compiler.catalogue.rds_disk import LATENCY_RULES, QUEUE_RULES, SPACE_RULES
from compiler.catalogue.rule import Chosen, Metric, Rule, When, critical, warning

SMALL_MEMORY = 4 * 1024**3  # bytes; below it max_connections is up to a quarter under AWS's formula

CONNECTIONS = Chosen(
    text="80 % of max_connections; 65 % below 4 GiB of memory",
    of=lambda f: 65 if _small(f) else 80,
)
CONNECTIONS_CRITICAL = Chosen(
    text="90 % of max_connections; 72 % below 4 GiB of memory",
    of=lambda f: 72 if _small(f) else 90,
)

POSTGRES = When(text="PostgreSQL", holds=lambda f: f.engine == "postgres")
REPLICA = When(text="read replicas (`replica: true`)", holds=lambda f: "replica" in f.flags)


def _small(facts: ResourceFacts) -> bool:
    return facts.max_connections_estimated and facts.memory < SMALL_MEMORY


RULES = (
    Rule(
        alertname="RDSHighCPU",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("CPUUtilization", "Average"),),
        operator=">",
        unit="percent",
        key="cpu",
        key_unit="percent",
        category="cpu",
        what="CPU",
        impact=SLOW,
        levels=(
            warning(80, 10, 10, "The team's requirement: AWS recommends 90 %, this leaves time to act before it.", "R"),
            critical(90, 5, 5, "AWS recommends 90 % for 5 minutes.", "A,P"),
        ),
    ),
    Rule(
        alertname="RDSHighConnections",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("DatabaseConnections", "Average"),),
        operator=">",
        unit="count",
        key="connections",
        key_unit="percent",
        share_of="max_connections",
        category="database",
        what="Number of connections",
        impact="New connections are refused at the limit: the application fails to reach its database.",
        band=True,
        levels=(
            warning(
                CONNECTIONS,
                5,
                5,
                "{percent} % of max_connections ({max_connections}, {max_connections_from}): time to find a leak.",
                "A,P",
            ),
            critical(
                CONNECTIONS_CRITICAL,
                5,
                5,
                "{percent} % of max_connections ({max_connections}, {max_connections_from}); AWS names 90 to 95 %.",
                "A,P",
                down=True,
            ),
        ),
    ),
    Rule(
        alertname="RDSLowMemory",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("FreeableMemory", "Average"),),
        operator="<",
        unit="bytes",
        key="free_memory",
        key_unit="percent",
        share_of="memory",
        category="memory",
        what="Freeable memory",
        impact="The database starts swapping, then the engine is killed and restarts: an outage of minutes.",
        levels=(
            warning(
                10,
                15,
                15,
                "{percent} % of the {memory} of {instance_class}: AWS gives no number, the class decides.",
                "A,X",
            ),
            critical(
                5,
                15,
                15,
                "{percent} % of the {memory} of {instance_class}: what is left is less than one busy minute can take.",
                "A,X",
            ),
        ),
    ),
    *SPACE_RULES,
    Rule(
        alertname="RDSTransactionIDWraparound",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("MaximumUsedTransactionIDs", "Average"),),
        operator=">",
        unit="count",
        key="transaction_ids",
        key_unit="count",
        category="database",
        what="Age of the oldest transaction ID",
        impact="Near 2.1 billion PostgreSQL stops accepting writes until a vacuum has run, which takes hours.",
        when=POSTGRES,
        high=2_000_000_000,
        levels=(
            warning(
                500_000_000, 1, 1, "Autovacuum acts at 200 million: at 500 million it has been failing for long.", "X"
            ),
            critical(1_000_000_000, 1, 1, "AWS recommends 1 billion, half way to the stop.", "A,P"),
        ),
    ),
    *LATENCY_RULES,
    Rule(
        alertname="RDSReplicaLag",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("ReplicaLag", "Maximum"),),
        operator=">",
        unit="seconds",
        key="replica_lag",
        key_unit="seconds",
        category="database",
        what="Replica lag",
        impact="Readers see stale data, and a promotion would lose the data that has not arrived.",
        missing="breaching",
        missing_why="a replica that reports no lag is not replicating",
        when=REPLICA,
        high=86_400,
        levels=(
            warning(60, 10, 10, "AWS recommends 60 s for 10 minutes.", "A,P"),
            critical(900, 10, 10, "A quarter of an hour behind does not catch up by itself under load.", "X"),
        ),
    ),
    Rule(
        alertname="RDSReplicationBroken",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("ReplicaLag", "Minimum"),),
        operator="<",
        unit="seconds",
        key="",
        category="database",
        what="Replica lag",
        says="{called} is no longer replicating",
        impact="The replica receives no more changes: its readers see ever staler data.",
        missing="notBreaching",
        missing_why="RDSReplicaLag already fires when nothing is reported",
        when=REPLICA,
        levels=(critical(0, 5, 5, "RDS reports -1 while replication does not run.", "X"),),
    ),
    Rule(
        alertname="RDSHighLoad",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("DBLoad", "Average"),),
        operator=">",
        unit="count",
        key="load",
        key_unit="percent",
        share_of="vcpus",
        category="cpu",
        what="Number of active sessions",
        impact=SLOW,
        when=INSIGHTS,
        high=1000,
        levels=(
            warning(
                100,
                15,
                15,
                "{percent} % of the {vcpus} vCPUs: above it sessions wait for a processor or for each other.",
                "A,X",
            ),
        ),
    ),
    Rule(
        alertname="RDSSwapping",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("SwapUsage", "Average"),),
        operator=">",
        unit="bytes",
        key="swap",
        key_unit="bytes",
        period=300,
        category="memory",
        what="Swap in use",
        impact=SLOW,
        high=1024**4,
        levels=(
            warning(
                256 * 1024**2,
                3,
                3,
                "256 MiB is the value of cloudposse's module: a little swap is normal, this is a lack of memory.",
                "C",
            ),
        ),
    ),
    *QUEUE_RULES,
    Rule(
        alertname="RDSLowCPUCredits",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("CPUCreditBalance", "Minimum"),),
        operator="<",
        unit="count",
        key="cpu_credits",
        key_unit="count",
        period=300,
        category="cpu",
        what="CPU credit balance",
        impact="Without credits the instance falls to its baseline, or every further minute is charged.",
        when=BURSTABLE,
        high=10_000,
        levels=(
            warning(
                TEN_MINUTES_OF_CREDITS,
                2,
                3,
                "That is 10 minutes of full load on {vcpus} vCPUs: a credit is a vCPU for a minute.",
                "X",
            ),
        ),
    ),
    Rule(
        alertname="RDSNotReporting",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("CPUUtilization", "SampleCount"),),
        operator="<",
        unit="count",
        key="",
        category="availability",
        what="Number of measurements",
        says="{called} reports nothing",
        impact="The database is stopped, rebooting or deleted: nobody can reach it.",
        missing="breaching",
        missing_why="an outage of RDS shows as a gap in its metrics",
        levels=(
            critical(
                1, 5, 5, "An instance that runs reports its CPU each minute; an outage shows as a gap.", "X", down=True
            ),
        ),
    ),
)
