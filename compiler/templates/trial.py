"""Tries a compiled text on a made notification: a field that there is not is found before an alert needs the text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alertrelay.render.templates.budget import TemplateFailure
from alertrelay.render.templates.execute import Program, render
from alertrelay.render.templates.gotime import GoTime
from alertrelay.render.templates.reading import NO_TIME
from alertrelay.render.templates.structured import valued
from alertrelay.render.templates.values import KV, AlertValue, AlertValues, Data

_NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_BEGAN = GoTime(_NOW - timedelta(minutes=5))
_LABELS = {"alertname": "HighCPU", "severity": "critical", "service": "orders", "env": "prod"}
_TEXTS = {
    "summary": "CPU is above 90 %",
    "description": "CPU of orders-1 is 93 %",
    "runbook_url": "https://example.com/",
}


def fault(program: Program, *, as_json: bool = False) -> str:
    """Returns why a text cannot be rendered for a group of which one alert fires and one is resolved, or is no JSON
    where that is asked for; "" where it can be."""
    try:
        made = render(program, _DATA, now=_NOW)
    except TemplateFailure as failure:
        return failure.text
    return "its output is not JSON" if as_json and isinstance(valued(made), str) else ""


def _alert(status: str, ended: GoTime) -> AlertValue:
    return AlertValue(
        Status=status,
        Labels=KV(_LABELS),
        Annotations=KV(_TEXTS),
        StartsAt=_BEGAN,
        EndsAt=ended,
        GeneratorURL="https://prometheus.example.com/graph",
        Fingerprint="cbf29ce484222325",
    )


_DATA = Data(
    Receiver="oncall",
    Status="firing",
    Alerts=AlertValues([_alert("firing", NO_TIME), _alert("resolved", GoTime(_NOW))]),
    NotificationReason="first notification",
    GroupLabels=KV({"alertname": "HighCPU"}),
    CommonLabels=KV(_LABELS),
    CommonAnnotations=KV(_TEXTS),
    ExternalURL="",
)
