"""Telegram's Bot API, as far as a sender can see: sendMessage and editMessageText.

https://core.telegram.org/bots/api
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.channels.telegram import CHANNEL, TelegramSettings

from local.standins.peer import Peer, PeerAnswer, Request, strings
from local.standins.service import JsonService

_PATH = re.compile(r"(?:/.*)?/bot([^/]+)/(sendMessage|editMessageText)")
_TAG = re.compile(r"</?(?:b|i|code|pre|a)(?: href=\"[^\"<>]*\")?>")
_KNOWN = frozenset(
    [
        "chat_id",
        "text",
        "parse_mode",
        "link_preview_options",
        "disable_notification",
        "message_thread_id",
        "reply_parameters",
        "message_id",
    ]
)


def shown(body: Mapping[str, Any]) -> str:
    """Return the text once its HTML is read."""
    return html.unescape(_TAG.sub("", str(body.get("text", "")))).replace("\u2060", "")


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Telegram refuses."""
    text = str(body.get("text", ""))
    if not shown(body).strip():
        yield "message text is empty"
    if len(shown(body).encode("utf-16-le")) // 2 > CHANNEL.limits["text characters"]:
        yield "message is too long"
    if body.get("parse_mode") != "HTML":
        return
    # A number of a character needs no semicolon: tdlib/td MessageEntity.cpp, decode_html_entity.
    if (
        "<" in _TAG.sub("", text)
        or ">" in _TAG.sub("", text)
        or re.search(r"&(?!amp;|lt;|gt;|quot;|#[0-9]+|#x[0-9A-Fa-f]+)", text)
    ):
        yield "can't parse entities: unsupported start tag"
    open_tags: list[str] = []
    for tag in _TAG.findall(text):
        name = tag.strip("</>").split()[0]
        if tag.startswith("</") and (not open_tags or open_tags.pop() != name):
            yield "can't parse entities: unmatched end tag"
        elif not tag.startswith("</"):
            open_tags.append(name)
    if unknown := set(body) - _KNOWN:
        yield f"unknown field {min(unknown)}"


def _failure(status: int, description: str = "") -> dict[str, Any]:
    said = description or f"failed on purpose with {status}"
    return {"ok": False, "error_code": status, "description": said}


def _answer(request: Request) -> PeerAnswer:
    found, body = _PATH.fullmatch(request.path), request.json()
    if not found:
        return PeerAnswer(status=404, body=_failure(404, "Not Found"))
    wrong = list(problems(body)) if isinstance(body, dict) else ["the body is no JSON object"]
    wrong += [] if isinstance(body, dict) and body.get("chat_id") else ["chat_id is empty"]
    if wrong:
        return PeerAnswer(status=400, body=_failure(400, f"Bad Request: {wrong[0]}"))
    message = {"message_id": body.get("message_id") or int.from_bytes(request.body[-3:], "big")}
    return PeerAnswer(status=200, body={"ok": True, "result": message})


def _tokens(request: Request) -> frozenset[str]:
    found = _PATH.fullmatch(request.path)
    return strings(found[1]) if found else frozenset()


def _fake_key(name: str, _settings: TelegramSettings) -> str:
    return f"1234567:FAKE-{name}"


PEER = Peer(
    headline=lambda body: shown(body).partition("\n")[0],
    fake_key=_fake_key,
    port=4576,
    hosts=("api.telegram.org",),
    listen=JsonService(channel=CHANNEL.kind, answer=_answer, failure=_failure, tokens=_tokens).listen,
    ways={"telegram": "bot_token_file: /etc/alertmanager/secrets/telegram_bot, chat_id: -1001234567890"},
    problems=problems,
    shown=shown,
)
