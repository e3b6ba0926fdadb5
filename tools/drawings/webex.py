"""A Webex message as text, and about as Webex draws its Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.standins import peer
from tools.drawings import Drawing
from tools.drawings.page import markdown, page

_NAME = __name__.rpartition(".")[2]
_STYLE = (
    "body{font:14px/1.43 Inter,Helvetica,Arial,sans-serif;color:#121212;background:#fff}.n{font-weight:600}.t{color:"
    "#707070;font-size:12px}code{font:12px Menlo,monospace;background:#f0f0f0;border-radius:4px;padding:1px 4px}"
    "a{color:#1170cf}"
)


def _page(message: Mapping[str, Any]) -> str:
    text = str(message["markdown"])
    return page(
        _STYLE, f"<div class=n>alertrelay <span class=t>bot  3:08 AM</span></div><div class=m>{markdown(text)}</div>"
    )


DRAWING = Drawing(
    about="The first message of a group is changed when it resolves, ten times at most; what is new answers it.",
    text=peer(_NAME).shown,
    page=_page,
    pictures={"webex-critical": (f"critical-everything.{_NAME}.json", 565, False)},
)
