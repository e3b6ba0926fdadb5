"""A Mattermost post as text, and about as Mattermost draws it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.standins import peer
from tools.drawings import Drawing
from tools.drawings.page import markdown, page

_NAME = __name__.rpartition(".")[2]
_STYLE = (
    'body{font:14px/1.43 "Open Sans",Helvetica,Arial,sans-serif;color:#3f4350;background:#fff}.n{font-weight:600}'
    ".b{background:#e9e9ec;border-radius:4px;font-size:10px;font-weight:600;padding:1px 4px}.t{color:#8d929b;font-size:"
    "12px;font-weight:400}code{font:12px Menlo,monospace;background:#f1f1f2;color:#3f4350;border-radius:4px;"
    "padding:1px 4px}a{color:#386fe5}"
)


def _page(message: Mapping[str, Any]) -> str:
    who = "alertrelay <span class=b>BOT</span> <span class=t>3:08 AM</span>"
    return page(
        _STYLE,
        f"<div class=n>{who}</div><div class=m>{markdown(str(message['text']))}</div>",
    )


DRAWING = Drawing(
    about=(
        "A webhook's post cannot be changed: a resolve is a post of its own. A text of more than 16,383 characters is\n"
        "several posts."
    ),
    text=peer(_NAME).shown,
    page=_page,
    pictures={"mattermost-critical": (f"critical-everything.{_NAME}.json", 565, False)},
)
