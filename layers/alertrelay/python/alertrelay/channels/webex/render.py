"""Webex: Markdown, which its server makes HTML of: a `<` that is not escaped begins a tag, and is dropped.

Source: developer.webex.com/docs/basics (Markdown) and "Create a Message": 7,439 bytes. A line ends by two spaces.
"""

from __future__ import annotations

import re

from alertrelay.channels.webex import WebexSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import chat, chat_team
from alertrelay.render.markdown import markup

_WHOLE = 7000
_ESCAPES = {**{char: f"\\{char}" for char in "\\*_~`|[]"}, "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKUP = markup(_ESCAPES, line="  \n", size=lambda text: len(text.encode()))

_BARE = re.compile(r"<(?!@)")


def render(notification: Notification, settings: WebexSettings) -> Message:
    """Returns the body of a new message, and of a change of one."""
    own = chat_team.body(notification, _MARKUP, _WHOLE, "message", lambda given: _BARE.sub("&lt;", given))
    return {"roomId": settings.room_id, "markdown": own or chat.whole(notification, _MARKUP, _WHOLE)}
