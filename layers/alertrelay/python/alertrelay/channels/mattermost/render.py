"""Mattermost: CommonMark with tables and mentions; a text of more than 16,383 characters is split into several posts.

Source: developers.mattermost.com/integrate/webhooks/incoming and server/public/model/post.go. A webhook's text is also
read for Slack's forms, which all begin with `<`.
"""

from __future__ import annotations

import re
from typing import Any

from alertrelay.channels.mattermost import MattermostSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import chat_team
from alertrelay.render.markdown import markup

_WHOLE = 14_000
_ESCAPES = {**{char: f"\\{char}" for char in "\\*_~`|[]"}, "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKUP = markup(_ESCAPES, in_block="<\u2060")

_BARE = re.compile(r"<(?![@#!]|https?://|mailto:|\u2060)")


def render(notification: Notification, settings: MattermostSettings) -> Message:
    """Returns the body of the webhook."""
    message: dict[str, Any] = {"text": chat_team.whole(notification, _MARKUP, _WHOLE, safe=_safe)}
    looks = {
        "channel": settings.channel,
        "username": settings.username,
        "icon_url": settings.icon_url,
        "icon_emoji": settings.icon_emoji,
        "priority": dict(settings.priority),
    }
    return {**message, **{name: value for name, value in looks.items() if value}}


def _safe(given: str) -> str:
    """Returns the team's markup, in which a `<` that begins no link or mention is shown as it is."""
    return _BARE.sub("<\u2060", given)
