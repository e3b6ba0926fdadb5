"""Counts what alarms on queries scan, and what Amazon Managed Prometheus ingests, keeps and evaluates in a month.

How much a log and a Prometheus write nobody can read in the configuration: `alertrelay cost --log-gb --series` says it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from compiler.alarms.alarm import MetricAlarm
from compiler.cost import prices
from compiler.cost.prices import Price
from compiler.cost.usage import MONTH_MINUTES
from compiler.reading.duration import parse_duration

LOG_GB, SERIES = 10.0, 5_000.0
"""GB that a log takes in a month, and series that a Prometheus sends: assumptions, where nothing else is said."""
SCRAPED_EVERY = 60
"""Seconds between two samples of a series: an assumption."""
EVALUATED_EVERY = "1m"
"""Where a group of rules has no interval of its own: the default of Prometheus and of the service."""
SHARE_OF_SERIES, SAMPLES_READ = 1 / 20, 5
"""A rule reads a twentieth of all series, each with the samples of five minutes: assumptions. One that looks back for
days reads more."""
SAMPLE_BYTES, KEPT_MONTHS = 2, 5
"""Of a sample with its share of the metadata, "typically 1 or 2 bytes", and the 150 days for which a workspace keeps it
where nothing else is set: aws.amazon.com/prometheus/pricing, and the user guide."""
QUERIES, PROMETHEUS = "alarms on queries", "managed_prometheus"
UNPRICED = (
    "CloudWatch also charges the samples that alarms by PromQL scan, by the million, and OpenTelemetry metrics by the "
    "GB; its guide names no price: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/metrics-otel-pricing.html. "
    "A series that is sent each minute is five samples in an alarm's five minutes, about 0.2 million a month"
)

Quantity = tuple[str, float, Price]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryDemand:
    """The alarms on queries of an environment: by PromQL, and on logs, each of which takes `log_gb` a month."""

    promql: int
    logs: int
    log_gb: float

    def quantities(self) -> list[Quantity]:
        """Returns what a month takes. A query on a log reads the time since its last run, so each line once."""
        found = [
            ("alarms by PromQL", float(self.promql), prices.ALARM_METRIC),
            ("alarms on logs", float(self.logs), prices.ALARM_METRIC),
            ("GB of logs that their queries scan", self.logs * self.log_gb, prices.LOG_SCANNED),
        ]
        return [line for line in found if line[1]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusDemand:
    """A workspace of Amazon Managed Prometheus: the series that are sent to it, and evaluations of rules in a month."""

    series: float
    evaluations: float

    def quantities(self) -> list[Quantity]:
        """Returns what a month takes, once the workspace holds as many months as it keeps."""
        samples = self.series * MONTH_MINUTES * 60 / SCRAPED_EVERY
        read = self.evaluations * self.series * SHARE_OF_SERIES * SAMPLES_READ
        return [
            ("samples ingested", samples, prices.PROMETHEUS_SAMPLE),
            ("samples that its rules read", read, prices.PROMETHEUS_READ),
            ("GB that it keeps", samples * SAMPLE_BYTES * KEPT_MONTHS / 2**30, prices.PROMETHEUS_GB),
        ]


def query_demand(alarms: Sequence[MetricAlarm], log_gb: float) -> QueryDemand | None:
    """Returns the demand of the alarms on queries, None where there is none."""
    queried = [alarm for alarm in alarms if alarm.query]
    logs = sum(bool(alarm.log_group) for alarm in queried)
    return QueryDemand(promql=len(queried) - logs, logs=logs, log_gb=log_gb) if queried else None


def prometheus_demand(rules: Mapping[str, str], series: float) -> PrometheusDemand | None:
    """Returns the demand of the rule files that are deployed, by name, None where there is none."""
    if not rules:
        return None
    groups = [group for text in rules.values() for group in yaml.safe_load(text)["groups"]]
    each = (
        len(group["rules"]) * MONTH_MINUTES * 60 / parse_duration(str(group.get("interval") or EVALUATED_EVERY))
        for group in groups
    )
    return PrometheusDemand(series=series, evaluations=sum(each))
