"""Writes the pages of drawings: what a service shows around a message, and Markdown as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from markdown_it import MarkdownIt

_ADDRESS = re.compile(r"https?://[^\s<]+")


def page(style: str, body: str) -> str:
    """Returns a page of the width of the pictures."""
    base = "body{margin:14px;width:640px;overflow-wrap:anywhere}p{margin:0 0 8px}a{text-decoration:none}"
    return f'<!doctype html><meta charset="utf-8"><style>{base}{style}</style>{body}'


def markdown(text: str) -> str:
    """Returns Markdown as HTML, with line ends as a chat has them."""
    return str(MarkdownIt("commonmark", {"html": False, "breaks": True}).render(text))


def plain(text: str) -> str:
    """Returns plain text as HTML, with its addresses as links, which most services make of them."""
    return _ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', html.escape(text, quote=False))


def rows(of: Mapping[str, object]) -> str:
    """Returns a table of names and values."""
    cells = (f"<tr><td>{html.escape(name)}</td><td>{plain(str(value))}</td></tr>" for name, value in of.items())
    return f"<table>{''.join(cells)}</table>"
