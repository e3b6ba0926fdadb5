"""Chooses the escapers of an action by its context, and writes them into its pipeline. Source: Go's escape.go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compiler.templates.html.context import HtmlContext, HtmlProblem

_OWN = ("html", "urlquery")
_STATES = {
    "js": "js_value", "js_double": "js_text", "js_single": "js_text", "js_regexp": "js_regexp", "css": "css_value",
    "text": "html_text", "rcdata": "html_rcdata", "attr_name": "html_name", "tag": "html_name", "srcset": "url_srcset",
}  # fmt: skip
_SAME = {
    "html_attr": "html", "html_text": "html", "html_rcdata": "html", "url_part": "urlquery", "url_whole": "urlquery",
}  # fmt: skip
_REDUNDANT = {
    ("comment", "html_attr"), ("comment", "html_nospace"), ("comment", "html_text"), ("css_text", "html_attr"),
    ("js_regexp", "html_attr"), ("js_text", "html_attr"), ("url_part", "url_whole"),
}  # fmt: skip
PREFIX = "_escape_"
"""Before the name of each escaper, so that no text of a template can call it."""


def escapers_of(context: HtmlContext, pipe: list[Any]) -> tuple[list[str], HtmlContext]:
    """Returns the names of the escapers for an action in a context, and the context behind it. Raises HtmlProblem."""
    _check_own(context, pipe)
    names = _for_state(context)
    if context.state == "js":
        context = replace(context, js="division")
    elif context.state in ("tag", "attr_name"):
        context = replace(context, state="attr_name")
    if context.delim:
        names.append("html_nospace" if context.delim == "space" else "html_attr")
    return names, context


def _check_own(context: HtmlContext, pipe: list[Any]) -> None:
    """`html` and `urlquery` escape already: they may stand at the end, and `html` in no value without quotes."""
    for at, command in enumerate(pipe[2]):
        name = command[0][1] if command[0][0] == "func" else ""
        bare = context.state == "attr" and context.delim == "space" and name == "html"
        if name in _OWN and (at < len(pipe[2]) - 1 or bare):
            raise HtmlProblem(f"{name!r} cannot stand here: the text is escaped by its place in HTML")


def _for_state(context: HtmlContext) -> list[str]:
    if context.state in _STATES:
        return [_STATES[context.state]]
    if context.state == "attr":
        return []
    if context.is_comment:
        return ["comment"]
    if context.state == "js_back":
        raise HtmlProblem("an action stands in a template literal of JavaScript")
    match context.url:
        case "query":
            return ["url_part"]
        case "unknown":
            raise HtmlProblem("an action stands in an address behind branches that may have begun its query or not")
    whole = "css_text" if context.state in ("css_double", "css_single") else "url_whole"
    return [whole] if context.url else ["url_filter", whole]


def escaped_pipe(pipe: list[Any], names: list[str]) -> list[Any]:
    """Returns the pipeline with its escapers at the end. One that `html` or `urlquery` stands for is not doubled."""
    if not names:
        return pipe
    commands = list(pipe[2])
    last = commands[-1]
    own = last[0][1] if last[0][0] == "func" and last[0][1] in _OWN else ""
    if own and len(commands) == 1 and len(last) > 1:
        commands = [[["func", "print"], *last[1:]], [["func", own]]]
    if own and any(_SAME.get(name) == own for name in names):
        commands.pop()
        names = [own if _SAME.get(name) == own else name for name in names]
    known = {_plain(command) for command in commands}
    for name in names:
        if _SAME.get(name, name) in known:
            continue
        if commands and (_name(commands[-1]), name) in _REDUNDANT:
            continue
        commands.append([["func", name if name in _OWN else PREFIX + name]])
    return [pipe[0], pipe[1], commands]


def _name(command: list[Any]) -> str:
    return command[0][1].removeprefix(PREFIX) if command[0][0] == "func" else ""


def _plain(command: list[Any]) -> str:
    name = _name(command)
    return _SAME.get(name, name)
