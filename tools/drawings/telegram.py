"""A Telegram message as text, and about as Telegram draws it: its HTML is what a browser reads too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.standins import peer
from tools.drawings import Drawing

_ABOUT = (
    "The first message of a group is changed when it resolves; what is new answers it. A change notifies nobody, as\n"
    "with Slack's bot."
)


def page(message: Mapping[str, Any]) -> str:
    """A page with the message in its bubble."""
    return (
        '<!doctype html><meta charset="utf-8"><style>body{font:15px/1.4 Roboto,Helvetica,Arial,sans-serif;color:#000;'
        "background:#cfe0c5;margin:14px;width:640px}.m{background:#fff;border-radius:12px;padding:8px 12px;max-width:"
        "600px;white-space:pre-wrap;overflow-wrap:anywhere}.n{color:#c03d33;font-weight:600;font-size:14px}code{font:13px"
        " Menlo,monospace;color:#2b6cb0}a{color:#2481cc;text-decoration:none}</style><div class=m><span class=n>"
        f"alertrelay bot</span>\n{message['text']}</div>"
    )


_NAME = __name__.rpartition(".")[2]
DRAWING = Drawing(
    about=_ABOUT,
    text=peer(_NAME).shown,
    page=page,
    pictures={"telegram-critical": (f"critical-everything.{_NAME}.json", 720, False)},
)
