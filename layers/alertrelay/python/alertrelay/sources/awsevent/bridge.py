"""Events by EventBridge: by service and detail-type to who can tell of it, else by what all events have."""

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
from alertrelay.sources.awsevent.event import Event, event_of, is_event
from alertrelay.sources.awsevent.general import Teller, general
from alertrelay.sources.awsevent.told import Told, alerts_of

_TABLES = (
    caches.TELLERS,
    compliance.TELLERS,
    compute.TELLERS,
    containers.TELLERS,
    cost.TELLERS,
    databases.TELLERS,
    development.TELLERS,
    health.TELLERS,
    jobs.TELLERS,
    mail.TELLERS,
    observing.TELLERS,
    operations.TELLERS,
    security.TELLERS,
    storage.TELLERS,
    trail.TELLERS,
)
TELLERS: Mapping[str, Teller] = {kind.lower(): teller for table in _TABLES for kind, teller in table.items()}
"""By detail-type in lower case, else by service as `ecs:`."""

detect = is_event


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """One alert; of an event that holds findings, one a finding."""
    event = event_of(value)
    found = teller_of(event)(event)
    return alerts_of((found,) if isinstance(found, Told) else found, arrival) or alerts_of((general(event),), arrival)


def teller_of(event: Event) -> Teller:
    """Returns the reader that knows such an event."""
    return TELLERS.get(event.detail_type.lower()) or TELLERS.get(f"{event.service}:") or general
