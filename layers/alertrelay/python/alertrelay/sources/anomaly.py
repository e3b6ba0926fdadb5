"""Reads what the anomaly-scorer publishes: alerts in the webhook's shape, with the scorer's own clock (`updatedAt`)."""

from __future__ import annotations

from dataclasses import replace

from alertrelay.alert import Alert, rfc3339
from alertrelay.sources import alertmanager
from alertrelay.sources.arrival import Arrival
from alertrelay.values import shadow
from alertrelay.values import text as texts

SENDER = "alertrelay/anomaly-scorer"
"""Under `sender`."""


def detect(value: object) -> bool:
    """By its sender."""
    fields = texts.mapping(value)
    return fields.get("sender") == SENDER and isinstance(fields.get("alerts"), list)


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert an entry. The digest of a day in shadow is an event, of the time at which it was due."""
    return tuple(map(_digest, alertmanager.of_group(texts.mapping(value), arrival, source="anomaly")))


def _digest(alert: Alert) -> Alert:
    if alert.name != shadow.ALERT:
        return alert
    return replace(alert, kind="event", ends_at=None, state_key=f"{alert.fingerprint}:{rfc3339(alert.starts_at)}")
