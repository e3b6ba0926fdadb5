"""Rocket.Chat: its own Markdown, in which a backslash escapes `*`, `_`, `~`, a backtick, `#` and a full stop alone.

Source: RocketChat/fuselage message-parser, and apps/meteor/server/settings/message.ts: 5,000 characters, which an
administrator may change. A `[…](…)` cannot be escaped: an invisible joiner stands between its parts.
"""

from __future__ import annotations

import re
from typing import Any

from alertrelay.channels.rocketchat import RocketChatSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import chat_team
from alertrelay.render.markdown import markup

_WHOLE = 4800
_ESCAPES = {**{char: f"\\{char}" for char in "*_~`#"}, "]": "]\u2060", "<": "<\u2060"}
_MARKUP = markup(_ESCAPES, bold="*")

_BARE = re.compile(r"<(?![@#!]|https?://|mailto:|\u2060)")


def render(notification: Notification, settings: RocketChatSettings) -> Message:
    """Returns the body of chat.postMessage; of chat.update it is the text."""
    message: dict[str, Any] = {
        "channel": settings.channel,
        "text": chat_team.whole(notification, _MARKUP, _WHOLE, safe=_safe),
    }
    looks = {"emoji": settings.emoji, "avatar": settings.icon_url}
    return {**message, **{name: value for name, value in looks.items() if value}}


def _safe(given: str) -> str:
    """Returns the team's markup, in which a `<` that begins no link or mention is shown as it is."""
    return _BARE.sub("<\u2060", given)
