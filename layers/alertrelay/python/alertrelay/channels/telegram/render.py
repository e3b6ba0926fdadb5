"""Telegram: HTML, of which a bot may use a few tags; `<`, `>` and `&` are all that has to be escaped.

Source: core.telegram.org/bots/api, "HTML style" and sendMessage: 4,096 characters once tags and escapes are read. We
count them in.
"""

from __future__ import annotations

from typing import Any

from alertrelay.channels.telegram import TelegramSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import chat
from alertrelay.render.chat import Markup

_WHOLE = 4000
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_MARKUP = Markup(
    escape=lambda text: chat.unmentioned(text).translate(_ESCAPES),
    bold=lambda text: f"<b>{text}</b>",
    italic=lambda text: f"<i>{text}</i>",
    code=lambda text: f"<code>{text.translate(_ESCAPES)}</code>",
    block=lambda text: f"<pre>{text.translate(_ESCAPES)}</pre>",
    link=lambda name, href: f'<a href="{href.translate(_ESCAPES)}">{name}</a>',
)


def render(notification: Notification, settings: TelegramSettings) -> Message:
    """Returns the body of sendMessage without `chat_id`, and of editMessageText without `message_id`."""
    message: dict[str, Any] = {
        "text": chat.whole(notification, _MARKUP, _WHOLE),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if settings.quiet:
        message["disable_notification"] = True
    if settings.thread:
        message["message_thread_id"] = settings.thread
    return message
