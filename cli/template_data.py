"""Reads the data of `alertrelay template render`: JSON in the shape of Alertmanager's webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.render.templates.reading import data_of
from alertrelay.render.templates.values import Data

SHAPE = "the shape of Alertmanager's webhook was expected (docs/templates.md)"
_LABELS = ("groupLabels", "commonLabels", "commonAnnotations")
_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}


def read_data(text: str) -> Data:
    """Return the dot of a notification. Raises ValueError, which names the key that is of another shape."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"JSON was expected: {error}") from None
    if fault := next(_faults(document), ""):
        raise ValueError(f"{fault}; {SHAPE}")
    try:
        return data_of(document)
    except ValueError as error:
        raise ValueError(f"{error}; {SHAPE}") from None


def _faults(document: object) -> Iterator[str]:
    if not isinstance(document, dict):
        yield f"an object was expected, and it is {_name(document)}"
        return
    for key in _LABELS:
        yield from _labels(document, key, key)
    alerts = document.get("alerts")
    if not isinstance(alerts, list | None):
        yield f"alerts: a list was expected, and it is {_name(alerts)}"
        return
    for number, alert in enumerate(alerts or ()):
        place = f"alerts[{number}]"
        if not isinstance(alert, dict):
            yield f"{place}: an object was expected, and it is {_name(alert)}"
            continue
        for key in ("labels", "annotations"):
            yield from _labels(alert, key, f"{place}.{key}")
        for key in ("startsAt", "endsAt"):
            if not isinstance(alert.get(key), str | None):
                yield f"{place}.{key}: a time as text was expected, and it is {_name(alert[key])}"


def _labels(holder: Mapping[str, Any], key: str, place: str) -> Iterator[str]:
    found = holder.get(key)
    if not isinstance(found, dict | None):
        yield f"{place}: an object of texts was expected, and it is {_name(found)}"
        return
    for name, value in (found or {}).items():
        if not isinstance(value, str):
            yield f"{place}.{name}: a text was expected, and it is {_name(value)}"


def _name(value: object) -> str:
    return _NAMES.get(type(value), "a number")
