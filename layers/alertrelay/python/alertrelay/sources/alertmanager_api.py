"""Alertmanager's API v2: what Prometheus posts to /alerts, what GET /alerts and GET /alerts/groups answer.

Source: prometheus/alertmanager api/v2/openapi.yaml. The older {"status": "success", "data": …} is unwrapped, and so is
the answer of Prometheus's own /api/v1/alerts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from alertrelay.alert import Alert
from alertrelay.sources import alertmanager, levels, own_json
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.values import text as texts

_HOLDERS = ("data", "alerts", "groups")
_OWN_FIELDS = ("annotations", "startsAt", "endsAt", "updatedAt", "activeAt", "generatorURL", "status", "state")
"""What an alert of the API has beside its labels. Own JSON with an alertname among its labels has none of them."""
_ANNOTATIONS = ("summary", "title", "message", "description")


def detect(value: object) -> bool:
    """Recognises a list of what has labels, or one such thing alone, unless that is somebody's own JSON with labels."""
    entries = list(_entries(value, 3))
    if not entries or not all(_is_alert(entry) for entry in entries):
        return False
    first = texts.mapping(entries[0])
    named = "alertname" in texts.mapping(first["labels"]) and not first.keys().isdisjoint(_OWN_FIELDS)
    return named or _in_list(value, 3) or not own_json.detect(first)


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert an entry; a severity or a sentence that stands beside its labels is the alert's too."""
    entries = alertmanager.entries_of({"alerts": [_plain(entry) for entry in _entries(value, 3)]})
    alerts = alertmanager.of_group({"alerts": entries}, arrival, source="alertmanager")
    return tuple(_graded(alert, texts.mapping(entry)) for alert, entry in zip(alerts, entries, strict=True))


def _graded(alert: Alert, entry: Mapping[str, object]) -> Alert:
    """Return the alert with the severity beside its labels where these have none. Its identity is that of the labels,
    so that a resolve without the severity finds it."""
    if "severity" in texts.mapping(entry.get("labels")):
        return alert
    beside = levels.level(Fields.of(entry).text("severity", "severity.label", "priority"))
    return replace(alert, labels={**alert.labels, "severity": beside}) if beside else alert


def _is_alert(entry: object) -> bool:
    fields = texts.mapping(entry)
    return isinstance(fields.get("labels"), dict) and bool(fields["labels"])


def _entries(value: object, depth: int) -> Iterator[object]:
    """Returns the alerts of a list; of a group, its alerts; of an answer, its data."""
    if isinstance(value, list):
        for entry in value:
            yield from _entries(entry, depth - 1) if _holder(entry) and depth else [entry]
        return
    held = _holder(value)
    if held and depth:
        yield from _entries(texts.mapping(value)[held], depth - 1)
    elif value:
        yield value


def _in_list(value: object, depth: int) -> bool:
    """Return whether the alerts stand in a list, however deep."""
    held = _holder(value)
    return isinstance(value, list) or bool(held and depth and _in_list(texts.mapping(value)[held], depth - 1))


def _holder(value: object) -> str:
    fields = texts.mapping(value)
    return next((key for key in _HOLDERS if isinstance(fields.get(key), list | dict)), "")


def _plain(entry: object) -> Mapping[str, object]:
    """As the webhook has it. An answer's status is an object: what is listed fires, silenced or not."""
    fields = texts.mapping(entry)
    status = fields.get("status")
    state = fields.get("state") or (texts.mapping(status).get("state"))
    word = "firing" if isinstance(status, dict) or state else status
    starts = next((fields[key] for key in ("startsAt", "activeAt", "endsAt") if fields.get(key)), None)
    said = {name: fields[name] for name in _ANNOTATIONS if isinstance(fields.get(name), str)}
    notes = {**said, **texts.mapping(fields.get("annotations"))}
    return {**fields, "annotations": notes, "status": word, "startsAt": starts}
