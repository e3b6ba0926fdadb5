"""The alert of a rehearsal: who is notified of its labels, and how it is published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from alertrelay.alert import Integration, Labels, rfc3339
from alertrelay.config.model import Config, Route
from alertrelay.policy.group_key import group_id
from alertrelay.policy.route import match_routes


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalTarget:
    """An integration that the test alert is to reach, and the group in which the table keeps it."""

    integration: Integration
    gid: str
    route: Route


def targets_of(config: Config, labels: Labels) -> tuple[RehearsalTarget, ...]:
    """Return the integrations that the route tree notifies of an alert with these labels, each in its group."""
    found = {
        RehearsalTarget(integration=target.integration, gid=group_id(target.integration, route, labels), route=route)
        for route in match_routes(config.route, labels)
        for receiver in [config.receiver(route.receiver)]
        for target in (receiver.targets if receiver else ())
    }
    return tuple(sorted(found, key=lambda target: (target.integration, target.gid)))


def as_webhook(labels: Labels, *, annotations: Labels, starts_at: datetime, ends_at: datetime | None) -> str:
    """Returns the alert as Alertmanager's webhook sends one: that shape carries any labels."""
    alert = {
        "status": "resolved" if ends_at else "firing",
        "labels": dict(labels),
        "annotations": dict(annotations),
        "startsAt": rfc3339(starts_at),
        "endsAt": rfc3339(ends_at) if ends_at else "0001-01-01T00:00:00Z",
    }
    envelope = {"version": "4", "receiver": "alertrelay-send-test", "status": alert["status"], "alerts": [alert]}
    return json.dumps(envelope)
