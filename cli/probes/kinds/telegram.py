"""Tries Telegram without a message.

Source: Telegram Bot API getMe and getChat.
"""

from __future__ import annotations

from typing import Any

from cli.probes.http import ask, authorised
from cli.probes.row import NotTaken
from cli.probes.secret import Values, value_of


def probe(settings: Any, values: Values) -> str:
    """Asks for the bot, and for the chat: a bot that is no member of it cannot post there."""
    base = f"{settings.url.rstrip('/')}/bot{value_of(values, settings.bot_token)}"
    answer = ask("GET", f"{base}/getMe", name="Telegram")
    if answer.status == 404:
        raise NotTaken("not authorised", "Telegram knows no such bot", f"put a valid token under {settings.bot_token}")
    authorised(answer, name="Telegram", key=settings.bot_token)
    chat = value_of(values, settings.chat_id_key) if settings.chat_id_key else settings.chat_id
    found = ask("POST", f"{base}/getChat", name="Telegram", json={"chat_id": chat})
    if not found.json.get("ok"):
        raise NotTaken("refused", "the bot does not know the chat", "add the bot to the chat, or correct chat_id")
    return "the bot knows the chat"
