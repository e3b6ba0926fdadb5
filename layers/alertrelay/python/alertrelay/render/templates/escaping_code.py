"""Escapes values for CSS and JavaScript. Sources: Go's html/template css.go and js.go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from alertrelay.render.templates.budget import TemplateFailure
from alertrelay.render.templates.functions import CallContext
from alertrelay.render.templates.gojson import to_json

_CSS = {sign: f"\\{ord(sign):x}" for sign in "\0\t\n\f\r\"&'()+/:;<>{}"} | {"\\": "\\\\"}
_CSS_ESCAPE = re.compile(r"\\([0-9A-Fa-f]{1,6})(?:\r\n|[ \t\n\f\r])?|\\")
_CSS_SPACE = " \t\n\f\r"
_JS: Mapping[str, str] = {
    "\0": "\\u0000", "\t": "\\t", "\n": "\\n", "\v": "\\u000b", "\f": "\\f", "\r": "\\r", '"': "\\u0022",
    "`": "\\u0060", "&": "\\u0026", "'": "\\u0027", "+": "\\u002b", "/": "\\/", "<": "\\u003c", ">": "\\u003e",
    "\\": "\\\\", "\u2028": "\\u2028", "\u2029": "\\u2029",
}  # fmt: skip
_JS_REGEXP = {**_JS, **{sign: f"\\{sign}" for sign in "$()*-.?[]^{|}"}}


def css_text(value: str) -> str:
    """Returns a value for a quoted text of CSS."""
    parts = []
    for at, char in enumerate(value):
        escape = _CSS.get(char, char)
        after = value[at + 1 : at + 2]
        hides = not after or after in _CSS_SPACE or after in "0123456789abcdefABCDEF"
        parts.append(escape + (" " if char in _CSS and char != "\\" and hides else ""))
    return "".join(parts)


def css_value(value: str, failsafe: str) -> str:
    """Returns a value of CSS that is a colour, a number or a name; `failsafe` for what could be more."""
    plain = _CSS_ESCAPE.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)) if found[1] else "", value)
    if re.search(r"[\0\"'()/;@\[\\\]`{}<>]|--", plain):
        return failsafe
    name = re.sub(r"[^A-Za-z0-9_\x80-\U0010ffff-]", "", plain).lower()
    return failsafe if "expression" in name or "mozbinding" in name else plain


def js_text(value: str) -> str:
    """Returns a value for a quoted text of JavaScript."""
    return "".join(_JS.get(char, char) for char in value)


def js_regexp(value: str) -> str:
    """Returns a value for a regular expression of JavaScript, which it matches as it is."""
    return "".join(_JS_REGEXP.get(char, char) for char in value) or "(?:)"


def js_value(environment: CallContext, value: Any) -> str:
    """Returns a value as JavaScript writes it: JSON, with a space on each side of what could join a word."""
    try:
        made = to_json(value, environment.budget)
    except TemplateFailure as failure:
        if "toJson" not in failure.text:
            raise
        return " null "
    return f" {made} " if _in_word(made[0]) or _in_word(made[-1]) else made


def _in_word(char: str) -> bool:
    return char in "$_" or (char.isascii() and char.isalnum())
