"""Reads what the anomaly-scorer publishes: alerts in the webhook's shape, with the scorer's own clock (`updatedAt`)."""

from __future__ import annotations

from alertrelay.alert import Alert
from alertrelay.sources import alertmanager
from alertrelay.sources.arrival import Arrival
from alertrelay.values import text as texts

SENDER = "alertrelay/anomaly-scorer"
"""Under `sender`."""


def detect(value: object) -> bool:
    """By its sender."""
    fields = texts.mapping(value)
    return fields.get("sender") == SENDER and isinstance(fields.get("alerts"), list)


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """One alert an entry."""
    return alertmanager.of_group(texts.mapping(value), arrival, source="anomaly")
