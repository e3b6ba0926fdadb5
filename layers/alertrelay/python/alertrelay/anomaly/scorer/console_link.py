"""Builds the address of a metric's graph: in CloudWatch's console, or on the page of a Prometheus."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from alertrelay.alert import rfc3339
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.config.watch import PrometheusServer
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


def query_link(metric: WatchedMetric, server: PrometheusServer | None, *, begin: float, end: float) -> str:
    """Returns the link to the query on the server's own page, between two times in seconds; "" for Amazon's, which has
    none. https://prometheus.io/docs/visualization/browser/"""
    if server is None or server.authentication == "sigv4":
        return ""
    asked = {"g0.expr": metric.expression, "g0.tab": "0", "g0.range_input": f"{int(end - begin)}s"}
    return f"{server.address}/graph?" + urlencode(
        {**asked, "g0.end_input": f"{datetime.fromtimestamp(end, UTC):%F %T}"}
    )


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
