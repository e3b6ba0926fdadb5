"""Grafana's alerting webhook: Alertmanager's shape with links, values and a state of its own.

Source: Grafana documentation, "Webhook notifier".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alertrelay.alert import Alert
from alertrelay.sources import alertmanager
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.reason import number
from alertrelay.values import text as texts
from alertrelay.values import units

_LINKS: Mapping[str, str] = {
    "dashboard_url": "dashboardURL",
    "panel_url": "panelURL",
    "silence_url": "silenceURL",
    "image_url": "imageURL",
}


def detect(value: object) -> bool:
    """Alertmanager's shape with an organisation, or with links that only Grafana gives."""
    group = texts.mapping(value)
    if not alertmanager.detect(value):
        return False
    return "orgId" in group or any("silenceURL" in texts.mapping(entry) for entry in texts.items(group.get("alerts")))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """One alert an entry. Grafana's fingerprint covers labels that it does not send, so it is taken as it is."""
    group = texts.mapping(value)
    whole = group if group.get("status") else {**group, "status": group.get("state")}
    alerts = alertmanager.of_group(whole, arrival, source="grafana")
    entries = texts.items(group.get("alerts"))
    if not entries:
        return alerts
    return tuple(_with_links(alert, texts.mapping(entry)) for alert, entry in zip(alerts, entries, strict=True))


def _with_links(alert: Alert, entry: Mapping[str, object]) -> Alert:
    found = [("value", _values(entry)), *((name, entry.get(key)) for name, key in _LINKS.items())]
    # What the rule's author wrote wins.
    return replace(alert, annotations={**texts.annotation_set(found), **alert.annotations})


def _values(entry: Mapping[str, object]) -> str:
    """`B=12, C=1`: the values by the name of their query; older versions have only a text."""
    values = texts.mapping(entry.get("values"))
    if not values:
        return texts.field(entry, "valueString")
    shown = []
    for name, value in values.items():
        found = number(value)
        if value is not None:
            shown.append(f"{name}={texts.printable(value) if found is None else units.shown(found)}")
    return ", ".join(shown)
