"""Plans the alarms of an environment: each with its number, its sentence and its metadata. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from compiler.alarms.alarm import (
    CompositeAlarm,
    MetricAlarm,
    Plan,
    Setting,
    alarm_name,
    description_of,
    labels_of,
    setting_of,
)
from compiler.alarms.clusters import cluster_alarms
from compiler.alarms.part import Part, Watched
from compiler.alarms.rule_alarm import rule_alarm
from compiler.alarms.sentence import parent_sentence
from compiler.alarms.watched import watched
from compiler.catalogue.facts import FactMissing, ResourceFacts
from compiler.catalogue.rule import Rule
from compiler.catalogue.table import CATALOGUE, PARENTS, Parent
from compiler.reading.finding import Findings
from compiler.resources.environment import Environment
from compiler.resources.resource import Resource


def plan(resources: Iterable[Resource], setting: Setting, findings: Findings) -> Plan:
    """Returns every alarm of every resource. What cannot be derived is a finding at the resource, and its alarm is left
    out."""
    things = tuple(watched(resource) for resource in resources)
    alarms: dict[str, MetricAlarm] = {}
    for thing in things:
        for part, rule in _pairs(thing):
            for level in rule.levels:
                name = alarm_name(setting.environment, thing.kind, part.name, rule.alertname, level.severity)
                if part.shared and name in alarms:
                    continue
                alarm = rule_alarm(name, thing, part, rule, level, setting, findings)
                if alarm is not None and name in alarms:
                    _twice(alarm, alarms[name], findings)
                elif alarm is not None:
                    alarms[name] = alarm
        _unused(thing, findings)
    found = tuple(alarms.values())
    parents = tuple(_parents(found, things, setting, findings))
    whole = tuple(cluster_alarms(parents, things, setting, findings))
    return Plan(alarms=found, parents=(*parents, *whole), watched=things)


def alarm_stacks(environment: Environment) -> Mapping[str, Plan]:
    """Returns the alarms of a checked environment by the name of their further stack, "" the first, which is always
    there.

    A resource says its stack itself (`stack: orders`): a split by number would move alarms between stacks when a
    resource is added, and CloudFormation refuses to make an alarm whose name another stack still has.
    """
    whole = plan(environment.resources, setting_of(environment), Findings())
    names = dict.fromkeys(["", *(alarm.stack for alarm in whole.alarms)])
    return {
        name: Plan(
            alarms=tuple(alarm for alarm in whole.alarms if alarm.stack == name),
            parents=tuple(parent for parent in whole.parents if parent.stack == name),
            watched=tuple(thing for thing in whole.watched if thing.watch.stack == name),
        )
        for name in names
    }


def _pairs(thing: Watched) -> Iterator[tuple[Part, Rule]]:
    for rule in _rules(thing):
        for part in thing.parts:
            if part.kind in rule.parts:
                yield part, rule


def _rules(thing: Watched) -> Iterator[Rule]:
    for rule in CATALOGUE[thing.kind]:
        if rule.when is None or _holds(rule, thing.facts):
            yield rule


def _holds(rule: Rule, facts: ResourceFacts) -> bool:
    try:
        return rule.when is None or rule.when.holds(facts)
    except FactMissing:
        return True  # asked for again where the alarm is made, which says what is missing


def _parents(
    alarms: Sequence[MetricAlarm], things: Sequence[Watched], setting: Setting, findings: Findings
) -> Iterator[CompositeAlarm]:
    """Yields one for each service, kind of trouble and cluster (so that it joins the notification of its parts)."""
    groups: dict[tuple[str, str, str, str], list[MetricAlarm]] = {}
    for alarm in alarms:
        parent = PARENTS.get(alarm.kind)
        if parent and alarm.down:
            groups.setdefault((parent.alertname, alarm.service, alarm.cluster, alarm.stack), []).append(alarm)
    by_alertname = {parent.alertname: parent for parent in PARENTS.values()}
    for (alertname, service, cluster, stack), children in groups.items():
        first = next(t for t in things if t.id == children[0].resource and t.kind == children[0].kind)
        named = f"{cluster}.{service}" if cluster and cluster != service else service
        name = alarm_name(setting.environment, "service", f"{named}.{stack}" if stack else named, alertname, "critical")
        parent = by_alertname[alertname]
        found = _parent(name, parent, first, children, setting)
        if found is None:
            message = f"the description of {alertname} is longer than the 1,024 characters that CloudWatch takes"
            findings.error(first.watch.at("labels"), "too-long", message, "shorten the labels")
        else:
            yield found


def _parent(
    name: str, parent: Parent, first: Watched, children: Sequence[MetricAlarm], setting: Setting
) -> CompositeAlarm | None:
    labels = labels_of(setting, first, {"category": "availability", "service": children[0].service})
    text = parent_sentence(parent, children[0].service, [(c.alertname, c.resource) for c in children])
    description = description_of(
        text, parent.alertname, "critical", labels, parent.impact, parent.runbook, first, setting
    )
    if description is None:
        return None
    return CompositeAlarm(
        name=name,
        alertname=parent.alertname,
        severity="critical",
        resource=first.id,
        kind=first.kind,
        service=children[0].service,
        description=description,
        labels=labels,
        runbook=parent.runbook,
        children=tuple(child.name for child in children),
        stack=children[0].stack,
        place=first.watch.at(),
    )


def _twice(alarm: MetricAlarm, earlier: MetricAlarm, findings: Findings) -> None:
    message = f"{alarm.name!r} would be the name of two alarms, the first for line {earlier.place.line}"
    findings.error(alarm.place, "duplicate-alarm", message, "two resources have one name: remove or rename one")


def _unused(thing: Watched, findings: Findings) -> None:
    """Reports a number, a band or a page for an alarm that this resource does not have."""
    used = list(_rules(thing))
    kinds = {part.kind for part in thing.parts}
    there = [rule for rule in used if kinds & set(rule.parts)]
    watch = thing.watch
    keys = {
        rule.threshold_key(level.severity)
        for rule in there
        for level in rule.levels
        if not (rule.key in watch.anomaly and level.severity == "warning")
    }
    for key in watch.thresholds:
        if key not in keys:
            message = f"{thing.id} has no alarm with the threshold {key!r}"
            findings.warning(watch.at(f"thresholds.{key}"), "unused", message, "docs/alarms.md says when it has one")
    for alertname in watch.runbooks:
        if alertname not in {rule.alertname for rule in there}:
            message = f"{thing.id} has no alarm {alertname}"
            findings.warning(
                watch.at(f"runbooks.{alertname}"), "unused", message, "docs/alarms.md says when it has one"
            )
    for word in watch.anomaly:
        if word not in {rule.key for rule in there if rule.band}:
            message = f"{thing.id} has no alarm for {word!r} to be held against a band"
            findings.warning(watch.at("anomaly"), "unused", message, "docs/alarms.md says when it has one")
