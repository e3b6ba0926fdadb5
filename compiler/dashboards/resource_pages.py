"""The dashboards of alarms and of resources: every state, and each measure with its thresholds drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from compiler.alarms.alarm import MetricAlarm, Plan
from compiler.alarms.slo import SloPlan
from compiler.dashboards.widgets import ORANGE, RED, THIRD, Dashboard, Widget, alarm_lists, graph, split, text

_COLOURS = {"critical": RED, "warning": ORANGE}


def alert_dashboards(plan: Plan, slos: SloPlan) -> list[Dashboard]:
    """Returns the state of every alarm that notifies, the critical ones first."""
    every = [*plan.every, *slos.burns]
    sections = []
    for severity in ("critical", "warning"):
        names = sorted(alarm.name for alarm in every if alarm.severity == severity)
        sections += [[widget] for widget in alarm_lists(f"{severity.capitalize()} alarms", names)]
    return split("alerts", sections)


def resource_dashboards(plan: Plan) -> list[Dashboard]:
    """Returns the measures of each resource, as few dashboards as hold them, a resource whole on one of them."""
    return split("resources", (list(_section(thing.kind, thing.id, plan.alarms)) for thing in plan.watched))


def _section(kind: str, resource: str, alarms: Sequence[MetricAlarm]) -> Iterator[Widget]:
    own = [alarm for alarm in alarms if (alarm.kind, alarm.resource) == (kind, resource)]
    if not own:
        return
    yield text(f"## {kind} {resource}\n{own[0].service}", height=2)
    measures: dict[tuple[Any, ...], list[MetricAlarm]] = {}
    for alarm in own:
        shown = tuple((s.namespace, s.name, s.statistic, *sorted(s.dimensions.items())) for s in alarm.stats)
        measures.setdefault((shown, alarm.expression), []).append(alarm)
    for several in measures.values():
        yield _measure(several)


def _measure(alarms: Sequence[MetricAlarm]) -> Widget:
    """Returns a graph of what alarms watch, with the threshold of each."""
    first = alarms[0]
    rows: list[list[Any]] = []
    if first.expression:
        rows.append([{"expression": first.expression, "label": first.what, "id": "result"}])
    for stat in first.stats:
        named = [part for pair in stat.dimensions.items() for part in pair]
        options = {"stat": stat.statistic, "id": stat.id, **({"visible": False} if first.expression else {})}
        rows.append([stat.namespace, stat.name, *named, options])
    if any(alarm.threshold is None for alarm in alarms) and not first.expression:
        rows.append([{"expression": f"ANOMALY_DETECTION_BAND({first.stats[0].id}, 2)", "label": "expected"}])
    limits = [
        (f"{alarm.severity} {alarm.operator}", alarm.threshold, _COLOURS[alarm.severity])
        for alarm in alarms
        if alarm.threshold is not None
    ]
    title = f"{first.alertname}: {first.what} ({first.unit})"
    return graph(title, rows, width=THIRD, period=first.period, limits=limits, low=None)
