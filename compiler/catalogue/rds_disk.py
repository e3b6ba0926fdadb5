"""Defines the alarms of the disks of RDS instances."""

from __future__ import annotations

from compiler.catalogue.databases import NAMESPACE, SLOW
from compiler.catalogue.rule import Metric, Rule, When, critical, warning

FULL_DISK = "A full disk stops the database: it refuses writes, then connections, until storage is added."
EBS_BURSTS = When(text="classes whose EBS throughput bursts", holds=lambda f: f.ebs_bursts)
GP2 = When(text="gp2 volumes below 1 TiB", holds=lambda f: f.storage_type == "gp2" and f.storage < 1024 * 1024**3)

SPACE_RULES = (
    Rule(
        alertname="RDSLowStorage",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("FreeStorageSpace", "Minimum"),),
        operator="<",
        unit="bytes",
        key="free_storage",
        key_unit="percent",
        share_of="storage",
        category="disk",
        what="Free storage",
        impact=FULL_DISK,
        levels=(
            warning(
                20,
                5,
                5,
                "{percent} % of the {storage} allocated: storage cannot be grown again for 6 hours after a change.",
                "X",
            ),
            critical(
                10, 5, 5, "{percent} % of the {storage} allocated, where AWS sets its own alarm.", "A,P", down=True
            ),
        ),
    ),
    Rule(
        alertname="RDSLowThroughputBalance",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("EBSByteBalance%", "Average"),),
        operator="<",
        unit="percent",
        key="ebs_byte_balance",
        key_unit="percent",
        category="disk",
        what="EBS throughput credit",
        impact="At 0 % the disk falls back to the baseline of the class, and queries wait for it.",
        when=EBS_BURSTS,
        levels=(warning(10, 3, 3, "AWS recommends 10 %.", "A,P"),),
    ),
    Rule(
        alertname="RDSLowIOBalance",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("EBSIOBalance%", "Average"),),
        operator="<",
        unit="percent",
        key="ebs_io_balance",
        key_unit="percent",
        category="disk",
        what="EBS I/O credit",
        impact="At 0 % the disk falls back to the baseline of the class, and queries wait for it.",
        when=EBS_BURSTS,
        levels=(warning(10, 3, 3, "AWS recommends 10 %.", "A,P"),),
    ),
)
"""What is free, and the credit of classes whose EBS volumes burst."""

LATENCY_RULES = (
    Rule(
        alertname="RDSHighReadLatency",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("ReadLatency", "p90"),),
        operator=">",
        unit="seconds",
        key="read_latency",
        key_unit="seconds",
        category="disk",
        what="Read latency of the disk",
        impact=SLOW,
        missing="notBreaching",
        missing_why="an idle disk reports nothing",
        high=10,
        levels=(
            warning(
                0.02, 5, 5, "20 ms is ten times what an SSD volume needs; AWS names the statistic and no number.", "X"
            ),
            critical(0.1, 5, 5, "100 ms is felt by every user; AWS names the statistic and no number.", "X"),
        ),
    ),
    Rule(
        alertname="RDSHighWriteLatency",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("WriteLatency", "p90"),),
        operator=">",
        unit="seconds",
        key="write_latency",
        key_unit="seconds",
        category="disk",
        what="Write latency of the disk",
        impact="Commits slow down, and connections pile up until the pool is exhausted.",
        missing="notBreaching",
        missing_why="an idle disk reports nothing",
        high=10,
        levels=(
            warning(
                0.02, 5, 5, "20 ms is ten times what an SSD volume needs; AWS names the statistic and no number.", "X"
            ),
            critical(0.1, 5, 5, "100 ms a write makes every commit felt; AWS names the statistic and no number.", "X"),
        ),
    ),
)
"""How long a read and a write take."""

QUEUE_RULES = (
    Rule(
        alertname="RDSHighDiskQueue",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("DiskQueueDepth", "Average"),),
        operator=">",
        unit="count",
        key="disk_queue",
        key_unit="count",
        period=300,
        category="disk",
        what="Number of waiting disk requests",
        impact=SLOW,
        high=100_000,
        levels=(warning(64, 3, 3, "64 is the value of cloudposse's module.", "C"),),
    ),
    Rule(
        alertname="RDSLowBurstBalance",
        parts=("instance",),
        namespace=NAMESPACE,
        metrics=(Metric("BurstBalance", "Average"),),
        operator="<",
        unit="percent",
        key="burst_balance",
        key_unit="percent",
        period=300,
        category="disk",
        what="Burst credit of the gp2 volume",
        impact="At 0 % the volume falls back to 3 IOPS a GiB, and queries wait for it.",
        when=GP2,
        levels=(warning(20, 2, 2, "20 % is the value of cloudposse's module.", "C"),),
    ),
)
"""What waits for the disk, and the credit of a small gp2 volume."""
