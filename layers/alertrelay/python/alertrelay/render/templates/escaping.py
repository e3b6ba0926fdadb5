"""The escapers that html/template puts behind each action, by the context in which it stands.

Sources: Go's html/template html.go, url.go, content.go. Those of CSS and JavaScript are in escaping_code.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from alertrelay.render.templates import escaping_code
from alertrelay.render.templates.functions import CallContext, TemplateFunction
from alertrelay.render.templates.printing import sprint
from alertrelay.render.templates.values import Html, Url, go_bytes

FAILSAFE = "ZgotmplZ"
"""What stands in place of a value that could not be made safe: Go's own word."""
_HTML = {"\0": "\ufffd", '"': "&#34;", "&": "&amp;", "'": "&#39;", "+": "&#43;", "<": "&lt;", ">": "&gt;"}
_HTML_NORM = {sign: escape for sign, escape in _HTML.items() if sign != "&"}
_NO_SPACE = {
    **_HTML, "\0": "&#xfffd;", "\t": "&#9;", "\n": "&#10;", "\v": "&#11;", "\f": "&#12;", "\r": "&#13;", " ": "&#32;",
    "=": "&#61;", "`": "&#96;",
}  # fmt: skip
_NO_SPACE_NORM = {sign: escape for sign, escape in _NO_SPACE.items() if sign != "&"}
_TAGS = re.compile(r"<!--.*?-->|</?[A-Za-z][^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*>", re.DOTALL)
_KEPT = frozenset(b"-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_KEPT_WHOLE = _KEPT | frozenset(b"!#$&*+,/:;=?@[]")
_SAFE_SCHEMES = ("http", "https", "mailto")
URL_ATTRIBUTES = frozenset(
    [
        "action",
        "archive",
        "background",
        "cite",
        "classid",
        "codebase",
        "data",
        "formaction",
        "href",
        "icon",
        "longdesc",
        "manifest",
        "poster",
        "profile",
        "src",
        "usemap",
        "xmlns",
    ]
)
"""Attributes whose value is an address."""
_UNSAFE = URL_ATTRIBUTES.union(
    [
        "style",
        "srcset",
        "srcdoc",
        "accept-charset",
        "async",
        "challenge",
        "charset",
        "content",
        "crossorigin",
        "defer",
        "enctype",
        "form",
        "formenctype",
        "formmethod",
        "formnovalidate",
        "http-equiv",
        "keytype",
        "language",
        "method",
        "novalidate",
        "pattern",
        "rel",
        "sandbox",
        "type",
        "value",
    ]
)
"""Names of attributes that no action may make."""


def _replaced(text: str, table: Mapping[str, str], *, bad_signs: bool = True) -> str:
    if bad_signs:
        return "".join(table.get(char, char) for char in text)
    return "".join(table.get(char) or _or_number(char) for char in text)


def _or_number(char: str) -> str:
    code = ord(char)
    return f"&#x{code:x};" if 0xFDD0 <= code <= 0xFDEF or 0xFFF0 <= code <= 0xFFFF else char


def _no_space(value: str) -> str:
    if not value:
        return FAILSAFE
    if isinstance(value, Html):
        return _replaced(_TAGS.sub("", value), _NO_SPACE_NORM, bad_signs=False)
    return _replaced(value, _NO_SPACE, bad_signs=False)


def _attr(value: str) -> str:
    return _replaced(_TAGS.sub("", value), _HTML_NORM) if isinstance(value, Html) else _replaced(value, _HTML)


def _rcdata(value: str) -> str:
    return _replaced(value, _HTML_NORM if isinstance(value, Html) else _HTML)


def _text(value: str) -> str:
    return value if isinstance(value, Html) else _replaced(value, _HTML)


def _name(value: str) -> str:
    name = value.lower()
    bad = name in _UNSAFE or name.startswith(("on", "data-")) or any(part in name for part in ("src", "uri", "url"))
    return name if name.isascii() and name.isalnum() and not bad else FAILSAFE


def _safe(address: str) -> bool:
    scheme, colon, _ = address.partition(":")
    return not colon or "/" in scheme or scheme.lower() in _SAFE_SCHEMES


def _filtered(value: str) -> str:
    return value if isinstance(value, Url) or _safe(value) else f"#{FAILSAFE}"


def _percent(text: str, kept: frozenset[int]) -> str:
    raw = go_bytes(text)
    escapes = {at.start() for at in re.finditer(rb"%[0-9A-Fa-f]{2}", raw)} if kept is _KEPT_WHOLE else set[int]()
    return "".join(chr(byte) if byte in kept or at in escapes else f"%{byte:02x}" for at, byte in enumerate(raw))


def _part(value: str) -> str:
    return _percent(value, _KEPT_WHOLE if isinstance(value, Url) else _KEPT)


def _whole(value: str) -> str:
    return _percent(value, _KEPT_WHOLE)


def _srcset(value: str) -> str:
    if isinstance(value, Url):
        return _whole(value).replace(",", "%2c")
    return ",".join(map(_source, value.split(",")))


def _source(part: str) -> str:
    """Returns one address of a srcset with its width: replaced as a whole where it is not safe."""
    bare = part.lstrip(" \t\n\f\r")
    address = re.match(r"[^ \t\n\f\r]*", bare)
    found = address.group() if address else ""
    rest = bare[len(found) :]
    if _safe(found) and re.fullmatch(r"[ \t\n\f\rA-Za-z0-9]*", rest):
        return part[: len(part) - len(bare)] + _whole(found) + rest
    return f"#{FAILSAFE}"


def escaper(change: Callable[[str], str]) -> TemplateFunction:
    """Makes an escaper of one value: what is no text is printed first, and nothing prints as nothing."""

    def run(environment: CallContext, value: Any) -> str:
        text = value if isinstance(value, str) else sprint(_given(value), environment.budget)
        environment.budget.make(len(text))
        made = change(text)
        environment.budget.make(len(made))
        return made

    return TemplateFunction(("any",), run)


def _given(value: Any) -> Iterable[Any]:
    return () if value is None else (value,)


_HTML_AND_URLS: Mapping[str, Callable[[str], str]] = {
    "html_text": _text,
    "html_attr": _attr,
    "html_nospace": _no_space,
    "html_rcdata": _rcdata,
    "html_name": _name,
    "comment": lambda _value: "",
    "url_filter": _filtered,
    "url_part": _part,
    "url_whole": _whole,
    "url_srcset": _srcset,
    "css_text": escaping_code.css_text,
    "css_value": lambda value: escaping_code.css_value(value, FAILSAFE),
    "js_text": escaping_code.js_text,
    "js_regexp": escaping_code.js_regexp,
}
ESCAPERS: Mapping[str, TemplateFunction] = {
    **{f"_escape_{name}": escaper(change) for name, change in _HTML_AND_URLS.items()},
    "_escape_js_value": TemplateFunction(("any",), escaping_code.js_value),
}
"""The escapers by the names that the compiler writes into pipelines; no text of a template can call them."""
