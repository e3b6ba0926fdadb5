"""Builds the address of a metric's graph in CloudWatch's console."""

from __future__ import annotations

from datetime import UTC, datetime

from alertrelay.alert import rfc3339
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.values.arn import console

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def graph_link(metric: WatchedMetric, *, region: str, begin: float, end: float) -> str:
    """Returns the link to the metric between two times in seconds; "" where the region is unknown. The console writes
    values so: `~'text`, `~(~one~two)`, `~(key~value)`, with `*` and two hex digits for what is not plain."""
    base = console(region)
    if not base:
        return ""
    if metric.expression:
        result = f"~(~(expression~{_text(metric.expression)}~id~{_text('result')}~label~{_text(metric.name)}))"
        hidden = "".join(f"{_line(metric, name)[:-1]}~(id~{_text(own)}~visible~false))" for own, name in metric.inputs)
        drawn = f"~({result}{hidden})"
    else:
        drawn = f"~({_line(metric, metric.name)})"
    graph = (
        f"~(metrics{drawn}~view~{_text('timeSeries')}~stacked~false~region~{_text(region)}~stat~{_text(metric.statistic)}"
        f"~period~{metric.period}~start~{_text(_time(begin))}~end~{_text(_time(end))})"
    )
    return f"{base}/cloudwatch/home?region={region}#metricsV2:graph={graph}"


def _line(metric: WatchedMetric, name: str) -> str:
    names = [metric.namespace, name, *(part for pair in metric.dimensions for part in pair)]
    return "~(" + "".join(f"~{_text(one)}" for one in names) + ")"


def _time(at: float) -> str:
    return rfc3339(datetime.fromtimestamp(at, UTC))


def _text(value: str) -> str:
    escaped = "".join(char if char in _PLAIN else _escaped(char) for char in value)
    return f"'{escaped}"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"*{code:02x}" if code < 256 else f"**{code:04x}"
