"""Follows the text of a template through HTML: in which context it ends. Source: Go's html/template/transition.go."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace

from compiler.templates.html import styles_and_scripts
from compiler.templates.html.context import CONTENT, QUOTES, SPACE, START, HtmlContext, HtmlProblem, sort_of

_TAG = re.compile(r"[A-Za-z](?:[A-Za-z0-9]|[:-](?=[A-Za-z0-9]))*")
_NAME_END = re.compile(r"[ \t\n\f\r=>'\"<]")
_JS_TYPES = frozenset(
    [
        "application/ecmascript",
        "application/javascript",
        "application/json",
        "application/ld+json",
        "application/x-ecmascript",
        "application/x-javascript",
        "module",
        "text/ecmascript",
        "text/javascript",
        "text/javascript1.0",
        "text/javascript1.1",
        "text/javascript1.2",
        "text/javascript1.3",
        "text/javascript1.4",
        "text/javascript1.5",
        "text/jscript",
        "text/livescript",
        "text/x-ecmascript",
        "text/x-javascript",
    ]
)


def after(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    """Returns the context behind a first part of the text, and how long that part is. Raises HtmlProblem."""
    if not context.delim:
        end = _end_of_element(context, text)
        if end == 0:
            return HtmlContext(), 0
        return _step(context, text[:end])
    ends = [at for at in (text.find(char) for char in QUOTES[context.delim]) if at >= 0]
    end = min(ends, default=len(text))
    if context.delim == "space" and (bad := re.search(r"[\"'<=`]", text[:end])):
        raise HtmlProblem(f"{bad.group()!r} stands in the value of an attribute without quotes")
    if end == len(text):
        return _whole(context, html.unescape(text)), end
    element = context.element
    if context.attr == "script_type" and not _is_script(text[:end]):
        element = ""
    return HtmlContext(state="tag", element=element), end + (context.delim != "space")


def _whole(context: HtmlContext, value: str) -> HtmlContext:
    while value:
        context, length = _step(context, value)
        value = value[length:]
    return context


def _step(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    own = _STEPS.get(context.state)
    return own(context, text) if own else styles_and_scripts.step(context, text)


def _is_script(kind: str) -> bool:
    return not kind or kind.partition(";")[0].strip().lower() in _JS_TYPES


def _end_of_element(context: HtmlContext, text: str) -> int:
    """Returns where the end tag of a script, style, title or textarea begins, else the text's length."""
    if not context.element:
        return len(text)
    found = re.search(rf"</{context.element}[> \t\n\f/]", text, re.IGNORECASE)
    return found.start() if found else len(text)


def _text(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    at = 0
    while True:
        at = text.find("<", at)
        if at < 0 or at + 1 == len(text):
            return context, len(text)
        if text.startswith("<!--", at):
            return HtmlContext(state="comment"), at + 4
        closes = text.startswith("/", at + 1)
        if closes and at + 2 == len(text):
            return context, len(text)
        name = _TAG.match(text, at + 1 + closes)
        if name:
            element = name.group().lower()
            kept = element if element in CONTENT and not closes else ""
            return HtmlContext(state="tag", element=kept), name.end()
        at += 1 + closes


def _space(text: str) -> int:
    return len(text) - len(text.lstrip(SPACE))


def _tag(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    at = _space(text)
    if at == len(text):
        return context, at
    if text[at] == ">":
        return HtmlContext(state=CONTENT[context.element], element=context.element), at + 1
    end = _name_end(text, at)
    if end == at:
        raise HtmlProblem(f"{text[at]!r} stands where an attribute or the end of a tag is expected")
    name = text[at:end].lower()
    sort = "script_type" if context.element == "script" and name == "type" else sort_of(name)
    return HtmlContext(state="attr_name" if end == len(text) else "after_name", element=context.element, attr=sort), end


def _name_end(text: str, at: int) -> int:
    found = _NAME_END.search(text, at)
    if found and found.group() in "'\"<":
        raise HtmlProblem(f"{found.group()!r} stands in the name of an attribute")
    return found.start() if found else len(text)


def _attr_name(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    end = _name_end(text, 0)
    return (context if end == len(text) else replace(context, state="after_name")), end


def _after_name(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    at = _space(text)
    if at == len(text):
        return context, at
    if text[at] != "=":
        return replace(context, state="tag"), at
    return replace(context, state="before_value"), at + 1


def _before_value(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    at = _space(text)
    if at == len(text):
        return context, at
    delim = {"'": "single", '"': "double"}.get(text[at], "space")
    return replace(context, state=START[context.attr], delim=delim), at + (delim != "space")


def _comment(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    end = text.find("-->")
    return (context, len(text)) if end < 0 else (HtmlContext(), end + 3)


def _stays(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    return context, len(text)


def _url(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    return styles_and_scripts.in_url(context, text), len(text)


_STEPS: dict[str, Callable[[HtmlContext, str], tuple[HtmlContext, int]]] = {
    "text": _text,
    "tag": _tag,
    "attr_name": _attr_name,
    "after_name": _after_name,
    "before_value": _before_value,
    "comment": _comment,
    "rcdata": _stays,
    "attr": _stays,
    "url": _url,
    "srcset": _url,
}
