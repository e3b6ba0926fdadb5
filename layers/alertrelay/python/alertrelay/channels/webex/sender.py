"""Webex: https://developer.webex.com/docs/api/v1/messages, "Create a Message" and "Edit a Message"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertrelay.channels.transport.answer import not_its_own, shown
from alertrelay.channels.transport.http import Response
from alertrelay.channels.transport.service import Call, asked, authorized, taken
from alertrelay.channels.webex import WebexSettings
from alertrelay.notification import Message

_ID = re.compile(r"[A-Za-z0-9_=-]{8,200}")
_NOT_CHANGED = frozenset({400, 404})
"""A message was changed ten times already, or was deleted."""
_AUTH = frozenset({401, 403})
"""404 is a room that the bot is not in, which no other token mends."""


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Posts, in the thread of the group's first message if there is one, or changes that one. Where it cannot be
    changed, or its thread is not there any more, a new one is posted."""
    settings: WebexSettings = call.settings
    headers = authorized(call, settings.auth)
    first = call.earlier.get("message_id", "")
    if call.edit and first:
        edited = asked(call, f"{settings.url.rstrip('/')}/{first}", message, method="PUT", headers=headers)
        if edited.status not in _NOT_CHANGED:
            _taken(call, edited)
            return call.earlier
    thread = {"parentId": first} if first and not call.edit else {}
    response = asked(call, settings.url, {**message, **thread}, headers=headers)
    if thread and response.status in _NOT_CHANGED:
        response = asked(call, settings.url, message, headers=headers)
    sent = _taken(call, response)
    if thread:
        return call.earlier
    return {"message_id": sent} if _ID.fullmatch(sent) else {}


def _taken(call: Call, response: Response) -> str:
    """Returns the id of the message that was posted or changed, which a success is."""
    answer = response.json() or {}
    said = answer.get("message")
    text = shown(said, *call.secrets.values()) if isinstance(said, str) else ""
    taken(call, response, said=text, auth=_AUTH)
    if not isinstance(sent := answer.get("id"), str):
        raise not_its_own(call.peer, response, "id")
    return sent
