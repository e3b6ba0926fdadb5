"""Puts an escaper behind each action of a template, by the context in HTML in which it stands.

A template that is called in several contexts gets a copy for each. Source: Go's html/template/escape.go.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from compiler.templates.html.context import HtmlContext, HtmlProblem, joined
from compiler.templates.html.escapers import escaped_pipe, escapers_of
from compiler.templates.html.transitions import after

Node = list[Any]


@dataclass
class _Loop:
    """The contexts at each break and continue of a range."""

    leaves: list[HtmlContext] = field(default_factory=list)


def escape(main: list[Node], trees: Mapping[str, list[Node]]) -> tuple[list[Node], dict[str, list[Node]]]:
    """Returns a tree that escapes, and the trees that it calls. Raises HtmlProblem."""
    escaper = _Escaper(trees)
    context, nodes = escaper.nodes(HtmlContext(), main)
    if context.state != "text":
        raise HtmlProblem("the text ends inside of a tag, an attribute or an element")
    return nodes, escaper.made


class _Escaper:
    def __init__(self, trees: Mapping[str, list[Node]]) -> None:
        self._trees = trees
        self.made: dict[str, list[Node]] = {}
        self._ends: dict[str, HtmlContext] = {}
        self._called: set[str] = set()
        self._loops: list[_Loop] = []

    def nodes(self, context: HtmlContext, nodes: list[Node] | None) -> tuple[HtmlContext, list[Node]]:
        made: list[Node] = []
        for node in nodes or ():
            if context.state == "dead":
                break
            try:
                context, escaped = self._node(context, node)
            except HtmlProblem as problem:
                raise HtmlProblem(problem.text, problem.line or _line(node)) from None
            made.append(escaped)
        return context, made

    def _node(self, context: HtmlContext, node: Node) -> tuple[HtmlContext, Node]:
        match node[0]:
            case "text":
                return _text(context, node[1])
            case "action":
                return self._action(context, node)
            case "template":
                end, name = self._call(context, node[2])
                return end, [*node[:2], name, node[3]]
            case "break" | "continue":
                self._loops[-1].leaves.append(context)
                return replace(context, state="dead"), node
        return self._branch(context, node)

    def _action(self, context: HtmlContext, node: Node) -> tuple[HtmlContext, Node]:
        if node[2][0]:
            return context, node
        context = context.nudged
        names, end = escapers_of(context, node[2])
        return end, ["action", node[1], escaped_pipe(node[2], names)]

    def _branch(self, context: HtmlContext, node: Node) -> tuple[HtmlContext, Node]:
        kind, line, pipe, body, otherwise = node
        loops = kind == "range"
        end, made = self._body(context, body, line) if loops else self.nodes(context, body)
        if loops:
            # What a second turn begins with must lead to the same end.
            again, _ = copy.deepcopy(self)._body(end, body, line)
            end = joined(end, again, kind, line)
        other, made_other = self.nodes(context, otherwise)
        return joined(end, other, kind, line), [kind, line, pipe, made, made_other if otherwise else otherwise]

    def _body(self, context: HtmlContext, body: list[Node], line: int) -> tuple[HtmlContext, list[Node]]:
        self._loops.append(_Loop())
        end, made = self.nodes(context, body)
        for leave in self._loops.pop().leaves:
            end = joined(end, leave, "range", line)
        return end, made

    def _call(self, context: HtmlContext, name: str) -> tuple[HtmlContext, str]:
        own = name if context == HtmlContext() else f"{name} in {_words(context)}"
        self._called.add(own)
        if own in self._ends:
            return self._ends[own], own
        if name not in self._trees:
            return context, own  # it fails when it is called
        return self._end_of(context, name, own), own

    def _end_of(self, context: HtmlContext, name: str, own: str) -> HtmlContext:
        """Returns the context behind a template; one that calls itself has to end where it is assumed to."""
        assumed = context
        for _ in range(2):
            attempt = copy.copy(self)
            attempt.made, attempt._ends = dict(self.made), {**self._ends, own: assumed}
            attempt._called = set()
            end, nodes = attempt.nodes(context, self._trees[name])
            if own not in attempt._called or end == assumed:
                self.made, self._ends = {**attempt.made, own: nodes}, {**attempt._ends, own: end}
                self._called |= attempt._called
                return end
            assumed = end
        raise HtmlProblem(f"the template {name!r} calls itself in different parts of HTML")


def _words(context: HtmlContext) -> str:
    return " ".join(part for part in (context.state, context.delim, context.url, context.js, context.attr) if part)


def _line(node: Node) -> int:
    return node[1] if len(node) > 2 else 0


def _text(context: HtmlContext, text: str) -> tuple[HtmlContext, Node]:
    """Follows a text. Comments are dropped, and a `<` that begins no tag is escaped."""
    parts: list[str] = []
    while text:
        end, length = after(context, text)
        piece, text = text[:length], text[length:]
        if context.state in ("text", "rcdata"):
            piece = _bare_signs(piece, changes=end.state != context.state)
        elif context.is_comment and not context.delim:
            piece = _for_comment(context, piece)
        if end.state != context.state and end.is_comment and not end.delim:
            starts = ("<!--", "-->", "//", "/*", "#!") if not context.is_comment else ()
            piece = next((piece.removesuffix(start) for start in starts if piece.endswith(start)), piece)
        parts.append(piece)
        context = end
    return context, ["text", "".join(parts)]


def _bare_signs(piece: str, *, changes: bool) -> str:
    tag = piece.rfind("<") if changes else -1
    plain, kept = (piece, "") if tag < 0 else (piece[:tag], piece[tag:])
    parts = plain.split("<")
    shown = parts[0]
    for part in parts[1:]:
        shown += ("<" if part[:8].upper() == "!DOCTYPE" else "&lt;") + part
    return shown + kept


def _for_comment(context: HtmlContext, piece: str) -> str:
    """Returns what stands in place of a comment: white space where it parted two words."""
    if context.state == "js_block_comment":
        return "\n" if any(char in piece for char in "\n\r\u2028\u2029") else " "
    return " " if context.state == "css_block_comment" else ""
