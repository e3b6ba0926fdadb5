"""A Discord message as text, and about as Discord draws it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markdown_it import MarkdownIt

from local.standins import peer
from tools.drawings import Drawing

_ABOUT = (
    "The first line is the message itself, which a phone shows; the facts are an embed in the colour of the severity.\n"
    "The first message of a group is changed when it resolves."
)


def page(message: Mapping[str, Any]) -> str:
    """A page with the message and its embed."""
    read = MarkdownIt("commonmark", {"html": False, "breaks": True}).render
    (embed,) = message["embeds"]
    return (
        '<!doctype html><meta charset="utf-8"><style>body{font:15px/1.38 "gg sans",Helvetica,Arial,sans-serif;color:'
        "#313338;background:#fff;margin:14px;width:640px}p{margin:0 0 8px}.e{background:#f2f3f5;border-left:4px solid;"
        "border-radius:4px;padding:8px 14px 4px;font-size:14px;max-width:560px;overflow-wrap:anywhere}code{font:12px "
        "Menlo,monospace;background:#e3e5e8;border-radius:4px;padding:1px 3px}a{color:#006ce7;text-decoration:none}"
        "</style>"
        f"<b>alertrelay</b> <small>APP 03:08</small>{read(message['content'])}"
        f'<div class=e style="border-color:#{embed["color"]:06x}">{read(embed["description"])}</div>'
    )


_NAME = __name__.rpartition(".")[2]
DRAWING = Drawing(
    about=_ABOUT,
    text=peer(_NAME).shown,
    page=page,
    pictures={"discord-critical": (f"critical-everything.{_NAME}.json", 720, False)},
)
