"""A Rocket.Chat message as text, and about as Rocket.Chat draws it: one asterisk is bold there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.standins import peer
from tools.drawings import Drawing
from tools.drawings.page import markdown, page

_NAME = __name__.rpartition(".")[2]
_BOLD = re.compile(r"(?<![*\\])\*([^*\n]+)\*(?!\*)")
_STYLE = (
    "body{font:14px/1.43 Inter,Helvetica,Arial,sans-serif;color:#2f343d;background:#fff}.n{font-weight:700}.t{color:"
    "#6c727a;font-size:12px;font-weight:400}code{font:12px Menlo,monospace;background:#f7f8fa;border:1px solid #cbced1;"
    "border-radius:2px;padding:1px 3px}a{color:#156ff5}"
)


def _page(message: Mapping[str, Any]) -> str:
    shown = markdown(_BOLD.sub(r"**\1**", str(message["text"])))
    return page(
        _STYLE,
        f"<div class=n>alertrelay <span class=t>@alertrelay 3:08 AM</span></div><div class=m>{shown}</div>",
    )


DRAWING = Drawing(
    about="The first message of a group is changed when it resolves.",
    text=peer(_NAME).shown,
    page=_page,
    pictures={"rocketchat-critical": (f"critical-everything.{_NAME}.json", 565, False)},
)
