"""Opsgenie: one alert a group, by its alias. Source: docs.opsgenie.com/docs/alert-api, "Create Alert", "Close Alert",
"Acknowledge Alert" (source, user and note, none required).

Message 130, description 15,000, source 100, entity 512, tags 20 of 50, actions 10 of 50, details 8,000 characters.
"""

from __future__ import annotations

from typing import Any

from alertrelay.channels.opsgenie import OpsgenieSettings
from alertrelay.notification import Message, Notification, Reason
from alertrelay.render import facts, notice, plain, wording
from alertrelay.render.team_texts import text as team_text
from alertrelay.render.text import clean, cut, one_line, short

_MESSAGE = 130
_DESCRIPTION = 14_900
_NOTE = 24_000
_DETAIL = 350
_DETAILS = 20
_PRIORITIES = {"critical": "P1", "error": "P2", "warning": "P3", "info": "P5"}
_SOURCE = "alertrelay"


def render(notification: Notification, settings: OpsgenieSettings) -> Message:
    """Returns the body of a new alert, or with `close` or `acknowledge` that of closing or acknowledging the alert of
    `alias`."""
    source = short(settings.source, 100) or _SOURCE
    alias = {"alias": notification.dedup_key}
    if notification.reason is Reason.ACKNOWLEDGED:
        note = cut(notice.acknowledged(notification), _NOTE)
        return {**alias, "acknowledge": {"source": source, "note": note}}
    if wording.over(notification):
        note = cut(wording.headline(notification), 1000)
        return {**alias, "close": {"source": source, "note": note}}
    mark, found = notice.mark(notification), facts.of(notification)
    what = one_line(team_text(notification, "message")) or found.what
    own = cut(team_text(notification, "description"), _DESCRIPTION - plain.FRAME)
    body = plain.framed(notification, own) if own else plain.body(notification, found, listed=100)
    message: dict[str, Any] = {
        **alias,
        "message": cut(f"{mark}: {what}" if mark else what, _MESSAGE),
        "description": cut(body, _DESCRIPTION),
        "note": cut(team_text(notification, "note"), _NOTE),
        "details": _details(notification, found),
        "source": source,
        "priority": settings.priority or _PRIORITIES.get(notification.severity.lower(), "P3"),
        "entity": short(settings.entity or facts.resource(wording.lead(notification)), 512),
        "tags": _listed(settings.tags, 20),
        "actions": _listed(settings.actions, 10),
        "responders": [_responder(one) for one in settings.responders],
    }
    return {name: value for name, value in message.items() if value}


def _details(notification: Notification, found: facts.FactSheet) -> dict[str, str]:
    """Returns the team's details, and ours behind them as far as there is room."""
    own = notification.texts.get("details", {})
    rows = [found.timing, *found.measure, *found.links, *found.where]
    ours = {row.name: cut(row.href or row.text, _DETAIL) for row in rows}
    given = {short(name, 40): cut(clean(str(value)), _DETAIL) for name, value in own.items() if str(value).strip()}
    return dict(list((given | {name: value for name, value in ours.items() if name not in given}).items())[:_DETAILS])


def _listed(text: str, most: int) -> list[str]:
    return [short(one, 50) for one in text.split(",") if one.strip()][:most]


def _responder(one: Any) -> dict[str, str]:
    given = {"id": one.id, "name": one.name, "username": one.username, "type": one.type.lower()}
    return {name: value for name, value in given.items() if value}
