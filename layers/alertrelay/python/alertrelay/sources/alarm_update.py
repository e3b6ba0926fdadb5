"""One update of a CloudWatch alarm, whichever way it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmMetric:
    """One metric that an alarm reads. `returned`: it is what the threshold is held against. `id` is what expressions
    call it by."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    unit: str = ""
    returned: bool = True
    id: str = ""


@dataclass(frozen=True, slots=True)
class Child:
    """An alarm that a composite alarm consists of. `state` is "" where the message does not give it."""

    name: str
    state: str

    def __str__(self) -> str:
        return f"{self.name} ({self.state})" if self.state else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The condition of an alarm. `threshold` None: a band, or unknown. Periods are in seconds, 0 where not given.

    `subject` and `counted` are of an alarm on the results of a query: "count(*)", "query result". `text` is the whole
    condition of an alarm that has no threshold (PromQL). `steps` are all expressions of metric math by their ids.
    """

    operator: str = ""
    threshold: float | None = None
    period: int = 0
    evaluation_periods: int = 0
    datapoints_to_alarm: int = 0
    expression: str = ""
    expression_label: str = ""
    subject: str = ""
    counted: str = "period"
    schedule: str = ""
    text: str = ""
    steps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmUpdate:
    """The state of one alarm, or of one contributor of it, at one moment."""

    name: str
    arn: str
    account: str
    region: str  # the code
    state: str
    suppressed_by: str = ""  # what holds its actions back: it may fire, but nobody is to be notified
    evaluation: str = ""  # why it is not evaluated in full, in CloudWatch's word: EVALUATION_ERROR
    changed_at: datetime | None
    description: str = ""
    previous_state: str = ""
    reason: str = ""
    reason_data: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    contributor_id: str = ""
    contributor_attributes: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[AlarmMetric, ...] = ()
    condition: Condition = field(default_factory=Condition)
    log_groups: tuple[str, ...] = ()  # of a log alarm
    rule: str = ""  # of a composite alarm
    children: tuple[Child, ...] = ()  # of a composite alarm
    notes: Mapping[str, str] = field(default_factory=dict)
