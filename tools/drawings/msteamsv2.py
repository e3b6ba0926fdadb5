"""An Adaptive Card as text, and about as Teams draws it: enough to judge a message by."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.drawings import Drawing

_ESCAPED = re.compile(r"\\([\\*_\[\]`])")
_BOLD = re.compile(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*")
_ITALIC = re.compile(r"(?<!\\)_(.+?)(?<!\\)_")
_COLOURS = {"attention": "#f9e1e2", "warning": "#fbf0d9", "good": "#e2f1e0", "accent": "#e0e7f9", "emphasis": "#f0f0f0"}
_ABOUT = (
    "A workflow posts the card as it is. Links are buttons. A card cannot be edited by its sender, so an update or a\n"
    "resolve is a new card. Where a card would be larger than Teams shows, every text of it is cut alike."
)


def _body(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    elements: list[Mapping[str, Any]] = message["attachments"][0]["content"]["body"]
    return elements


def text(message: Mapping[str, Any]) -> str:
    """The card, a line each."""
    banner, *rest = _body(message)
    lines = [_plain(item["text"]) for item in banner["items"]]
    for element in rest:
        lines += [f"| {line}" for line in _lines(element)]
    return "\n".join(lines)


def _lines(element: Mapping[str, Any]) -> Iterator[str]:
    match element["type"]:
        case "FactSet":
            yield from (f"{fact['title']}: {_plain(fact['value'])}" for fact in element["facts"])
        case "ActionSet":
            yield "  ".join(f"[{action['title']}]" for action in element["actions"])
        case _:
            yield from _plain(element["text"]).splitlines()


def _plain(markdown: str) -> str:
    shown = _ITALIC.sub(r"\1", _BOLD.sub(r"\1", markdown))
    return _ESCAPED.sub(r"\1", shown).replace("\n\n", "\n")


def page(message: Mapping[str, Any]) -> str:
    """A page with the card."""
    banner, *rest = _body(message)
    head = "".join(f"<b>{_html(item['text'])}</b>" for item in banner["items"])
    return (
        '<!doctype html><meta charset="utf-8"><style>body{font:14px/1.4 "Segoe UI",Helvetica,Arial,sans-serif;'
        "color:#242424;background:#f5f5f5;margin:14px;width:640px}.c{background:#fff;border:1px solid #d1d1d1;"
        "border-radius:6px;padding:0 14px 12px;overflow:hidden}.h{margin:0 -14px 10px;padding:10px 14px;font-size:17px}"
        ".t{margin:8px 0}.n{margin:0}.m{font-family:Menlo,monospace;white-space:pre-wrap}.s{font-size:12px;"
        "color:#616161}.w{color:#a1440b}.l{border-top:1px solid #e0e0e0;padding-top:8px}td{padding:2px 14px 2px 0;"
        "vertical-align:top}td:first-child{font-weight:600;white-space:nowrap}a{display:inline-block;margin:6px 8px 4px"
        " 0;padding:5px 14px;border:1px solid #d1d1d1;border-radius:4px;color:#242424;font-weight:600;"
        "text-decoration:none}</style><div class=s><b>Workflows</b> 03:08</div><div class=c>"
        f'<div class=h style="background:{_COLOURS[banner["style"]]}">{head}</div>'
        f"{''.join(map(_element, rest))}</div>"
    )


def _element(element: Mapping[str, Any]) -> str:
    if element["type"] == "FactSet":
        rows = (f"<tr><td>{_html(f['title'])}</td><td>{_html(f['value'])}</td></tr>" for f in element["facts"])
        return f"<table>{''.join(rows)}</table>"
    if element["type"] == "ActionSet":
        return "".join(f'<a href="{html.escape(a["url"])}">{html.escape(a["title"])}</a>' for a in element["actions"])
    marks = {"n": element.get("spacing"), "m": element.get("fontType"), "s": element.get("isSubtle")}
    marks |= {"w": element.get("color"), "l": element.get("separator")}
    shown = " ".join(["t", *(name for name, held in marks.items() if held)])
    return f'<div class="{shown}">{_html(element["text"])}</div>'


def _html(markdown: str) -> str:
    shown = _ITALIC.sub(r"<i>\1</i>", _BOLD.sub(r"<b>\1</b>", html.escape(markdown)))
    return _ESCAPED.sub(r"\1", shown).replace("\n\n", "<br>")


DRAWING = Drawing(
    about=_ABOUT,
    text=text,
    page=page,
    pictures={
        "teams-critical": (f"critical-everything.{__name__.rpartition('.')[2]}.json", 660, False),
        "teams-fallback": (f"fallback.{__name__.rpartition('.')[2]}.json", 720, False),
    },
)
