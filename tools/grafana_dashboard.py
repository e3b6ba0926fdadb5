"""Writes the template of the Grafana dashboard: rules/templates/services.json, from the panels that stand here.

python -m tools.grafana_dashboard [--check]

The model is Grafana's dashboard schema 39, https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/
view-dashboard-json-model/. Numbers of thresholds are parameters of the rules, so a rendered dashboard draws the lines
at which its alerts fire.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "rules" / "templates" / "services.json"
WIDTH = 24
_NUMBER = re.compile(r'"<(\w+)>"')
SELECTED = 'service=~"$service"'
SOURCE = {"type": "prometheus", "uid": "$datasource"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel: queries by legend, and the thresholds that are drawn: a parameter of the rules by its colour."""

    title: str
    queries: Mapping[str, str]
    text: str = ""
    unit: str = "short"
    thresholds: Mapping[str, str] | None = None
    kind: str = "timeseries"
    width: int = 8
    height: int = 7


SLO = (
    Panel(
        title="Budget left",
        queries={"{{service}} {{slo}}": f"100 * service:slo_budget:remaining_ratio{{{SELECTED}}}"},
        unit="percent",
        kind="stat",
        text="Of the budget of ${slo_window}; below 0 it is overspent.",
    ),
    Panel(
        title="Objective",
        queries={"{{service}} {{slo}}": f"100 * service:slo_objective:ratio{{{SELECTED}}}"},
        unit="percent",
        kind="stat",
    ),
    Panel(
        title="Availability of the last 5 minutes",
        queries={"{{service}}": f"100 * (1 - service:error_ratio:rate5m{{{SELECTED}}})"},
        unit="percent",
        kind="stat",
    ),
    Panel(
        title="Days until the budget is spent",
        queries={
            "{{service}} {{slo}}": (
                f"30 * clamp_min(service:slo_budget:remaining_ratio{{{SELECTED}}}, 0) "
                f"/ (service:slo_burn:rate6h{{{SELECTED}}} > 0)"
            )
        },
        unit="d",
        kind="stat",
        text="At the rate of the last 6 hours, for a window of 30 days.",
    ),
    Panel(
        title="Burn rate, 1 h and 5 min",
        queries={
            "{{service}} {{slo}} 1 h": f"service:slo_burn:rate1h{{{SELECTED}}}",
            "{{service}} {{slo}} 5 min": f"service:slo_burn:rate5m{{{SELECTED}}}",
        },
        thresholds={"<burn_1h>": "red"},
        text="ErrorBudgetBurningFast, where both are above the line.",
    ),
    Panel(
        title="Burn rate, 6 h and 3 d",
        queries={
            "{{service}} {{slo}} 6 h": f"service:slo_burn:rate6h{{{SELECTED}}}",
            "{{service}} {{slo}} 3 d": f"service:slo_burn:rate3d{{{SELECTED}}}",
        },
        thresholds={"<burn_3d>": "orange", "<burn_6h>": "red"},
        text="ErrorBudgetBurningSlow above the lower line, ErrorBudgetBurningFast above the upper one.",
    ),
)
HEALTH = (
    Panel(title="Services up", queries={"{{service}}": f"service:up:max{{{SELECTED}}}"}, kind="stat"),
    Panel(
        title="Alerts that fire",
        queries={"{{alertname}} {{service}} {{severity}}": f'ALERTS{{alertstate="firing",{SELECTED}}}'},
        kind="table",
        width=16,
    ),
)
REQUESTS = (
    Panel(
        title="Requests",
        queries={
            "{{service}}": f"service:requests:rate5m{{{SELECTED}}}",
            "{{service}} usual": f"service:requests:baseline_avg{{{SELECTED}}}",
        },
        unit="reqps",
    ),
    Panel(
        title="Errors",
        queries={"{{service}}": f"100 * service:error_ratio:rate5m{{{SELECTED}}}"},
        unit="percent",
        thresholds={"<error_percent>": "orange", "<critical_error_percent>": "red"},
    ),
    Panel(
        title="Response times",
        queries={
            "{{service}} p95": f"service:latency_seconds:p95{{{SELECTED}}}",
            "{{service}} p99": f"service:latency_seconds:p99{{{SELECTED}}}",
        },
        unit="s",
        thresholds={"<p95_seconds>": "orange", "<slow_seconds>": "red"},
    ),
    Panel(
        title="Exceptions",
        queries={"{{service}} {{${exception_type}}}": f"service:exceptions:rate5m{{{SELECTED}}}"},
        unit="cps",
        thresholds={"<exceptions_per_second>": "orange"},
    ),
    Panel(
        title="Refused with 429",
        queries={"{{service}}": f"service:rate_limited:rate5m{{{SELECTED}}}"},
        unit="reqps",
        thresholds={"<rate_limit_near_per_second>": "yellow", "<rate_limited_per_second>": "orange"},
    ),
    Panel(
        title="Calls of dependencies that fail",
        queries={
            "{{service}} {{dependency}}": (
                f"100 * (1 - sum by (service, dependency) "
                f"(rate(${{dependency_calls}}{{${{dependency_success}},{SELECTED}}}[5m])) "
                f"/ sum by (service, dependency) (rate(${{dependency_calls}}{{{SELECTED}}}[5m])))"
            )
        },
        unit="percent",
        thresholds={"<dependency_error_percent>": "orange"},
    ),
)
RESOURCES = (
    Panel(
        title="CPU",
        queries={"{{instance}}": f"100 * instance:cpu:ratio{{{SELECTED}}}"},
        unit="percent",
        thresholds={"<cpu_elevated_percent>": "orange", "<cpu_percent>": "red"},
    ),
    Panel(
        title="Memory",
        queries={"{{instance}}": f"100 * instance:memory:ratio{{{SELECTED}}}"},
        unit="percent",
        thresholds={"<memory_elevated_percent>": "orange", "<memory_percent>": "red"},
    ),
    Panel(
        title="Disks",
        queries={"{{instance}} {{mountpoint}}": f"100 * instance:disk:ratio{{{SELECTED}}}"},
        unit="percent",
        thresholds={"<disk_percent>": "orange"},
    ),
)
WORK = (
    Panel(
        title="Queues",
        queries={"{{queue}}": f"max by (queue) (${{queue_depth}}{{{SELECTED}}})"},
        thresholds={"<queue_messages>": "orange"},
    ),
    Panel(
        title="Runs of jobs",
        queries={"{{job_name}} {{outcome}}": f"sum by (job_name, outcome) (increase(${{job_runs}}{{{SELECTED}}}[1h]))"},
    ),
    Panel(
        title="Transactions an hour",
        queries={
            "{{service}}": f"service:transactions:increase1h{{{SELECTED}}}",
            "{{service}} a week ago": f"service:transactions:increase1h{{{SELECTED}}} offset 1w",
        },
    ),
)
ROWS: Mapping[str, Sequence[Panel]] = {
    "Objectives": SLO,
    "Health": HEALTH,
    "Requests": REQUESTS,
    "Resources": RESOURCES,
    "Work": WORK,
}


def dashboard() -> dict[str, Any]:
    """Returns the dashboard as Grafana imports it."""
    return {
        "uid": "alertrelay-services",
        "title": "Services",
        "description": "Made by `alertrelay rules render` from rules/templates/services.json.",
        "tags": ["alertrelay"],
        "timezone": "browser",
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "schemaVersion": 39,
        "templating": {"list": _variables()},
        "annotations": {"list": [_annotation()]},
        "panels": list(_panels()),
    }


def _variables() -> list[dict[str, Any]]:
    return [
        {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus"},
        {
            "type": "query",
            "name": "service",
            "label": "Service",
            "datasource": SOURCE,
            "query": "label_values(service:up:max, service)",
            "multi": True,
            "includeAll": True,
            "refresh": 2,
            "current": {"selected": True, "text": "All", "value": "$__all"},
        },
    ]


def _annotation() -> dict[str, Any]:
    return {
        "name": "Restarts",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": "blue",
        "expr": f'ALERTS{{alertname="Restarted",alertstate="firing",{SELECTED}}}',
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for title, panels in ROWS.items():
        number += 1
        at = {"x": 0, "y": top, "w": WIDTH, "h": 1}
        yield {"type": "row", "id": number, "title": title, "collapsed": False, "gridPos": at, "panels": []}
        top, left, height = top + 1, 0, 0
        for panel in panels:
            if left + panel.width > WIDTH:
                top, left = top + height, 0
            number += 1
            at = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            yield _panel(panel, number, at)
            left, height = left + panel.width, panel.height
        top += height


def _panel(panel: Panel, number: int, at: Mapping[str, int]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    steps += [{"color": colour, "value": value} for value, colour in (panel.thresholds or {}).items()]
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.thresholds:
        defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
    found: dict[str, Any] = {
        "type": panel.kind,
        "id": number,
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": at,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {
                "refId": "ABCDEF"[index],
                "datasource": SOURCE,
                "expr": expr,
                "legendFormat": legend,
                "instant": panel.kind == "table",
                "range": panel.kind != "table",
            }
            for index, (legend, expr) in enumerate(panel.queries.items())
        ],
    }
    return {**found, "description": panel.text} if panel.text else found


def template() -> str:
    """Returns the text of the template: `"<name>"` is a number, which stands there without quotes."""
    return _NUMBER.sub(r"${\1}", json.dumps(dashboard(), indent=2, ensure_ascii=False)) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; 1 where --check finds a template that is not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.grafana_dashboard", description="Writes the dashboard")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where the template is not current")
    args = parser.parse_args(argv)
    new = template()
    if PAGE.exists() and PAGE.read_text("utf-8") == new:
        return 0
    if not args.check:
        PAGE.write_text(new, "utf-8")
    print(f"{PAGE.name}: {'is not current' if args.check else 'written'}", file=sys.stderr)
    return int(args.check)


if __name__ == "__main__":
    sys.exit(main())
