"""Rocket.Chat's REST API: https://developer.rocket.chat/apidocs, chat.postMessage and chat.update.

An answer says in `success` whether it is one, mostly but not always with a status to match.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from alertrelay.channels.rocketchat import RocketChatSettings
from alertrelay.channels.transport.answer import not_its_own, retry_after, shown
from alertrelay.channels.transport.http import Response
from alertrelay.channels.transport.service import Call, asked, taken, token
from alertrelay.notification import Message
from alertrelay.ports import Permanent, RateLimited

_AUTH = frozenset({401, 403})
_LIMITED = "error-too-many-requests"
_WAIT = re.compile(r"wait (\d+) seconds")


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Posts, or changes the group's first message. Where it cannot be changed a new one is posted."""
    settings: RocketChatSettings = call.settings
    place = {"roomId": call.earlier.get("room_id", ""), "msgId": call.earlier.get("message_id", "")}
    if call.edit and all(place.values()):
        response = _ask(call, "chat.update", {**place, "text": message["text"]})
        if response.status != 400 or _limited(response):
            _taken(call, response, settings)
            return call.earlier
    answer = _taken(call, _ask(call, "chat.postMessage", message), settings)
    if call.earlier and not call.edit:
        return call.earlier
    sent = answer.get("message")
    found = {"message_id": sent.get("_id"), "room_id": sent.get("rid")} if isinstance(sent, dict) else {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _ask(call: Call, method: str, body: Mapping[str, Any]) -> Response:
    settings: RocketChatSettings = call.settings
    headers = {"X-Auth-Token": token(call, settings.token), "X-User-Id": token(call, settings.token_id)}
    return asked(call, f"{settings.url.rstrip('/')}/api/v1/{method}", body, headers=headers)


def _limited(response: Response) -> bool:
    answer = response.json() or {}
    return response.status == 429 or _LIMITED in (answer.get("errorType"), answer.get("error"))


def _taken(call: Call, response: Response, settings: RocketChatSettings) -> dict[str, Any]:
    answer = response.json() or {}
    said = shown(str(answer.get("error") or answer.get("message") or ""), *call.secrets.values())
    if _limited(response):
        wait = _WAIT.search(said)
        delay = float(wait[1]) if wait else retry_after(response.headers)
        raise RateLimited(f"{call.peer} answered {response.status}: too many requests", retry_after=delay)
    taken(call, response, said=said, auth=_AUTH)
    if answer.get("success") is False:
        raise Permanent(f"{call.peer} answered {response.status} with a failure: {said} (channel {settings.channel})")
    if answer.get("success") is not True:
        raise not_its_own(call.peer, response, "success")
    return answer
