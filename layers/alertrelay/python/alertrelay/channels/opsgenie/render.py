"""Opsgenie: one alert a group, by its alias. Source: docs.opsgenie.com/docs/alert-api, "Create Alert", "Close Alert".

Message 130, description 15,000, source 100, entity 512, tags 20 of 50, actions 10 of 50, details 8,000 characters.
"""

from __future__ import annotations

from typing import Any

from alertrelay.channels.opsgenie import OpsgenieSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import facts, notice, plain, wording
from alertrelay.render.text import cut, short

_MESSAGE = 130
_DESCRIPTION = 14_900
_DETAIL = 350
_DETAILS = 20
_PRIORITIES = {"critical": "P1", "error": "P2", "warning": "P3", "info": "P5"}
_SOURCE = "alertrelay"


def render(notification: Notification, settings: OpsgenieSettings) -> Message:
    """Returns the body of a new alert, or with `close` that of closing the alert of `alias`."""
    source = short(settings.source, 100) or _SOURCE
    alias = {"alias": notification.dedup_key}
    if wording.over(notification):
        note = cut(wording.headline(notification), 1000)
        return {**alias, "close": {"source": source, "note": note}}
    mark, found = notice.mark(notification), facts.of(notification)
    message: dict[str, Any] = {
        **alias,
        "message": cut(f"{mark}: {found.what}" if mark else found.what, _MESSAGE),
        "description": cut(plain.body(notification, found, listed=100), _DESCRIPTION),
        "details": _details(found),
        "source": source,
        "priority": settings.priority or _PRIORITIES.get(notification.severity.lower(), "P3"),
        "entity": short(settings.entity or facts.resource(wording.lead(notification)), 512),
        "tags": _listed(settings.tags, 20),
        "actions": _listed(settings.actions, 10),
        "responders": [_responder(one) for one in settings.responders],
    }
    return {name: value for name, value in message.items() if value}


def _details(found: facts.FactSheet) -> dict[str, str]:
    rows = [found.timing, *found.measure, *found.links, *found.where]
    return {row.name: cut(row.href or row.text, _DETAIL) for row in rows[:_DETAILS]}


def _listed(text: str, most: int) -> list[str]:
    return [short(one, 50) for one in text.split(",") if one.strip()][:most]


def _responder(one: Any) -> dict[str, str]:
    given = {"id": one.id, "name": one.name, "username": one.username, "type": one.type.lower()}
    return {name: value for name, value in given.items() if value}
