"""Changes texts as Go's functions do: case, escapes of HTML, JavaScript and addresses."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote_plus, unquote_to_bytes

from alertrelay.render.templates.budget import TemplateFailure
from alertrelay.render.templates.quoting import printable
from alertrelay.render.templates.values import go_bytes, go_string

_HTML = {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_JS = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D",
}  # fmt: skip
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SPACES = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_MIDDLE = frozenset("'\u2019.:\u00b7_")
"""Characters inside a word between two letters (Unicode's word boundaries, UAX 29)."""


def upper(text: str) -> str:
    """Returns each character in upper case, where one character has one: `ß` stays."""
    return "".join(char.upper() if len(char.upper()) == 1 else char for char in text)


def lower(text: str) -> str:
    """Returns each character in lower case."""
    return "".join(char.lower()[0] for char in text)


def trim_space(text: str) -> str:
    """Returns the text without white space around it."""
    return text.strip(_SPACES)


def title(text: str) -> str:
    """Returns each word with a capital and else small letters, by Unicode's words: `it's` is one, `a-b` two."""
    made: list[str] = []
    inside = False
    for at, char in enumerate(text):
        if _cased(char):
            made.append(lower(char) if inside else char.title())
            inside = True
            continue
        made.append(char)
        inside = _goes_on(text, at, inside)
    return "".join(made)


def _cased(char: str) -> bool:
    return char.lower() != char or char.upper() != char


def _goes_on(text: str, at: int, inside: bool) -> bool:
    """Returns whether the word of the character before goes on after this one, which has no case."""
    char = text[at]
    if char.isalnum() or char == "_" or unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf", "Pc"):
        return inside
    return inside and char in _MIDDLE and text[at + 1 : at + 2].isalpha()


def html(text: str) -> str:
    """Returns the text with `& < > " '` escaped."""
    return "".join(_HTML.get(char, char) for char in text)


def javascript(text: str) -> str:
    """Returns the text for the inside of a JavaScript string."""
    return "".join(map(_js_char, text))


def _js_char(char: str) -> str:
    if char in _JS:
        return _JS[char]
    if char < " ":
        return f"\\u{ord(char):04X}"
    return char if char < "\x80" or printable(char) else f"\\u{ord(char):04X}"


def url_query(text: str) -> str:
    """Returns the text for a query of an address, a space as `+`."""
    return quote_plus(go_bytes(text), safe="")


def url_unescape(text: str) -> str:
    """Returns a query's text without its escapes. Raises TemplateFailure for a broken one."""
    if _BAD_ESCAPE.search(text):
        raise TemplateFailure("urlUnescape: the text holds a broken escape")
    return go_string(unquote_to_bytes(go_bytes(text.replace("+", " "))))
