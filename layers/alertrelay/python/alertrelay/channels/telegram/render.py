"""Telegram: HTML, of which a bot may use a few tags; `<`, `>` and `&` are all that has to be escaped.

Source: core.telegram.org/bots/api, "HTML style" and sendMessage: 4,096 characters once tags and escapes are read. We
count them in.
"""

from __future__ import annotations

import re
from typing import Any

from alertrelay.channels.telegram import TelegramSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import chat, chat_team
from alertrelay.render.chat import Markup
from alertrelay.render.team_texts import text
from alertrelay.render.text import width

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

_TAG = re.compile(
    r"</?(?:b|strong|i|em|u|ins|s|strike|del|span|tg-spoiler|tg-emoji|a|code|pre|blockquote)(?:\s[^<>]*)?>|[<>]"
)
"""A tag that a bot may use, or a sign that is of none."""
_ESCAPED = {"<": "&lt;", ">": "&gt;"}
_MODES = {"MARKDOWN": ("Markdown", r"[_*`\[]"), "MARKDOWNV2": ("MarkdownV2", r"[_*\[\]()~`>#+=|{}.!\\-]")}
"""Telegram's name of a mode, and what a backslash stands before in it."""


def render(notification: Notification, settings: TelegramSettings) -> Message:
    """Returns the body of sendMessage without `chat_id`, and of editMessageText without `message_id`."""
    shown, mode = _team(notification, settings.parse_mode)
    message: dict[str, Any] = {
        "text": shown or chat.whole(notification, _MARKUP, _WHOLE),
        "parse_mode": mode,
        "link_preview_options": {"is_disabled": True},
    }
    if settings.quiet:
        message["disable_notification"] = True
    if settings.thread:
        message["message_thread_id"] = settings.thread
    return message


def _team(notification: Notification, mode: str) -> tuple[str, str]:
    """Returns the team's message with our notices and footer in its own mode, and the mode's name. Without a mode its
    text is plain. In HTML a message that is too long loses its tags, since half a tag is none."""
    own = text(notification, "message")
    if not own:
        return "", "HTML"
    if mode in _MODES:
        name, signs = _MODES[mode]
        return chat_team.framed(notification, _markdown(signs), _WHOLE, lambda room: chat_team.fitted(own, room)), name
    return chat_team.framed(notification, _MARKUP, _WHOLE, lambda room: _html(own, room, mode)), "HTML"


def _html(own: str, room: int, mode: str) -> str:
    tagged = _TAG.sub(lambda found: _ESCAPED.get(found[0], found[0]), own)
    if mode == "HTML" and width(tagged) <= room:
        return tagged
    shown = chat_team.untagged(own) if mode == "HTML" else own
    return chat_team.fitted(shown, room // 2 if width(_escaped(shown)) > room else room).translate(_ESCAPES)


def _escaped(given: str) -> str:
    return given.translate(_ESCAPES)


def _markdown(signs: str) -> Markup:
    """Returns the markup of our own lines beside a text in Markdown: none, since a sign within another ends a mode."""
    escape = re.compile(signs).sub
    return Markup(
        escape=lambda given: escape(r"\\\g<0>", given),
        bold=chat_team.as_it_is,
        italic=chat_team.as_it_is,
        code=chat_team.as_it_is,
        block=chat_team.as_it_is,
        link=lambda name, _href: name,
    )
