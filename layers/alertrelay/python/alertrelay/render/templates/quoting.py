"""Quotes text as Go does: `%q`, `%U`, and which characters Go prints as they are."""

from __future__ import annotations

import unicodedata

_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}


def printable(char: str) -> bool:
    """Returns whether Go's strconv.IsPrint takes the character: letters, marks, numbers, signs, and the space."""
    return char == " " or unicodedata.category(char)[0] in "LMNPS"


def quote(text: str, mark: str = '"', *, ascii_only: bool = False) -> str:
    """Returns the text as a Go literal."""
    return mark + "".join(_quoted(char, mark, ascii_only) for char in text) + mark


def _quoted(char: str, mark: str, ascii_only: bool) -> str:
    code = ord(char)
    if char == mark:
        return "\\" + char
    if char in _ESCAPES:
        return _ESCAPES[char]
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if (code < 0x7F and code >= 0x20) or (code > 0x7F and not ascii_only and printable(char)):
        return char
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def raw_quotable(text: str) -> bool:
    """Returns whether the text can stand between backquotes, as `%#q` writes it."""
    return all(char == "\t" or (char not in "`\x7f\ufeff" and char >= " " and not _half(char)) for char in text)


def _half(char: str) -> bool:
    return "\ud800" <= char <= "\udfff"
