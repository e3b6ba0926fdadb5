"""Makes one alarm: of a rule, at one severity, for one part of a resource."""

from __future__ import annotations

import math
from dataclasses import replace

from alertrelay.alert import Labels

from compiler.alarms.alarm import MetricAlarm, Setting, Stat, Tuned, description_of, labels_of
from compiler.alarms.part import Part, Watched
from compiler.alarms.sentence import band_sentence, sentence
from compiler.catalogue.facts import FactMissing, ResourceFacts
from compiler.catalogue.rule import Chosen, Level, Rule
from compiler.reading.finding import Findings

_KEYS_TO_GIVE = {
    "memory": "give `memory_gb: …`",
    "vcpus": "give `vcpus: …`",
    "storage": "give `storage_gb: …`",
    "local_storage": "give `local_storage_gb: …`, or `memory_gb: …`",
    "max_connections": "give `max_connections: …`, or `memory_gb: …`",
}


def rule_alarm(
    name: str, thing: Watched, part: Part, rule: Rule, level: Level, setting: Setting, findings: Findings
) -> MetricAlarm | None:
    """Returns the alarm. None, with a finding at the resource, where a fact is missing or its description is too
    long."""
    own = thing.watch.thresholds.get(rule.threshold_key(level.severity))
    threshold = _threshold(thing, rule, level, own, findings)
    if threshold is None:
        return None
    number, scaled = threshold
    banded = rule.key in thing.watch.anomaly and level.severity == "warning"
    text = (
        band_sentence(rule, level, part.called)
        if banded
        else sentence(rule, level, part.called, number, scaled, thing.facts, own=own is not None)
    )
    labels = labels_of(setting, thing, {**part.labels, "category": rule.category})
    description = _description(text, thing, rule, level, labels, setting, findings)
    if description is None:
        return None
    made = _metric_alarm(
        name, thing, part, rule, level, labels, description=description, threshold=None if banded else scaled
    )
    return made if banded else replace(made, tuned=_tuned(rule, level, number, scaled))


def _tuned(rule: Rule, level: Level, number: float, scaled: float) -> Tuned | None:
    key = rule.threshold_key(level.severity)
    if not key:
        return None
    return Tuned(key=key, number=number, scale=scaled / number if number else 1.0, low=rule.low, high=rule.high)


def _threshold(
    thing: Watched, rule: Rule, level: Level, own: float | None, findings: Findings
) -> tuple[float, float] | None:
    """Returns the number of a level, `own` where the resource sets one, and the same in the metric's unit; None where a
    fact is missing for it, which is a finding."""
    try:
        if rule.when is not None:
            rule.when.holds(thing.facts)
        number = _number(level, thing.facts) if own is None else own
        return number, _scaled(rule, number, thing.facts)
    except FactMissing as missing:
        _unknown(thing, missing, findings)
        return None


def _gap_fires(thing: Watched, rule: Rule) -> bool:
    """Only where a gap is not counted as one of the two other states can the state be INSUFFICIENT_DATA."""
    return thing.watch.insufficient_data and rule.missing == "missing"


def _runbook(thing: Watched, rule: Rule) -> str:
    return thing.watch.runbooks.get(rule.alertname, rule.runbook)


def _description(
    text: str, thing: Watched, rule: Rule, level: Level, labels: Labels, setting: Setting, findings: Findings
) -> str | None:
    found = description_of(
        text,
        rule.alertname,
        level.severity,
        labels,
        rule.impact,
        _runbook(thing, rule),
        thing,
        setting,
        insufficient_data=_gap_fires(thing, rule),
    )
    if found is None:
        message = "the description of its alarms is longer than the 1,024 characters that CloudWatch takes"
        findings.error(thing.watch.at("labels"), "too-long", message, "shorten the labels or the runbook's address")
    return found


def _metric_alarm(
    name: str,
    thing: Watched,
    part: Part,
    rule: Rule,
    level: Level,
    labels: Labels,
    *,
    description: str,
    threshold: float | None,
) -> MetricAlarm:
    """`threshold` is in the metric's unit, None for a learnt band."""
    return MetricAlarm(
        name=name,
        alertname=rule.alertname,
        severity=level.severity,
        what=rule.what,
        resource=thing.id,
        kind=thing.kind,
        service=labels["service"],
        cluster=thing.cluster,
        description=description,
        labels=labels,
        runbook=_runbook(thing, rule),
        stats=_stats(rule, part),
        expression=rule.expression,
        operator=rule.operator,
        threshold=threshold,
        both_sides=threshold is None and rule.both_sides,
        unit=rule.unit,
        period=rule.period,
        datapoints=level.datapoints,
        of=level.of,
        missing=rule.missing,
        insufficient_data=_gap_fires(thing, rule),
        down=level.down,
        stack=thing.watch.stack,
        query=_query(rule, part, threshold),
        log_group=part.dimensions["LogGroup"] if rule.logs else "",
        place=thing.watch.at(),
    )


def _query(rule: Rule, part: Part, threshold: float | None) -> str:
    if not rule.promql:
        return rule.logs
    filled = rule.promql.replace("$service", part.dimensions["service.name"])
    return filled.replace("$threshold", f"{threshold:g}")


def _stats(rule: Rule, part: Part) -> tuple[Stat, ...]:
    return tuple(
        Stat(
            id="abcdefghij"[index],
            namespace=rule.namespace,
            name=metric.name,
            statistic=metric.statistic,
            dimensions=part.dimensions,
        )
        for index, metric in enumerate(rule.metrics)
    )


def _number(level: Level, facts: ResourceFacts) -> float:
    return level.threshold.of(facts) if isinstance(level.threshold, Chosen) else level.threshold


def _scaled(rule: Rule, number: float, facts: ResourceFacts) -> float:
    """Scales to the metric's unit. Counts and bytes are whole: nobody has half a connection."""
    if not rule.share_of:
        return number
    scaled = facts.number(rule.share_of) * number / 100
    return math.floor(scaled) if rule.unit in ("bytes", "count") and scaled >= 10 else round(scaled, 2)


def _unknown(thing: Watched, missing: FactMissing, findings: Findings) -> None:
    message = f"{missing.fact} of {thing.id} is not known, and a threshold depends on it"
    findings.error(thing.watch.at("class"), "unknown-number", message, _KEYS_TO_GIVE.get(missing.fact, ""))
