"""Discord's webhooks: https://discord.com/developers/docs/resources/webhook, "Execute Webhook", "Edit Webhook Message".

With `wait=true` the answer is the message; without it an unsaved message gives no error. A 429 names its delay in
seconds, in the header `Retry-After` and more exactly as `retry_after`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from alertrelay.channels.discord import DiscordSettings
from alertrelay.channels.transport.answer import not_its_own, shown
from alertrelay.channels.transport.http import Response
from alertrelay.channels.transport.service import Call, address, asked, taken
from alertrelay.notification import Message

_POSTED_ONLY = ("username", "avatar_url")
_ID = re.compile(r"[0-9]{1,25}")


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Posts, or changes the group's first message. Where that was deleted a new one is posted."""
    settings: DiscordSettings = call.settings
    url, _, query = address(call, settings.webhook_url).partition("?")
    first = call.earlier.get("message_id", "")
    if call.edit and first:
        changed = {name: value for name, value in message.items() if name not in _POSTED_ONLY}
        edited = asked(call, f"{url}/messages/{first}?{query}".rstrip("?"), changed, method="PATCH")
        if not _no_such_message(edited):
            _taken(call, edited)
            return call.earlier
    sent = _taken(call, asked(call, f"{url}?wait=true{'&' if query else ''}{query}", message))
    if first and not call.edit:
        return call.earlier
    return {"message_id": sent} if _ID.fullmatch(sent) else {}


def _taken(call: Call, response: Response) -> str:
    """Returns the id of the message that was posted or changed, which a success is; "" of one without a body."""
    answer = response.json() or {}
    taken(call, response, said=_said(call, answer))
    if response.status == 204:
        return ""
    if not isinstance(sent := answer.get("id"), str):
        raise not_its_own(call.peer, response, "id")
    return sent


def _said(call: Call, answer: Mapping[str, Any]) -> str:
    found = answer.get("message")
    return shown(found, *call.secrets.values()) if isinstance(found, str) else ""


def _no_such_message(response: Response) -> bool:
    """Returns whether the webhook lives and the message does not: 10008, against 10015 for the webhook."""
    return response.status == 404 and (response.json() or {}).get("code") == 10008
