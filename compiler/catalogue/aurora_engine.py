"""Defines the alarms of the engines of Aurora clusters: replication, locks, caches, commits."""

from __future__ import annotations

from compiler.catalogue.databases import NAMESPACE
from compiler.catalogue.rule import Metric, Rule, When, critical, warning

MYSQL = When(text="Aurora MySQL", holds=lambda f: f.engine == "aurora-mysql")
POSTGRES = When(text="Aurora PostgreSQL", holds=lambda f: f.engine == "aurora-postgresql")
BINLOG = When(text="Aurora MySQL with `binlog_replica: true`", holds=lambda f: "binlog_replica" in f.flags)
READERS = When(text="clusters with a reader", holds=lambda f: "readers" in f.flags)
WRITER_AND_READER = ("writer", "reader")

ENGINE_RULES = (
    Rule(
        alertname="AuroraBinlogReplicationBroken",
        parts=("writer",),
        namespace=NAMESPACE,
        metrics=(Metric("AuroraBinlogReplicaLag", "Average"),),
        operator="<=",
        unit="seconds",
        key="",
        category="database",
        what="Binlog replica lag",
        says="{called} receives no binlog from its source",
        impact="The cluster receives no more changes from its source: its data grows stale.",
        when=BINLOG,
        levels=(
            critical(
                -1, 2, 2, "AWS recommends -1, which is what Aurora reports while replication does not run.", "A,P"
            ),
        ),
    ),
    Rule(
        alertname="AuroraBlockedTransactions",
        parts=("writer",),
        namespace=NAMESPACE,
        metrics=(Metric("BlockedTransactions", "Average"),),
        operator=">",
        unit="count",
        key="blocked_transactions",
        key_unit="count",
        category="database",
        what="Number of blocked transactions a second",
        impact="Requests wait for locks and time out.",
        missing="notBreaching",
        missing_why="without transactions there is nothing to block",
        when=MYSQL,
        high=100_000,
        levels=(
            warning(
                5,
                5,
                5,
                "A few blocked transactions are normal under load and 0 would be noise; AWS names no number.",
                "A,X",
            ),
        ),
    ),
    Rule(
        alertname="AuroraLowCacheHitRatio",
        parts=WRITER_AND_READER,
        namespace=NAMESPACE,
        metrics=(Metric("BufferCacheHitRatio", "Average"),),
        operator="<",
        unit="percent",
        key="cache_hit",
        key_unit="percent",
        category="database",
        what="Share of reads that the buffer cache serves",
        impact="Queries read from storage: they slow down, and I/O is charged.",
        levels=(warning(80, 10, 10, "AWS recommends 80 % for 10 minutes.", "A,P"),),
    ),
    Rule(
        alertname="AuroraHistoryListGrowing",
        parts=("writer",),
        namespace=NAMESPACE,
        metrics=(Metric("RollbackSegmentHistoryListLength", "Average"),),
        operator=">",
        unit="count",
        key="history_list",
        key_unit="count",
        category="database",
        what="Length of the undo history",
        impact="Every read goes through old row versions: queries slow down, and a restart takes long.",
        when=MYSQL,
        high=1_000_000_000,
        levels=(warning(1_000_000, 5, 5, "AWS recommends 1,000,000: a transaction is open for too long.", "A,P"),),
    ),
    Rule(
        alertname="AuroraReplicaLag",
        parts=("cluster",),
        namespace=NAMESPACE,
        metrics=(Metric("AuroraReplicaLagMaximum", "Maximum"),),
        operator=">",
        unit="milliseconds",
        key="replica_lag",
        key_unit="milliseconds",
        category="database",
        what="Lag of the slowest reader",
        impact="Readers see stale data; a reader that lags by a minute is restarted by Aurora.",
        missing="notBreaching",
        missing_why="a cluster whose reader is away reports no lag",
        when=READERS,
        high=600_000,
        levels=(warning(2_000, 5, 5, "Aurora's lag is usually below 100 ms: at 2 s a reader cannot keep up.", "X"),),
    ),
    Rule(
        alertname="AuroraDeadlocks",
        parts=("writer",),
        namespace=NAMESPACE,
        metrics=(Metric("Deadlocks", "Average"),),
        operator=">",
        unit="count",
        key="deadlocks",
        key_unit="count",
        category="database",
        what="Number of deadlocks a second",
        impact="Transactions are rolled back: users see errors unless the application retries.",
        missing="notBreaching",
        missing_why="without transactions there is nothing to lock",
        high=10_000,
        levels=(
            warning(0.1, 5, 5, "Six a minute for five minutes is a pattern in the application, not an accident.", "X"),
        ),
    ),
    Rule(
        alertname="AuroraHighCommitLatency",
        parts=("writer",),
        namespace=NAMESPACE,
        metrics=(Metric("CommitLatency", "Average"),),
        operator=">",
        unit="milliseconds",
        key="commit_latency",
        key_unit="milliseconds",
        category="database",
        what="Commit latency",
        impact="Every write waits, and connections pile up.",
        missing="notBreaching",
        missing_why="an idle writer commits nothing",
        high=60_000,
        levels=(
            warning(50, 5, 5, "A commit usually takes below 10 ms; AWS names no number.", "X"),
            critical(200, 5, 5, "200 ms a commit is felt by every user that writes.", "X"),
        ),
    ),
    Rule(
        alertname="AuroraTransactionIDWraparound",
        parts=("writer",),
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
)
