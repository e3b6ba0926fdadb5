"""Compiles what the weekly audit takes of an environment's file: each alarm's number, and where it stands or would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml
from alertrelay.config.alarm_file import AlarmFile, NumberEdit, Tunable

from compiler.alarms.alarm import MetricAlarm
from compiler.alarms.plan import alarm_stacks
from compiler.mending.source import Pair, child, compose, nodes
from compiler.resources.environment import Environment


def alarm_file(environment: Environment, name: str, text: str) -> AlarmFile:
    """Returns the file of a checked environment as an audit reads it. `name` is its path in the repository."""
    root = compose(text)
    places = {} if root is None else dict(_mappings(root))
    alarms = [alarm for plan in alarm_stacks(environment).values() for alarm in plan.alarms]
    limits = {(one.resource, one.alertname): one.tuned for one in alarms if one.severity == "critical"}
    found: dict[str, Tunable] = {}
    for alarm in alarms:
        node = places.get((alarm.place.line, alarm.place.column))
        one = _tunable(alarm, node, text, environment.runbook_base_url)
        limit = limits.get((alarm.resource, alarm.alertname))
        if alarm.severity == "warning" and limit:
            # A warning beyond its critical sibling would come after it.
            rising = alarm.operator.startswith(">")
            one = replace(one, high=limit.number) if rising else replace(one, low=limit.number)
        found[alarm.name] = one
    reviewed = environment.audit.reviewed if environment.audit else ""
    # What stands in the file for a resource; the rest is the catalogue's, which nobody here reviews.
    own = {
        f"{one.id} (line {one.watch.at().line})": one.watch.reviewed
        for one in environment.resources
        if one.watch.thresholds or one.watch.reviewed
    }
    return AlarmFile(name=name, text=text, reviewed=reviewed, reviews=own, alarms=found)


def _mappings(root: yaml.Node) -> Iterator[tuple[tuple[int, int], yaml.MappingNode]]:
    """Yields every mapping by its place, counted from 1."""
    for node in nodes(root):
        if isinstance(node, yaml.MappingNode):
            yield (node.start_mark.line + 1, node.start_mark.column + 1), node


def _tunable(alarm: MetricAlarm, node: yaml.MappingNode | None, text: str, runbooks: str) -> Tunable:
    tuned = alarm.tuned
    return Tunable(
        alarm=alarm.name,
        key=tuned.key if tuned else "",
        number=tuned.number if tuned else None,
        scale=tuned.scale if tuned else 1.0,
        low=tuned.low if tuned else 0.0,
        high=tuned.high if tuned else 0.0,
        operator=alarm.operator,
        period=alarm.period,
        datapoints=alarm.datapoints,
        of=alarm.of,
        missing=alarm.missing,
        runbook=f"{runbooks.rstrip('/')}/{alarm.runbook}" if runbooks else "",
        queries=() if alarm.query else tuple(_queries(alarm)),
        edit=_edit(node, tuned.key, text) if tuned and node is not None else None,
    )


def _queries(alarm: MetricAlarm) -> Iterator[Mapping[str, Any]]:
    """Yields the queries of GetMetricData, of which the last one has the value that the alarm looks at."""
    for place, stat in enumerate(alarm.stats):
        metric = {
            "Namespace": stat.namespace,
            "MetricName": stat.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in stat.dimensions.items()],
        }
        own = {"Metric": metric, "Period": alarm.period, "Stat": stat.statistic}
        yield {"Id": stat.id or f"m{place}", "MetricStat": own, "ReturnData": not alarm.expression}
    if alarm.expression:
        yield {"Id": "value", "Expression": alarm.expression, "Period": alarm.period, "ReturnData": True}


def _edit(node: yaml.MappingNode, key: str, text: str) -> NumberEdit | None:
    """Returns how the number of a key is written: in place of the one that stands there, among others, or with
    `thresholds` anew. None where the resource is written in a line, or shares its thresholds with another."""
    lines = text.splitlines()
    thresholds = child(node, "thresholds")
    if thresholds is None:
        return _with_thresholds(node, key)
    there = child(thresholds.value, key)
    if there is not None and isinstance(there.value, yaml.ScalarNode):
        mark, end = there.value.start_mark, there.value.end_mark
        line = lines[mark.line]
        return NumberEdit(line=mark.line, replaces=1, text=f"{line[: mark.column]}{{number}}{line[end.column :]}")
    return _among(thresholds, key)


def _among(thresholds: Pair, key: str) -> NumberEdit | None:
    value = thresholds.value
    if not isinstance(value, yaml.MappingNode) or value.flow_style or not value.value:
        return None
    first = value.value[0][0].start_mark
    return NumberEdit(line=first.line, replaces=0, text=f"{' ' * first.column}{key}: {{number}}")


def _with_thresholds(node: yaml.MappingNode, key: str) -> NumberEdit | None:
    """Behind the last entry that ends on its own line: where a block ends is where the next one begins."""
    if node.flow_style:
        return None
    space = " " * node.start_mark.column
    for _, value in reversed(node.value):
        if (isinstance(value, yaml.CollectionNode) and value.flow_style) or _one_line(value):
            return NumberEdit(
                line=value.end_mark.line + 1, replaces=0, text=f"{space}thresholds:\n{space}  {key}: {{number}}"
            )
    return None


def _one_line(value: yaml.Node) -> bool:
    return isinstance(value, yaml.ScalarNode) and value.start_mark.line == value.end_mark.line
