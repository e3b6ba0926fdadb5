"""Follows the text of a template through CSS and JavaScript. Source: Go's html/template/transition.go and js.go."""

from __future__ import annotations

import re
from dataclasses import replace

from compiler.templates.html.context import HtmlContext, HtmlProblem

_BEFORE_REGEXP = frozenset(
    [
        "break",
        "case",
        "continue",
        "delete",
        "do",
        "else",
        "finally",
        "in",
        "instanceof",
        "return",
        "throw",
        "try",
        "typeof",
        "void",
    ]
)
_ENDS = {
    "css_double": '"', "css_single": "'", "css_double_url": '"', "css_single_url": "'", "css_url": "\t\n\f\r )",
}  # fmt: skip
_LINE_ENDS = {"js_line_comment": "\n\r\u2028\u2029", "css_line_comment": "\n\f\r"}
_CSS_ESCAPE = re.compile(r"\\([0-9A-Fa-f]{1,6})(?:\r\n|[ \t\n\f\r])?|\\")


def step(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    """Returns the context behind a first part of the text, and how long that part is. Raises HtmlProblem."""
    state = context.state
    if state in ("js_block_comment", "css_block_comment"):
        end = text.find("*/")
        return (context, len(text)) if end < 0 else (replace(context, state=state[: state.index("_")]), end + 2)
    if state in _LINE_ENDS:
        found = re.search(f"[{_LINE_ENDS[state]}]", text)
        return (replace(context, state=state.partition("_")[0]), found.start()) if found else (context, len(text))
    if state == "css":
        return _css(context, text)
    if state in _ENDS:
        return _css_text(context, text)
    return _js(context, text) if state == "js" else _js_text(context, text)


def in_url(context: HtmlContext, text: str) -> HtmlContext:
    """Returns the context behind a part of an address: a `?` or `#` begins its query."""
    if "#" in text or "?" in text:
        return replace(context, url="query")
    return replace(context, url="path") if text.strip() and not context.url else context


def _css(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    for found in re.finditer(r"""[("'/]""", text):
        at, char = found.start(), found.group()
        if char in "\"'":
            return replace(context, state="css_double" if char == '"' else "css_single"), at + 1
        if char == "(" and re.search(r"(?:^|[^\w\x80-\U0010ffff-])url$", text[:at].rstrip("\t\n\f\r "), re.IGNORECASE):
            inside = len(text) - len(text[at + 1 :].lstrip("\t\n\f\r "))
            quote = {'"': "css_double_url", "'": "css_single_url"}.get(text[inside : inside + 1])
            return replace(context, state=quote or "css_url"), inside + bool(quote)
        after = text[at + 1 : at + 2]
        if char == "/" and after in ("/", "*"):
            return replace(context, state="css_line_comment" if after == "/" else "css_block_comment"), at + 2
    return context, len(text)


def _css_text(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    at = 0
    while True:
        found = re.compile(rf"[\\{_ENDS[context.state]}]").search(text, at)
        if not found:
            return in_url(context, _decoded(text[at:])), len(text)
        end = found.end()
        if found.group() != "\\":
            return replace(context, state="css"), end
        if end == len(text):
            raise HtmlProblem("an escape in a text of CSS is not finished")
        context = in_url(context, _decoded(text[: end + 1]))
        at = end + 1


def _decoded(text: str) -> str:
    return _CSS_ESCAPE.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)) if found[1] else "", text)


def _js(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    found = re.search("[\"`'/<#-]", text)
    if not found:
        return replace(context, js=_slash_after(text, context.js)), len(text)
    at, char = found.start(), found.group()
    context = replace(context, js=_slash_after(text[:at], context.js))
    if char in "\"'`":
        return replace(context, state={'"': "js_double", "'": "js_single", "`": "js_back"}[char], js="regexp"), at + 1
    for start in ("//", "/*", "<!--", "-->", "#!"):
        if text.startswith(start, at):
            state = "js_block_comment" if start == "/*" else "js_line_comment"
            return replace(context, state=state), at + len(start)
    if char != "/":
        return context, at + 1
    if context.js == "unknown":
        raise HtmlProblem("a slash may begin a regular expression or a division")
    return replace(context, **({"state": "js_regexp"} if context.js == "regexp" else {"js": "regexp"})), at + 1


def _js_text(context: HtmlContext, text: str) -> tuple[HtmlContext, int]:
    specials = {"js_single": r"['\\]", "js_double": r'["\\]', "js_back": r"[`\\]"}.get(context.state, r"[\\/\[\]]")
    inside, skip = False, -1
    for found in re.finditer(specials, text):
        at, char = found.start(), found.group()
        if at <= skip:
            continue
        if char == "\\":
            skip = at + 1
            if skip == len(text):
                raise HtmlProblem("an escape in a text of JavaScript is not finished")
        elif char in "[]":
            inside = char == "["
        elif not inside:
            return replace(context, state="js", js="division"), at + 1
    if inside:
        raise HtmlProblem("a set of characters in a regular expression is not finished")
    return context, len(text)


def _slash_after(text: str, before: str) -> str:
    """Returns what a slash behind this JavaScript begins."""
    text = text.rstrip("\t\n\f\r \u2028\u2029")
    if not text:
        return before
    last = text[-1]
    if last in "+-":
        return "regexp" if (len(text) - len(text.rstrip(last))) % 2 else "division"
    if last == ".":
        return "division" if text[-2:-1].isdigit() else "regexp"
    if last in ",<>=*%&|^?!~([:;{}":
        return "regexp"
    word = re.search(r"[A-Za-z0-9$_]*$", text)
    return "regexp" if word and word.group() in _BEFORE_REGEXP else "division"
