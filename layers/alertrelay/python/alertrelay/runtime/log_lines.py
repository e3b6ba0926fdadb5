"""Writes log lines and metrics in the form that CloudWatch, `alertrelay history` and people's own queries read.

It is the form of Powertools' Logger and Metrics, with which a test compares them; importing those takes a tenth of a
cold start. Metrics are in CloudWatch's Embedded Metric Format
(docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any

Dimensions = tuple[tuple[str, str], ...]
VALUES = 100
"""As many values may one metric of a line have."""
_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}


def shown(level: str, least: str) -> bool:
    """Return whether lines of a level are written where `least` is the lowest; an unknown word is taken for INFO."""
    return _LEVELS[level] >= _LEVELS.get(least.upper(), _LEVELS["INFO"])


def line(level: str, where: str, event: str, keys: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    """Return a line of the log with its end: `keys` stand on every line. Nothing is written for None."""
    trace = os.environ.get("_X_AMZN_TRACE_ID", "").partition(";")[0].removeprefix("Root=")
    found = {
        "level": level,
        "location": where,
        "message": event,
        "timestamp": _stamp(time.time()),
        **keys,
        **fields,
        "xray_trace_id": trace or None,
    }
    kept = {name: value for name, value in found.items() if value is not None}
    text = json.dumps(kept, default=str, separators=(",", ":"), ensure_ascii=False) + "\n"
    return text if text.isascii() else text.encode("utf-8", "replace").decode()  # half a surrogate cannot be written


def _stamp(now: float) -> str:
    """Returns this machine's time, which is UTC in Lambda: `2026-11-20 03:04:05,678+0000`."""
    at = time.localtime(now)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', at)},{int(now % 1 * 1000):03d}{time.strftime('%z', at)}"


def metric_lines(namespace: str, values: Iterable[tuple[str, Dimensions, float]]) -> list[str]:
    """Return the lines of metrics: as few as possible, with the values of each name and set of dimensions."""
    found: dict[Dimensions, dict[str, list[float]]] = {}
    for name, dimensions, value in values:
        found.setdefault(dimensions, {}).setdefault(name, []).append(value)
    first = [
        _document(namespace, of, {name: some[:VALUES] for name, some in names.items()}) for of, names in found.items()
    ]
    more = [
        _document(namespace, of, {name: some[start : start + VALUES]})
        for of, names in found.items()
        for name, some in names.items()
        for start in range(VALUES, len(some), VALUES)
    ]
    return [json.dumps(document, separators=(",", ":")) + "\n" for document in [*_merged(first), *more]]


def _document(namespace: str, dimensions: Dimensions, values: Mapping[str, list[float]]) -> dict[str, Any]:
    named = {key: word for key, word in dimensions if word}  # CloudWatch takes no dimension without a value
    units = [{"Name": name, "Unit": "Seconds" if name.endswith(("Lag", "Latency")) else "Count"} for name in values]
    directive = {"Namespace": namespace, "Dimensions": [list(named)], "Metrics": units}
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **named, **values}


def _merged(documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns as few documents as possible: a line may have several directives, but one value of each name."""
    lines: list[dict[str, Any]] = []
    for document in documents:
        directives = document["_aws"]["CloudWatchMetrics"]
        for one in lines:
            if all(one.get(key, value) == value for key, value in document.items() if key != "_aws"):
                one["_aws"]["CloudWatchMetrics"] += directives
                one.update({**document, "_aws": one["_aws"]})
                break
        else:
            lines.append(document)
    return lines
