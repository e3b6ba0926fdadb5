"""Models a planned alarm, its name, labels and description; and the plan, all alarms of an environment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from alertrelay.alert import Labels

from compiler.alarms.description import describe
from compiler.alarms.part import Watched
from compiler.catalogue.rule import Missing, Operator, Severity
from compiler.reading.finding import Place
from compiler.resources.environment import Environment
from compiler.resources.resource import NOWHERE

NAME_LIMIT = 255  # characters, PutMetricAlarm
LABEL_KEYS = ("service", "env", "cluster", "team", "plane", "category")
"""What the description carries of the labels: what alertrelay.sources reads back. The others are tags only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The part of an Environment that concerns each of its alarms."""

    environment: str
    region: str = ""
    labels: Labels = field(default_factory=dict)
    runbook_base_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """One metric of an alarm. `id` is its letter in the expression."""

    id: str
    namespace: str
    name: str
    statistic: str
    dimensions: Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """The number of an alarm that a person may change: `key` of the resource's `thresholds`, in the file's own unit,
    of which one is `scale` in the metric's."""

    key: str
    number: float
    scale: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricAlarm:
    """An alarm on one metric, on an expression over several, on a learnt band (then without a threshold), or on the
    result of a query."""

    name: str
    alertname: str
    severity: Severity
    what: str
    resource: str
    kind: str
    service: str
    cluster: str
    description: str
    labels: Labels
    runbook: str
    stats: tuple[Stat, ...]
    expression: str
    operator: Operator
    threshold: float | None
    both_sides: bool  # of a band: too little is trouble too
    unit: str
    period: int
    datapoints: int
    of: int
    missing: Missing
    insufficient_data: bool
    down: bool
    stack: str
    query: str = ""  # PromQL with its threshold; of a log_group, what Logs Insights takes
    log_group: str = ""
    tuned: Tuned | None = None
    place: Place = NOWHERE

    @property
    def billed_metrics(self) -> int:
        """Returns the metrics that CloudWatch charges: three for a band, each member of an expression.

        An alarm on a query is charged as one, and for what it scans.
        """
        if self.query:
            return 1
        return 3 if self.threshold is None else len(self.stats)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeAlarm:
    """The parent over other alarms. It fires when one of `children` does, or by `expression`, a rule over them.

    One that is only a part of another's rule notifies nobody (`notifies`).
    """

    name: str
    alertname: str
    severity: Severity
    resource: str
    kind: str
    service: str
    description: str
    labels: Labels
    runbook: str
    children: tuple[str, ...]
    stack: str
    expression: str = ""
    notifies: bool = True
    place: Place = NOWHERE

    @property
    def rule(self) -> str:
        """Returns the rule as PutCompositeAlarm takes it."""
        return self.expression or " OR ".join(f'ALARM("{child}")' for child in self.children)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The alarms of a set of resources."""

    alarms: tuple[MetricAlarm, ...]
    parents: tuple[CompositeAlarm, ...]
    watched: tuple[Watched, ...]

    @property
    def every(self) -> tuple[MetricAlarm | CompositeAlarm, ...]:
        """Returns all of them, the parents last."""
        return (*self.alarms, *self.parents)


def setting_of(environment: Environment) -> Setting:
    """Returns the part of an environment that concerns its alarms."""
    return Setting(
        environment=environment.name,
        region=environment.region,
        labels=environment.labels,
        runbook_base_url=environment.runbook_base_url,
    )


def alarm_name(environment: str, kind: str, name: str, alertname: str, severity: str) -> str:
    """Returns a name that is stable, and unique across the environments of an account. A long one is cut and ends in a
    hash."""
    full = f"{environment}-{kind}-{name}-{alertname}-{severity}"
    if len(full) <= NAME_LIMIT:
        return full
    return f"{full[: NAME_LIMIT - 9]}-{hashlib.sha256(full.encode()).hexdigest()[:8]}"


def description_of(
    text: str,
    alertname: str,
    severity: str,
    labels: Labels,
    impact: str,
    runbook: str,
    thing: Watched,
    setting: Setting,
    *,
    insufficient_data: bool = False,
) -> str | None:
    """Returns the description; None where it does not fit, even without the dashboard and the cluster, which is a
    dimension."""
    base, region = setting.runbook_base_url, setting.region
    page = thing.console.format(region=region) if region and thing.console else ""
    metadata = {
        "alertname": alertname,
        "severity": severity,
        **{key: labels[key] for key in LABEL_KEYS if key in labels},
        "runbook": f"{base.rstrip('/')}/{runbook}" if base else "",
        "dashboard": f"https://{region}.console.aws.amazon.com/{page}" if page else "",
        "impact": impact,
        "insufficient_data": "firing" if insufficient_data else "",
    }
    shorter = {**metadata, "dashboard": ""}
    for attempt in (metadata, shorter, {**shorter, "cluster": ""}):
        try:
            return describe(text, attempt)
        except ValueError:
            continue
    return None


def labels_of(setting: Setting, thing: Watched, rules_own: Mapping[str, str]) -> Labels:
    """Returns the labels of an alarm: those of the environment, of its resource, and `rules_own`."""
    labels = {
        "service": thing.id,
        **setting.labels,
        "env": setting.environment,
        **thing.watch.labels,
        "cluster": thing.cluster,
        **rules_own,
    }
    return {name: value for name, value in labels.items() if value}
