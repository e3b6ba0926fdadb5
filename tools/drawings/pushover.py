"""A Pushover message as text, and about as its app shows it. Source: pushover.net/api, "Emergency Priority"."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from local.standins import peer
from tools.drawings import Drawing
from tools.drawings.page import page, plain

_NAME = __name__.rpartition(".")[2]
_EMERGENCY = 2
_STYLE = (
    "body{font:15px/1.4 Helvetica,Arial,sans-serif;color:#111;background:#f2f2f7}.c{background:#fff;border-radius:12px;"
    "padding:12px 14px;max-width:420px}.h{font-weight:700}.n{color:#8e8e93;font-size:12px}.d{white-space:pre-wrap;"
    "margin:8px 0}a{color:#249df1}.e{background:#d33;color:#fff;border-radius:8px;font-weight:700;margin-top:10px;"
    "padding:8px;text-align:center}"
)


def _page(message: Mapping[str, Any]) -> str:
    link = f'<a href="{html.escape(message["url"])}">{plain(message["url_title"])}</a>' if message.get("url") else ""
    shown = html.escape(str(message["message"])) if not message.get("html") else str(message["message"])
    ringing = "<div class=e>Acknowledge</div>" if message.get("priority") == _EMERGENCY else ""
    return page(
        _STYLE,
        f"<div class=c><div class=n>alertrelay · 3:08 AM</div><div class=h>{plain(message['title'])}</div>"
        f"<div class=d>{shown}</div>{link}{ringing}</div>",
    )


DRAWING = Drawing(
    about=(
        "An emergency rings again each minute until somebody acknowledges it; a resolve of ours cancels it. A title\n"
        "and plain text, 1,024 characters in all: measures and place first, and one link."
    ),
    text=peer(_NAME).shown,
    page=_page,
    pictures={"pushover-critical": (f"critical-everything.{_NAME}.json", 535, False)},
)
