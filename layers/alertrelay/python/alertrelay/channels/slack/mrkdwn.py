"""Writes Slack's mrkdwn: escapes, and the blocks that hold it."""

from __future__ import annotations

import re
from typing import Any

from alertrelay.render.text import cut

TEXT = 2700
# A backtick cannot be escaped, and an odd one swallows the rest of the text.
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'"}
BROADCAST = re.compile(r"@(?=channel|here|everyone|group)", re.IGNORECASE)
UNBROADCAST = "@\u2060"


def escape(text: str, limit: int) -> str:
    """`text` for mrkdwn, at most `limit` long with its escapes, without mentions."""
    return cut(BROADCAST.sub(UNBROADCAST, text) if "@" in text else text, limit, ESCAPES)


def mrkdwn(text: str) -> dict[str, Any]:
    """Returns the text as a part of a block."""
    return {"type": "mrkdwn", "text": text}


def section(text: str, *, expand: bool = False) -> dict[str, Any]:
    """Returns a block of text. `expand` keeps a long one from being folded behind "see more"."""
    return {"type": "section", "text": mrkdwn(text), **({"expand": True} if expand else {})}
