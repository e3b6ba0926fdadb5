"""The dashboard of the error budgets: availability against its target, budget, burn rate, the end, latencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from alertrelay.config.slo import PAIRS, Objective, Signal

from compiler.dashboards.widgets import BLUE, HALF, ORANGE, QUARTER, RED, Dashboard, Widget, graph, split, text
from compiler.reading.duration import spell_duration
from compiler.resources.slo import ListedObjective
from compiler.resources.slo_counted import ALB

OWN = "alertrelay"


def slo_dashboards(environment: str, slos: Sequence[ListedObjective]) -> list[Dashboard]:
    """Returns the dashboards of the objectives, none where there are none."""
    return split("slo", (list(_section(environment, listed.objective)) for listed in slos))


def _section(environment: str, objective: Objective) -> Iterator[Widget]:
    window = spell_duration(objective.window)
    said = f"{objective.percent:g} % of {window}, {objective.allowed_minutes:.1f} min of error budget"
    yield text(f"## {objective.id}\n{objective.service}: {said}", height=2)
    yield graph("Budget left (%)", [_own(environment, objective, "SloBudgetRemaining")], width=QUARTER, **_NUMBER)
    consumed = [_own(environment, objective, "SloMinutesConsumed")]
    yield graph(f"Minutes spent of {objective.allowed_minutes:.1f}", consumed, width=QUARTER, **_NUMBER)
    end = [_own(environment, objective, "SloHoursToExhaustion")]
    yield graph("Hours to the end, at the last hour's rate", end, width=QUARTER, **_NUMBER)
    yield graph("Availability now (%)", _availability(objective, 300), width=QUARTER, **_NUMBER)
    target = [(f"target {objective.percent:g} %", objective.percent, RED)]
    yield graph(
        "Availability of each 5 minutes (%)",
        _availability(objective, 300),
        width=HALF,
        period=300,
        limits=target,
        low=None,
    )
    rates = [_own(environment, objective, "SloBurnRate", "window", f"{pair.long // 3_600}h") for pair in PAIRS]
    limits = [
        (f"{spell_duration(pair.long)}: {pair.factor(objective.window):.3g}x", pair.factor(objective.window), colour)
        for pair, colour in zip(PAIRS, (RED, RED, ORANGE, ORANGE), strict=True)
    ]
    yield graph("Burn rate over each window", rates, width=HALF, period=300, limits=limits)
    budget = [_own(environment, objective, "SloBudgetRemaining")]
    spent = [("spent", 0, RED), ("a quarter left", 25, ORANGE)]
    yield graph("Budget left (%)", budget, width=HALF, period=300, limits=spent, low=None)
    if latencies := list(_latencies(objective)):
        yield graph("Latency, p95 and p99", latencies, width=HALF, period=300, limits=_threshold(objective))


_NUMBER: dict[str, Any] = {"view": "singleValue", "period": 300}


def _own(environment: str, objective: Objective, name: str, *further: str) -> list[Any]:
    dimensions = ["env", environment, "service", "slo", "slo", objective.id, *further]
    return [OWN, name, *dimensions, {"stat": "Average", **({"label": f"over {further[1]}"} if further else {})}]


def _availability(objective: Objective, period: int) -> list[list[Any]]:
    """Returns the rows of the share of good events in percent, in metric math over what is counted."""
    if objective.application_signals:
        return [["AWS/ApplicationSignals", "AttainmentRate", "SloName", objective.application_signals,
                 {"stat": "Average"}]]  # fmt: skip
    ids = {signal.key: f"m{place}" for place, signal in enumerate(objective.signals)}
    rows = [_row(signal, {"id": ids[signal.key], "visible": False, "period": period}) for signal in objective.signals]

    def summed(signals: Sequence[Signal]) -> str:
        return " + ".join(f"FILL({ids[signal.key]}, 0)" for signal in signals)

    total = summed(objective.total)
    if objective.rank:
        good = ids[objective.rank.key]
    elif objective.good:
        good = f"100 * FILL({ids[objective.good.key]}, 0) / ({total})"
    else:
        good = f"100 * (1 - ({summed(objective.bad)}) / ({total}))"
    return [[{"expression": good, "label": "good", "id": "good", "color": BLUE}], *rows]


def _latencies(objective: Objective) -> Iterator[list[Any]]:
    """Yields p95 and p99 of the latency that is counted, else of the load balancer that is."""
    base = objective.rank or next((s for s in objective.total if s.namespace == ALB), None)
    for statistic in ("p95", "p99") if base else ():
        assert base is not None
        name = base.name if objective.rank else "TargetResponseTime"
        signal = Signal(namespace=base.namespace, name=name, dimensions=base.dimensions, statistic=statistic)
        yield _row(signal, {"label": statistic})


def _threshold(objective: Objective) -> list[tuple[str, float, str]]:
    if objective.rank is None:
        return []
    value = float(objective.rank.statistic.removeprefix("PR(:").removesuffix(")"))
    return [(f"threshold {value:g}", value, RED)]


def _row(signal: Signal, options: dict[str, Any]) -> list[Any]:
    named = [part for pair in signal.dimensions.items() for part in pair]
    return [signal.namespace, signal.name, *named, {"stat": signal.statistic, **options}]
