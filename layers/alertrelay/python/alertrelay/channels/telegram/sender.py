"""Telegram's Bot API: https://core.telegram.org/bots/api, "Making requests", sendMessage and editMessageText.

The token is a part of the address. An answer says in `ok` whether it is success, and with 429 in
`parameters.retry_after` how many seconds to wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alertrelay.channels.telegram import TelegramSettings
from alertrelay.channels.transport.answer import not_its_own, retry_after, shown
from alertrelay.channels.transport.http import Response
from alertrelay.channels.transport.service import Call, asked, taken, token
from alertrelay.notification import Message
from alertrelay.ports import RateLimited
from alertrelay.render.chat_team import untagged

_SENT_ONLY = ("disable_notification", "message_thread_id")
_UNREADABLE = "can't parse entities"
_AUTH = frozenset({401, 404})
"""403 says that the bot was removed from the chat, which no other token mends."""


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Sends, in answer to the group's first message if there is one, or changes that one. Where it cannot be changed a
    new one is sent. A group that became a supergroup has a new number, which its answer names: it is used at once."""
    settings: TelegramSettings = call.settings
    chat_id = settings.chat_id or token(call, settings.chat_id_key)
    first = call.earlier.get("message_id", "")
    chat_id = call.earlier.get("chat_id", chat_id) if first else chat_id
    if call.edit and first:
        changed = {name: value for name, value in message.items() if name not in _SENT_ONLY}
        response = _ask(call, "editMessageText", {**changed, "chat_id": chat_id, "message_id": int(first)})
        if _ok(response) or _unchanged(response):
            return call.earlier
        if response.status != 400:
            _taken(call, response)
    answers: dict[str, Any] = {}
    if first:
        answers["reply_parameters"] = {"message_id": int(first), "allow_sending_without_reply": True}
    response = _ask(call, "sendMessage", {**message, **answers, "chat_id": chat_id})
    if moved := _moved(response):
        chat_id = moved
        response = _ask(call, "sendMessage", {**message, "chat_id": chat_id})
    result = _taken(call, response).get("result")
    sent = result.get("message_id") if isinstance(result, dict) else None
    if first and not call.edit:
        return call.earlier
    return {"message_id": str(sent), "chat_id": chat_id} if isinstance(sent, int) else {}


def _ask(call: Call, method: str, body: Mapping[str, Any]) -> Response:
    """Asks, and once more as plain text where the markup of a text cannot be read: a team's template may leave a tag or
    a sign open, and its message must arrive all the same."""
    settings: TelegramSettings = call.settings
    url = f"{settings.url.rstrip('/')}/bot{token(call, settings.bot_token)}/{method}"
    response = asked(call, url, body)
    if response.status == 400 and _UNREADABLE in str((response.json() or {}).get("description", "")):
        plain = {name: value for name, value in body.items() if name != "parse_mode"}
        if body.get("parse_mode") == "HTML":
            plain["text"] = untagged(str(body["text"]))
        response = asked(call, url, plain)
    return response


def _taken(call: Call, response: Response) -> dict[str, Any]:
    answer = response.json() or {}
    said = shown(str(answer.get("description", "")), *call.secrets.values())
    if response.status == 429:
        wait = _parameters(response).get("retry_after")
        delay = float(wait) if isinstance(wait, int) else retry_after(response.headers)
        raise RateLimited(f"{call.peer} answered 429", retry_after=delay)
    taken(call, response, said=said, auth=_AUTH)
    if answer.get("ok") is not True:
        raise not_its_own(call.peer, response, "ok")
    return answer


def _ok(response: Response) -> bool:
    return response.status == 200 and (response.json() or {}).get("ok") is True


def _unchanged(response: Response) -> bool:
    """Returns whether the message says already what it was to say."""
    said = str((response.json() or {}).get("description", ""))
    return response.status == 400 and "message is not modified" in said


def _parameters(response: Response) -> dict[str, Any]:
    found = (response.json() or {}).get("parameters")
    return found if isinstance(found, dict) else {}


def _moved(response: Response) -> str:
    found = _parameters(response).get("migrate_to_chat_id") if response.status == 400 else None
    return str(found) if isinstance(found, int) else ""
