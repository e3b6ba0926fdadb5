"""Discord: the first line as content, which a phone shows, and the facts as an embed in the colour of the severity.

Source: discord-api-docs, resources/webhook and resources/message: content 2,000, description 4,096, all embeds 6,000
characters. Markdown: a backslash escapes punctuation; `<` begins a mention, a time or an emoji.
"""

from __future__ import annotations

from typing import Any

from alertrelay.channels.discord import DiscordSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import chat, chat_team, notice, wording
from alertrelay.render.markdown import markup
from alertrelay.render.team_texts import text
from alertrelay.render.text import one_line, short

_CONTENT = 1000
_DESCRIPTION = 3900
_TITLE = 250
_MARKUP = markup({char: f"\\{char}" for char in "\\*_~`|[]<"})
_COLOURS = {"critical": 0xD92D20, "error": 0xF97316, "warning": 0xEAB308, "info": 0x3B82F6}
_OTHER, _RESOLVED = 0x808080, 0x2ECC71


def render(notification: Notification, settings: DiscordSettings) -> Message:
    """Returns the body of the webhook, and of a change of its message."""
    colour = _COLOURS.get(notification.severity.lower(), _OTHER)
    own = chat_team.body(notification, _MARKUP, _DESCRIPTION, "message")
    content = text(notification, "content")
    embed = {
        "description": own or chat.details(notification, _MARKUP, _DESCRIPTION),
        "color": _RESOLVED if wording.over(notification) else colour,
    }
    if content:
        title = one_line(text(notification, "title")) or wording.headline(notification)
        embed["title"] = _MARKUP.text(title, _TITLE)
    message: dict[str, Any] = {
        "content": _content(notification, content),
        "embeds": [embed],
        # Whatever a text holds, it mentions nobody.
        "allowed_mentions": {"parse": []},
    }
    named = {"username": short(settings.username, 80), "avatar_url": settings.avatar_url}
    return {**message, **{name: value for name, value in named.items() if value}}


def _content(notification: Notification, own: str) -> str:
    """Returns the team's content behind the mark of a fallback; without one the first line, with the team's title in
    it."""
    if not own:
        return chat_team.headline(notification, _MARKUP, _CONTENT)
    mark = notice.mark(notification)
    head = f"{notice.icon(notification)} {mark}: " if mark else ""
    return head + chat_team.fitted(own, 2 * _CONTENT - len(head) - 100)
