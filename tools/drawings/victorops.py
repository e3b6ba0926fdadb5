"""An entity of Splunk On-Call as text, and about as its timeline shows it.

Source: help.splunk.com, Splunk On-Call, REST endpoint and Alert rules engine (annotations `vo_annotate.u.TITLE`).
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from local.standins import peer
from tools.drawings import Drawing
from tools.drawings.page import page, plain, rows

_NAME = __name__.rpartition(".")[2]
_LINK = "vo_annotate.u."
_SHOWN = ("state_message", "entity_display_name", "message_type")
_COLOURS = {"CRITICAL": "#d3222a", "WARNING": "#e7a100", "RECOVERY": "#3b8f3b"}
_STYLE = (
    "body{font:14px/1.43 Roboto,Helvetica,Arial,sans-serif;color:#2c3137;background:#eef0f3}.c{background:#fff;"
    "border-left:6px solid;padding:10px 14px}.h{font-weight:700}.k{font-size:12px;font-weight:700}.d{white-space:"
    "pre-wrap;margin:8px 0}td{padding:1px 14px 1px 0;vertical-align:top;font-size:13px}td:first-child{color:#6b7480}"
    "a{color:#0b79b8}.a a{display:inline-block;border:1px solid #c3c9d0;border-radius:3px;margin:0 8px 8px 0;padding:"
    "3px 10px}"
)


def _page(message: Mapping[str, Any]) -> str:
    kind = str(message["message_type"])
    links = {name.removeprefix(_LINK): str(href) for name, href in message.items() if name.startswith(_LINK)}
    shown = "".join(f'<a href="{html.escape(href)}">{html.escape(name)}</a>' for name, href in links.items())
    rest = {name: value for name, value in message.items() if name not in _SHOWN and not name.startswith(_LINK)}
    return page(
        _STYLE,
        f'<div class=c style="border-color:{_COLOURS.get(kind, "#6b7480")}"><span class=k>{kind}</span><div class=h>'
        f"{plain(str(message.get('entity_display_name', '')))}</div><div class=d>"
        f"{plain(str(message.get('state_message', '')))}</div><div class=a>{shown}</div>{rows(rest)}</div>",
    )


DRAWING = Drawing(
    about="One entity a group: an update is a further event of it, and RECOVERY resolves its incident.",
    text=peer(_NAME).shown,
    page=_page,
    pictures={"victorops-critical": (f"critical-everything.{_NAME}.json", 860, False)},
)
