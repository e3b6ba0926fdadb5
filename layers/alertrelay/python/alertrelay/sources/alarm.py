"""A CloudWatch alarm's update, whichever way it came, and the alert that it makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alertrelay.alert import Alert, Labels, Source, Status, fingerprint
from alertrelay.sources import metadata
from alertrelay.sources import reason as reasons
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.severity import DEFAULT, of_topic
from alertrelay.values import text as texts
from alertrelay.values import units
from alertrelay.values.arn import Arn, alarm_link

_STATUS: Mapping[str, Status] = {"OK": "resolved", "ALARM": "firing", "INSUFFICIENT_DATA": "unknown"}
# ElastiCache names a node `<replication group>-001`, or `<group>-0001-001` where the group has shards.
_NODE_OF_GROUP = re.compile(r"(?P<group>.+?)(?:-[0-9]{4})?-[0-9]{3}")
_OPERATORS: Mapping[str, str] = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside",
    "LessThanLowerThreshold": "below",
    "GreaterThanUpperThreshold": "above",
}
_STATISTICS: Mapping[str, str] = {"samplecount": "sample count", "tm": "trimmed mean", "iqm": "interquartile mean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric that an alarm reads. `returned`: it is what the threshold is held against."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    unit: str = ""
    returned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When the alarm fires. `threshold` None: a band, or unknown. Periods are in seconds, 0 where not said."""

    operator: str = ""
    threshold: float | None = None
    period: int = 0
    evaluation_periods: int = 0
    datapoints_to_alarm: int = 0
    expression: str = ""
    expression_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmUpdate:
    """What CloudWatch says about one alarm, or about one contributor of it, at one moment."""

    name: str
    arn: str
    account: str
    region: str  # the code
    state: str
    suppressed_by: str = ""  # its actions are held back, and by what: it may fire, but nobody wants to hear of it
    changed_at: datetime | None
    description: str = ""
    previous_state: str = ""
    reason: str = ""
    reason_data: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    contributor_id: str = ""
    contributor_attributes: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    condition: Condition = field(default_factory=Condition)
    rule: str = ""  # of a composite alarm
    children: tuple[str, ...] = ()  # of a composite alarm: "name (ALARM)"
    notes: Mapping[str, str] = field(default_factory=dict)


def alert_of(update: AlarmUpdate, arrival: Arrival, *, source: Source) -> Alert:
    """The alert of an update. A state that CloudWatch does not document counts as firing: a page beats silence.

    An alarm that would fire but is held back at its source is unknown, and its annotation `suppressed_by` says why.
    """
    meta = metadata.read(update.description, update.tags)
    status = _STATUS.get(update.state.upper(), "firing")
    if status == "unknown" and meta.insufficient_data_fires:
        status = "firing"
    held_back = update.suppressed_by if status == "firing" else ""
    if held_back:
        status = "unknown"
    labels = _labels(update, meta, arrival)
    changed = update.changed_at or arrival.at
    return Alert(
        labels=labels,
        annotations={**_annotations(update, meta), **texts.annotation_set([("suppressed_by", held_back)])},
        status=status,
        kind="alert",
        starts_at=changed,
        ends_at=changed if status == "resolved" else None,
        updated_at=update.changed_at,
        source=source,
        fingerprint=fingerprint(labels),
        state_key=f"{update.arn}#{update.contributor_id}" if update.contributor_id else update.arn,
        generator_url=alarm_link(update.region, update.name),
    )


def child_of(child: object) -> str:
    """A composite alarm's child: "name (ALARM)".

    The documentation has names or ARNs, messages have {"Arn", "State": {"Value"}}, events the same in lower case.
    """
    fields = {key.lower(): value for key, value in texts.mapping(child).items()}
    arn = texts.field(fields, "arn") if fields else texts.printable(child)
    states = {key.lower(): value for key, value in texts.mapping(fields.get("state")).items()}
    state = texts.field(states, "value")
    name = Arn.of(arn).resource.removeprefix("alarm:") or arn
    return f"{name} ({state})" if state else name


def _labels(update: AlarmUpdate, meta: metadata.Metadata, arrival: Arrival) -> Labels:
    """Dimensions and contributor attributes under their own names; what the alarm itself is called wins over them.

    A dimension that loses its name to another value is kept as `dimension_<name>`.
    """
    metric = _the_metric(update.metrics)
    named = texts.label_set([*_shared_dimensions(update.metrics).items(), *update.contributor_attributes.items()])
    ours = texts.label_set(
        [
            ("alertname", update.name),
            ("severity", DEFAULT),
            *([("cluster", cluster_of(named))]),
            *of_topic(arrival.envelope.topic_arn).items(),
            *((key, named[key]) for key in ("service", "env", "team", "plane", "category") if key in named),
            *meta.labels.items(),
            ("alarm_name", update.name),
            ("account_id", update.account),
            ("region", update.region),
            ("namespace", _the_namespace(update.metrics)),
            ("metric", metric.name if metric else ""),
        ]
    )
    lost = {f"dimension_{name}": value for name, value in named.items() if ours.get(name, value) != value}
    return {**named, **lost, **ours}


def cluster_of(named: Labels) -> str:
    """The cluster that a metric's dimensions name, "" for none."""
    for name in ("ClusterName", "DBClusterIdentifier", "ReplicationGroupId"):
        if name in named:
            return named[name]
    node = named.get("CacheClusterId", "")
    match = _NODE_OF_GROUP.fullmatch(node)
    return match["group"] if match else named.get("cluster", node)


def _the_metric(metrics: tuple[Metric, ...]) -> Metric | None:
    """The metric that the alarm is about, where it is one: the only one, or the only one that is returned."""
    if len(metrics) == 1:
        return metrics[0]
    returned = [metric for metric in metrics if metric.returned]
    return returned[0] if len(returned) == 1 else None


def _the_namespace(metrics: tuple[Metric, ...]) -> str:
    namespaces = {metric.namespace for metric in metrics}
    return namespaces.pop() if len(namespaces) == 1 else ""


def _shared_dimensions(metrics: tuple[Metric, ...]) -> Labels:
    """What all metrics of the alarm have in common: a ratio of two metrics of one service is about that service."""
    if not metrics:
        return {}
    first, *others = (metric.dimensions for metric in metrics)
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _annotations(update: AlarmUpdate, meta: metadata.Metadata) -> dict[str, str]:
    seen = reasons.read(update.reason, update.reason_data)
    metric = _the_metric(update.metrics)
    unit = (
        units.unit_of(metric.namespace, metric.name, metric.unit) if metric and not update.condition.expression else ""
    )
    value = units.shown(seen.value, unit) if seen.value is not None else ""
    return texts.annotation_set(
        [
            ("summary", texts.first_sentence(meta.prose) or _what_happened(update, metric, value)),
            ("description", meta.prose),
            *meta.annotations.items(),
            ("value", value),
            ("threshold", _threshold(update.condition, seen, unit)),
            ("condition", _in_words(update.condition, metric, seen, unit)),
            ("expression", update.condition.expression),
            ("reason", update.reason),
            ("previous_state", update.previous_state),
            ("alarm_rule", update.rule),
            ("triggering_alarms", ", ".join(update.children)),
            *update.notes.items(),
        ]
    )


def _what_happened(update: AlarmUpdate, metric: Metric | None, value: str) -> str:
    """A summary where nobody wrote one."""
    contributor = [value for value in update.contributor_attributes.values() if value]
    if not metric or not metric.name:
        about = f" for {', '.join(contributor)}" if contributor else ""
        return texts.one_line(f"Alarm {update.name}{about} is {update.state or 'in no known state'}. {update.reason}")
    about = ", ".join(dict.fromkeys([*metric.dimensions.values(), *contributor]))
    of = f" of {about}" if about else ""
    return texts.one_line(f"{metric.name}{of} is {value}" if value else f"{metric.name}{of}: {update.state}")


def _threshold(condition: Condition, seen: reasons.Seen, unit: str) -> str:
    threshold = seen.threshold if condition.threshold is None else condition.threshold
    if threshold is not None:
        return units.shown(threshold, unit)
    low = units.shown(seen.lower, unit) if seen.lower is not None else ""
    high = units.shown(seen.upper, unit) if seen.upper is not None else ""
    return f"{low} to {high}" if low and high else low or high


def _in_words(condition: Condition, metric: Metric | None, seen: reasons.Seen, unit: str) -> str:
    """CPUUtilization average over 60 s > 80% for 10 of 10 periods."""
    sign = _OPERATORS.get(condition.operator)
    if not sign:
        return ""
    what = condition.expression_label or (metric.name if metric else "") or condition.expression or "the metric"
    statistic = _statistic(metric.statistic) if metric and not condition.expression_label else ""
    threshold = _threshold(condition, seen, unit)
    limit = f"the expected band ({threshold})" if sign.isalpha() and threshold else threshold or "the expected band"
    words = [
        what,
        statistic,
        f"over {condition.period} s" if condition.period else "",
        sign,
        limit,
        _periods(condition),
    ]
    return " ".join(word for word in words if word)


def _statistic(name: str) -> str:
    lower = name.strip().lower()
    return _STATISTICS.get(lower, lower)


def _periods(condition: Condition) -> str:
    if not condition.evaluation_periods:
        return ""
    needed = condition.datapoints_to_alarm or condition.evaluation_periods
    return f"for {needed} of {condition.evaluation_periods} period{'s' if condition.evaluation_periods > 1 else ''}"
