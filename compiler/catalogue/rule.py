"""Describes one row of the catalogue: a metric, its threshold, the duration, and the impact on people."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from compiler.catalogue.facts import ResourceFacts

Severity = Literal["critical", "warning"]
Operator = Literal[">", ">=", "<", "<="]
Missing = Literal["missing", "breaching", "notBreaching"]
Unit = Literal["percent", "bytes", "seconds", "milliseconds", "microseconds", "count"]

SOURCES = {
    "A": (
        "AWS, recommended alarms",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
    ),
    "P": (
        "AWS, recommended alarms as PromQL",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best-Practice-Alarms.html",
    ),
    "E": (
        "AWS, which ElastiCache metrics should I monitor",
        "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html",
    ),
    "C": (
        "cloudposse, terraform-aws-rds-cloudwatch-sns-alarms",
        "https://github.com/cloudposse/terraform-aws-rds-cloudwatch-sns-alarms",
    ),
    "D": ("DevOps-Nirvana, Terraform modules", "https://github.com/DevOps-Nirvana"),
    "R": ("the team's requirement", ""),
    "X": ("this project's own choice", ""),
}
"""By the letter that a level's `source` names: who says the number, and where."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the rule's namespace, with its statistic."""

    name: str
    statistic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A threshold that depends on the resource. `text` says the rule for the documentation."""

    text: str
    of: Callable[[ResourceFacts], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The resources that a rule is for. `text` completes "only" in the documentation: "PostgreSQL"."""

    text: str
    holds: Callable[[ResourceFacts], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A severity of a rule: it fires when `datapoints` of the last `of` periods are beyond `threshold`.

    `threshold` is in the unit of the rule's key. `why` is one sentence on where the number comes from; it may name
    facts of the resource in braces. `down`: this is one of the ways in which the resource is down, so it is a part of
    the composite alarm.
    """

    severity: Severity
    threshold: float | Chosen
    datapoints: int
    of: int
    why: str
    source: str  # letters of SOURCES, with commas
    down: bool = False


def warning(threshold: float | Chosen, datapoints: int, of: int, why: str, source: str, *, down: bool = False) -> Level:
    """Returns a Level of severity warning."""
    return Level(
        severity="warning", threshold=threshold, datapoints=datapoints, of=of, why=why, source=source, down=down
    )


def critical(
    threshold: float | Chosen, datapoints: int, of: int, why: str, source: str, *, down: bool = False
) -> Level:
    """Returns a Level of severity critical."""
    return Level(
        severity="critical", threshold=threshold, datapoints=datapoints, of=of, why=why, source=source, down=down
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The watched metric of one part of a resource. Both severities of one trouble share the alertname and the runbook.

    `metrics` is one metric, or the members of `expression` by their letter; none for a query (`promql`, `logs`).
    `share_of` names the fact that the threshold is a percentage of (`memory`): the alarm's own number is then in the
    metric's unit. `key` is the name of the number in an environment's `thresholds`; `low` and `high` bound what a
    person can mean by it.
    """

    alertname: str
    parts: tuple[str, ...]  # which of the resource's sets of dimensions
    namespace: str
    metrics: tuple[Metric, ...]
    operator: Operator
    unit: Unit
    key: str  # "" where the number is no matter of choice
    key_unit: Unit = "count"
    period: int = 60
    missing: Missing = "missing"
    category: str
    what: str  # "CPU", the subject of the sentence
    says: str = ""  # the sentence's beginning where "CPU of … is above …" would say it badly; {called} is the resource
    impact: str
    levels: tuple[Level, ...]
    expression: str = ""
    promql: str = ""  # of an alarm on OpenTelemetry metrics, its threshold included
    logs: str = ""  # the query of an alarm on a log, which counts its lines
    share_of: str = ""
    when: When | None = None
    band: bool = False  # may be held against CloudWatch's anomaly band instead of a number
    band_only: bool = False  # no number would do
    both_sides: bool = False  # of the band: too little is trouble too
    missing_why: str = ""
    low: float = 0
    high: float = 100

    @property
    def runbook(self) -> str:
        """Returns the file's name below runbooks/."""
        return runbook_of(self.alertname)

    def threshold_key(self, severity: Severity) -> str:
        """Returns the key of the number in an environment's `thresholds`: `cpu_percent`, `cpu_critical_percent`, or
        ""."""
        if not self.key or self.band_only:
            return ""
        unit = "" if self.key_unit == "count" else f"_{self.key_unit}"
        return f"{self.key}{'_critical' if severity == 'critical' else ''}{unit}"


def runbook_of(alertname: str) -> str:
    """Returns rds-high-cpu.md for RDSHighCPU."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[0-9][0-9a-z]*", alertname)
    return "-".join(words).lower() + ".md"
