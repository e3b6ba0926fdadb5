"""An Opsgenie alert as text, and about as its page shows it. Source: docs.opsgenie.com/docs/alert-api."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.standins import peer
from tools.drawings import Drawing
from tools.drawings.page import page, plain, rows

_NAME = __name__.rpartition(".")[2]
_STYLE = (
    "body{font:14px/1.43 Roboto,Helvetica,Arial,sans-serif;color:#172b4d;background:#fff}h1{font-size:17px;margin:6px "
    "0}.p{background:#de350b;color:#fff;border-radius:3px;font-weight:700;padding:1px 6px}.o{color:#de350b;font-weight:"
    "700;font-size:12px}.t span{background:#ebecf0;border-radius:3px;font-size:12px;margin-right:4px;padding:1px 6px}"
    ".d{white-space:pre-wrap;margin:10px 0}h2{font-size:13px;color:#5e6c84;margin:8px 0 2px}td{padding:1px 14px 1px 0;"
    "vertical-align:top;font-size:13px}td:first-child{color:#5e6c84}a{color:#0052cc}"
)


def _page(message: Mapping[str, Any]) -> str:
    if "message" not in message:
        return page(_STYLE, f"<span class=o>CLOSED</span><div class=d>{plain(str(message.get('note', '')))}</div>")
    tags = "".join(f"<span>{plain(tag)}</span>" for tag in message.get("tags", ()))
    return page(
        _STYLE,
        f"<span class=p>{message.get('priority', 'P3')}</span> <span class=o>OPEN</span><h1>{plain(message['message'])}"
        f"</h1><div class=t>{tags}</div><div class=d>{plain(message['description'])}</div><h2>Extra properties</h2>"
        f"{rows(message.get('details', {}))}",
    )


DRAWING = Drawing(
    about="One alert a group, by its alias: what is new is counted there, and a resolve closes it with a note.",
    text=peer(_NAME).shown,
    page=_page,
    pictures={"opsgenie-critical": (f"critical-everything.{_NAME}.json", 1160, False)},
)
