"""Reads Markdown as a person sees it, as far as our messages use it."""

from __future__ import annotations

import re

_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\([^)]*\)")
_CODE = re.compile(r"```\n(.*?)\n```|(?<!\\)`([^`\n]*)`", re.DOTALL)
_BOLD = re.compile(r"(?<!\\)\*\*?(.+?)(?<!\\)\*\*?")
_ITALIC = re.compile(r"(?<![\\\w])_(.+?)(?<!\\)_(?!\w)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def shown(text: str) -> str:
    """Return a text without marks and escapes, with plain spaces; code is as it stands."""
    parts, end = [], 0
    for code in _CODE.finditer(text):
        inner = code[1] if code[1] is not None else code[2]
        parts += [_plain(text[end : code.start()]), inner.replace("\u2060", "")]
        end = code.end()
    return "".join([*parts, _plain(text[end:])])


def without_code(text: str) -> str:
    """Return a text without its code, in which a reader of Markdown looks for nothing."""
    return _CODE.sub("", text)


def _plain(text: str) -> str:
    unmarked = _ITALIC.sub(r"\1", _BOLD.sub(r"\1", _LINK.sub(r"\1", text)))
    return _ESCAPED.sub(r"\1", unmarked).replace("\u00a0", " ").replace("\u2060", "")
