"""The table of `alertrelay check`: what each listed resource gets, by severity, and what it costs a month."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from alertrelay.values.text import how_many

from compiler.alarms.alarm import Plan, setting_of
from compiler.alarms.plan import plan
from compiler.alarms.slo import plan_slos
from compiler.config_files import environments, read_environment
from compiler.cost.alarms import monthly
from compiler.cost.prices import ALARM_METRIC, COMPOSITE_ALARM
from compiler.cost.table import counted_slos
from compiler.reading.finding import Findings
from compiler.resources.environment import Environment

_HEAD = ("environment", "kind", "resource", "critical", "warning")


def table(folder: Path, *, environment: str | None = None) -> list[str]:
    """The lines, with an empty one at the end; none where no environment is free of errors of its own."""
    rows: list[tuple[str, ...]] = []
    totals: list[str] = []
    for name in (environment,) if environment else environments(folder):
        found, findings = read_environment(folder, name)
        if (
            found is not None
            and (found.resources or found.slos)
            and not any(one.severity == "error" for one in findings)
        ):
            alarms = plan(found.resources, setting_of(found), Findings())
            rows += [*_rows(name, alarms), *((name, "slo", one.objective.id, "1", "1") for one in found.slos)]
            totals.append(_total(name, alarms))
            totals += _slo_total(name, found)
    if not rows:
        return []
    widths = [max(len(row[column]) for row in (_HEAD, *rows)) for column in range(len(_HEAD))]
    return [*(_line(row, widths) for row in (_HEAD, *rows)), "", *totals, ""]


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    left = (f"{cell:<{width}}" for cell, width in zip(row[:3], widths, strict=False))
    right = (f"{cell:>{width}}" for cell, width in zip(row[3:], widths[3:], strict=True))
    return "  ".join((*left, *right))


def _rows(name: str, alarms: Plan) -> list[tuple[str, ...]]:
    counts = Counter((alarm.kind, alarm.resource, alarm.severity) for alarm in alarms.alarms)
    parents = Counter(parent.alertname for parent in alarms.parents)
    return [
        *(
            (name, thing.kind, thing.id, *(str(counts[thing.kind, thing.id, s]) for s in ("critical", "warning")))
            for thing in alarms.watched
        ),
        *((name, "parent", alertname, str(count), "0") for alertname, count in parents.items()),
    ]


def _total(name: str, alarms: Plan) -> str:
    counts = Counter(alarm.severity for alarm in alarms.every)
    return (
        f"{name}: {how_many(counts.total(), 'alarm')}, {counts['critical']} critical and {counts['warning']} warning, "
        f"{len(alarms.parents)} of them parents; about ${monthly(alarms):.2f} a month"
    )


def _slo_total(name: str, environment: Environment) -> list[str]:
    """Returns a line for the objectives: composite alarms, which notify, over the alarms of windows."""
    planned = plan_slos(environment, Findings())
    if not planned.burns:
        return []
    dollars = planned.billed_metrics * ALARM_METRIC.one + len(planned.burns) * COMPOSITE_ALARM.one
    return [
        f"{name}: {counted_slos(len(environment.slos))}: {how_many(len(planned.burns), 'composite alarm')} over "
        f"{how_many(len(planned.windows), 'alarm')} of windows; about ${dollars:.2f} a month"
    ]
