"""Tries PagerDuty without a message.

Sources: the answer to a key that does not live (docs/answers.md); a resolve of an unknown dedup_key does nothing
(PagerDuty, Events API v2 overview).
"""

from __future__ import annotations

from typing import Any

from cli.probes.http import ask, authorised, connect
from cli.probes.row import NotTaken
from cli.probes.secret import Values, value_of


def probe(settings: Any, values: Values) -> str:
    """A resolve of a key that no incident has: PagerDuty takes it, and does nothing."""
    key = value_of(values, settings.key_name)
    if settings.service_key:
        return connect(settings.url, name="PagerDuty") + " (Events v1)"
    event = {"routing_key": key, "event_action": "resolve", "dedup_key": "alertrelay-check-live"}
    answer = ask("POST", settings.url, name="PagerDuty", json=event)
    if answer.status == 400:
        mend = f"put the integration key (32 characters) of an Events API v2 integration under {settings.routing_key}"
        raise NotTaken("not authorised", "PagerDuty refused the routing key", mend)
    authorised(answer, name="PagerDuty", key=settings.routing_key)
    return "took a resolve that names no incident"
