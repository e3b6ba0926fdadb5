"""The alert that an update of a CloudWatch alarm makes."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Alert, Labels, Source, Status, fingerprint
from alertrelay.sources import alarm_words, burn_rate, charted_metric, levels, metadata
from alertrelay.sources.alarm_update import AlarmMetric, AlarmUpdate, Child
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.origin import origin
from alertrelay.sources.severity import of_topic
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn, alarm_link

_STATUS: Mapping[str, Status] = {"OK": "resolved", "ALARM": "firing", "INSUFFICIENT_DATA": "unknown"}


def alert_of(update: AlarmUpdate, arrival: Arrival, *, source: Source) -> Alert:
    """Returns the alert of an update. A state that CloudWatch does not document counts as firing: a page beats silence.

    An alarm that would fire but is held back at its source is unknown, and its annotation `suppressed_by` says why."""
    meta = metadata.read(update.description, update.tags)
    status = _STATUS.get(update.state.upper(), "firing")
    if status == "unknown" and meta.insufficient_data_fires:
        status = "firing"
    held_back = update.suppressed_by if status == "firing" else ""
    if held_back:
        status = "unknown"
    metric, shared = _the_metric(update.metrics), _shared_dimensions(update.metrics)
    labels = _labels(update, meta, metric, shared, topic=of_topic(arrival.envelope.topic_arn))
    changed = update.changed_at or arrival.at
    return Alert(
        labels=labels,
        annotations={
            **alarm_words.notes_of(update, meta, metric=metric, shared=shared),
            **(texts.annotation_set([("suppressed_by", held_back)]) if held_back else {}),
            **(charted_metric.note(update) if arrival.charts else {}),
        },
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


def child_of(child: object) -> Child:
    """Reads a composite alarm's child.

    The documentation has names or ARNs, messages have {"Arn", "State": {"Value"}}, events the same in lower case.
    """
    fields = {key.lower(): value for key, value in texts.mapping(child).items()}
    arn = texts.field(fields, "arn") if fields else texts.printable(child)
    states = {key.lower(): value for key, value in texts.mapping(fields.get("state")).items()}
    state = texts.field(states, "value")
    return Child(Arn.of(arn).resource.removeprefix("alarm:") or arn, state)


def _labels(
    update: AlarmUpdate,
    meta: metadata.Metadata,
    metric: AlarmMetric | None,
    shared: Labels,
    *,
    topic: Mapping[str, str],
) -> Labels:
    """Return dimensions and contributor attributes under their own names; what the alarm itself is called wins.

    A dimension that loses its name to another value is kept as `dimension_<name>`.
    """
    namespace = _the_namespace(update.metrics)
    attributes = dict(update.contributor_attributes)
    if levels.level(attributes.get("severity")):
        del attributes["severity"]
    named = texts.label_set([*shared.items(), *attributes.items()])
    ours = texts.label_set(
        [
            ("alertname", update.name),
            ("severity", _severity(update, topic.get("severity", ""))),
            ("category", _category(update, topic)),
            *origin(named, namespace).items(),
            *((key, named[key]) for key in ("team", "plane", "category") if key in named),
            ("log_group", update.log_groups[0] if len(update.log_groups) == 1 else ""),
            *meta.labels.items(),
            ("alarm_name", update.name),
            ("account_id", update.account),
            ("region", update.region),
            ("namespace", namespace),
            ("metric", metric.name if metric else ""),
        ]
    )
    lost = {f"dimension_{name}": value for name, value in named.items() if ours.get(name, value) != value}
    return {**named, **lost, **ours}


def _severity(update: AlarmUpdate, given: str) -> str:
    """Return the severity where no metadata gives one.

    A PromQL alarm's contributor has the labels that the query's author wrote: its `severity` counts as it is. Of any
    other alarm `severity` may be a dimension of the data (log lines by level): like a word in the alarm's name it may
    raise what the topic gives, and never lower it.
    """
    own = levels.level(update.contributor_attributes.get("severity"))
    if own and update.condition.text:
        return own
    return levels.guessed(levels.higher(own, levels.level_in_name(update.name)), given)


def _category(update: AlarmUpdate, topic: Mapping[str, str]) -> str:
    objective = any(burn_rate.is_objective(metric.namespace, metric.name) for metric in update.metrics)
    return "slo" if objective else topic.get("category", "")


def _the_metric(metrics: tuple[AlarmMetric, ...]) -> AlarmMetric | None:
    """Returns the metric that the alarm is about, where it is one: the only one, or the only one that is returned."""
    if len(metrics) == 1:
        return metrics[0]
    returned = [metric for metric in metrics if metric.returned]
    return returned[0] if len(returned) == 1 else None


def _the_namespace(metrics: tuple[AlarmMetric, ...]) -> str:
    namespaces = {metric.namespace for metric in metrics}
    return namespaces.pop() if len(namespaces) == 1 else ""


def _shared_dimensions(metrics: tuple[AlarmMetric, ...]) -> Labels:
    """What all metrics of the alarm have in common: a ratio of two metrics of one service is about that service."""
    if not metrics:
        return {}
    first, *others = (metric.dimensions for metric in metrics)
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}
