"""The panels of the Grafana dashboard, by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SELECTED = 'service=~"$service"'


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
