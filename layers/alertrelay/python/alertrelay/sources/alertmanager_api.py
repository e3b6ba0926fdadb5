"""Alertmanager's API v2: what Prometheus posts to /alerts, what GET /alerts and GET /alerts/groups answer.

Source: prometheus/alertmanager api/v2/openapi.yaml. The older {"status": "success", "data": …} is unwrapped, and so is
the answer of Prometheus's own /api/v1/alerts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alertrelay.alert import Alert
from alertrelay.sources import alertmanager, own_json
from alertrelay.sources.arrival import Arrival
from alertrelay.values import text as texts

_HOLDERS = ("data", "alerts", "groups")


def detect(value: object) -> bool:
    """A list of what has labels, or one such thing alone, unless that is somebody's own JSON with labels."""
    entries = list(_entries(value, 3))
    if not entries or not all(_is_alert(entry) for entry in entries):
        return False
    return (
        _in_list(value, 3)
        or "alertname" in texts.mapping(texts.mapping(entries[0])["labels"])
        or not own_json.detect(entries[0])
    )


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """One alert an entry."""
    return alertmanager.of_group(
        {"alerts": [_plain(entry) for entry in _entries(value, 3)]}, arrival, source="alertmanager"
    )


def _is_alert(entry: object) -> bool:
    fields = texts.mapping(entry)
    return isinstance(fields.get("labels"), dict) and bool(fields["labels"])


def _entries(value: object, depth: int) -> Iterator[object]:
    """The alerts of a list; of a group, its alerts; of an answer, its data."""
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
    return {**fields, "status": word, "startsAt": starts}
