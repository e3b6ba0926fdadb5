"""Discord: the first line as content, which a phone shows, and the facts as an embed in the colour of the severity.

Source: discord-api-docs, resources/webhook and resources/message: content 2,000, description 4,096, all embeds 6,000
characters. Markdown: a backslash escapes punctuation; `<` begins a mention, a time or an emoji.
"""

from __future__ import annotations

from typing import Any

from alertrelay.channels.discord import DiscordSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import chat, wording
from alertrelay.render.markdown import markup

_CONTENT = 1000
_DESCRIPTION = 3900
_MARKUP = markup({char: f"\\{char}" for char in "\\*_~`|[]<"})
_COLOURS = {"critical": 0xD92D20, "error": 0xF97316, "warning": 0xEAB308, "info": 0x3B82F6}
_OTHER, _RESOLVED = 0x808080, 0x2ECC71


def render(notification: Notification, settings: DiscordSettings) -> Message:
    """Returns the body of the webhook, and of a change of its message."""
    colour = _COLOURS.get(notification.severity.lower(), _OTHER)
    message: dict[str, Any] = {
        "content": chat.headline(notification, _MARKUP, _CONTENT),
        "embeds": [
            {
                "description": chat.details(notification, _MARKUP, _DESCRIPTION),
                "color": _RESOLVED if wording.over(notification) else colour,
            }
        ],
        # Whatever a text holds, it mentions nobody.
        "allowed_mentions": {"parse": []},
    }
    named = {"username": settings.username, "avatar_url": settings.avatar_url}
    return {**message, **{name: value for name, value in named.items() if value}}
