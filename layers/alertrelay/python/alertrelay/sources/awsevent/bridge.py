"""Events by EventBridge: a reader by service and detail-type, else by what all events have."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Alert
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent import (
    caches,
    compliance,
    compute,
    containers,
    cost,
    databases,
    development,
    health,
    jobs,
    mail,
    observing,
    operations,
    security,
    storage,
    trail,
)
from alertrelay.sources.awsevent.draft import AlertDraft, alerts_of
from alertrelay.sources.awsevent.event import Event, event_of, is_event
from alertrelay.sources.awsevent.general import Reader, general

_TABLES = (
    caches.READERS,
    compliance.READERS,
    compute.READERS,
    containers.READERS,
    cost.READERS,
    databases.READERS,
    development.READERS,
    health.READERS,
    jobs.READERS,
    mail.READERS,
    observing.READERS,
    operations.READERS,
    security.READERS,
    storage.READERS,
    trail.READERS,
)
READERS: Mapping[str, Reader] = {kind.lower(): reader for table in _TABLES for kind, reader in table.items()}
"""By detail-type in lower case, else by service as `ecs:`."""

detect = is_event


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert; of an event that holds findings, one a finding."""
    event = event_of(value)
    found = reader_of(event)(event)
    return alerts_of((found,) if isinstance(found, AlertDraft) else found, arrival) or alerts_of(
        (general(event),), arrival
    )


def reader_of(event: Event) -> Reader:
    """Returns the reader that knows such an event."""
    return READERS.get(event.detail_type.lower()) or READERS.get(f"{event.service}:") or general
