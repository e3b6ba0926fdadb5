"""Holds the anomaly-scorer's entries as plain values, which its function reads from one JSON file without any YAML.

`AnomalyConfig.to_json()` and `AnomalyConfig.from_json()` are inverse.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from alertrelay.alert import Labels

SCHEMA = 1
Direction = Literal["high", "low", "both"]
Sensitivity = Literal["low", "normal", "high"]
Mode = Literal["shadow", "assist", "alert", "adaptive"]
Calendar = Literal["every-day", "business"]
Source = Literal["cloudwatch", "prometheus"]
Authentication = Literal["none", "bearer", "basic", "sigv4"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusServer:
    """A server that speaks Prometheus' HTTP API. `address` is that before /api/v1/query_range; `secret_key` is where
    the environment's secret has its token, or `user:password`; `region` is what a request to Amazon's is signed for."""

    address: str
    authentication: Authentication = "none"
    secret_key: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One entry. Without `metric` it is every metric of the namespace that the dimensions and tags fit.

    A dimension's value may hold `*`; `tags` are those of the resource that the dimensions name. `environments` are
    those that watch it, all of them where it is empty. `expression` is GetMetricData's own math over `inputs`, metrics
    of the namespace with these dimensions by the names that it uses; `metric` is then the name of its result.

    `limit` is where the metric is full, or has run out, on the side of `direction`; None where it has none.

    Of the `source` prometheus `expression` is a query in PromQL, and each series that it has is a metric.
    """

    name: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    tags: Mapping[str, str]
    statistic: str
    period: int  # seconds
    unit: str  # only shown: "ms"
    direction: Direction  # which side is trouble
    sensitivity: Sensitivity
    severity: Mapping[str, float]  # from which score on, by severity
    labels: Labels
    mode: Mode
    calendar: Calendar = "every-day"
    environments: tuple[str, ...] = ()
    expression: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    source: Source = "cloudwatch"
    limit: float | None = None

    @property
    def exact(self) -> bool:
        """Returns whether it names one metric, which needs no looking for."""
        if self.source == "prometheus":
            return False
        return bool(self.metric) and not self.tags and not any("*" in value for value in self.dimensions.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyConfig:
    """The file's values. `timezone` is that of the people whose day the metrics follow; on a holiday nothing of a
    business calendar is notified or learned, since it is like no other day. A run asks for `max_metrics` at most.

    `shadow_digest` is when, in that time zone, the findings of a day in shadow are notified (`09:00`), "" for never.

    `environment`, `labels` (which every alert has) and `runbook_base_url` are the environment's, "" before
    `for_environment`.
    """

    max_metrics: int
    timezone: str
    holidays: tuple[date, ...]
    watches: tuple[Watch, ...]
    environment: str = ""
    labels: Labels = field(default_factory=dict)
    runbook_base_url: str = ""
    shadow_digest: str = ""
    prometheus: PrometheusServer | None = None

    @property
    def every(self) -> int:
        """Returns the seconds between two runs: the shortest period of any entry."""
        return min((watch.period for watch in self.watches), default=300)

    @property
    def hash(self) -> str:
        """Names the content."""
        content = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def for_environment(self, name: str, *, labels: Labels, runbook_base_url: str) -> AnomalyConfig:
        """Returns the configuration of one environment's function: the entries that it watches."""
        watches = tuple(w for w in self.watches if not w.environments or name in w.environments)
        asked = any(watch.source == "prometheus" for watch in watches)
        return dataclasses.replace(
            self,
            watches=watches,
            environment=name,
            labels=dict(labels),
            runbook_base_url=runbook_base_url,
            prometheus=self.prometheus if asked else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Returns plain JSON."""
        holidays = [day.isoformat() for day in self.holidays]
        return {"schema": SCHEMA, **dataclasses.asdict(self), "holidays": holidays}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AnomalyConfig:
        """Raises ValueError for another schema than ours: a function and its configuration ship together."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"anomaly configuration schema {data.get('schema')!r} found, {SCHEMA} expected")
        values = {name: value for name, value in data.items() if name != "schema"}
        watches = [{**watch, "environments": tuple(watch["environments"])} for watch in values["watches"]]
        return cls(
            **{
                **values,
                "holidays": tuple(date.fromisoformat(day) for day in values["holidays"]),
                "watches": tuple(Watch(**watch) for watch in watches),
                "prometheus": PrometheusServer(**server) if (server := values.get("prometheus")) else None,
            }
        )
