"""Makes trees of a template, as alertrelay/render/templates/ runs them. Source: Go's text/template/parse/parse.go.

What Go finds when it parses is an error here too: an unknown function, an undefined variable, a control that is not
closed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from compiler.templates.lexer import tokens
from compiler.templates.pipelines import PipelineParser
from compiler.templates.syntax import TemplateSyntaxError, Token

Node = list[Any]
_DEEP = 60


@dataclass(slots=True)
class ParsedTemplate:
    """A template's own tree, those that it defines, and where each name that it calls stands (as an offset)."""

    main: list[Node]
    defines: dict[str, list[Node]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)


def parse(text: str, functions: Collection[str]) -> ParsedTemplate:
    """Parses one text. Raises TemplateSyntaxError."""
    return _Parser(text, functions).parse()


def is_empty(nodes: list[Node]) -> bool:
    """Returns whether a tree holds nothing but white space: it does not replace one of the same name."""
    return all(node[0] == "text" and not node[1].strip() for node in nodes)


class _Parser(PipelineParser):
    def __init__(self, text: str, functions: Collection[str]) -> None:
        super().__init__(text, list(tokens(text)), functions)
        self._parsed = ParsedTemplate([])
        self._line_ends = [found.start() for found in re.finditer("\n", text)]
        self._ranges = self._depth = 0

    def parse(self) -> ParsedTemplate:
        while self.peek().kind != "eof":
            if self.peek().kind == "left" and self._after_left() == "define":
                self._definition()
                continue
            node = self._text_or_action()
            if node and node[0] in ("end", "else"):
                raise TemplateSyntaxError(node[2], f"{{{{{node[0]}}}}} closes nothing", "remove it")
            if node:
                self._parsed.main.append(node)
        return self._parsed

    def _after_left(self) -> str:
        at = self.at + 1
        while self.tokens[at].kind == "space":
            at += 1
        return self.tokens[at].kind

    def _definition(self) -> None:
        start = self.next()
        self.next_word()
        name = self._template_name("define")
        self.expect("right", "define")
        self.variables = ["$"]
        nodes, end = self._item_list(start)
        if end[0] != "end":
            raise TemplateSyntaxError(end[2], "{{else}} stands in a define", "remove it")
        self._define(name, nodes, start)

    def _define(self, name: str, nodes: list[Node], start: Token) -> None:
        known = self._parsed.defines.get(name)
        if known is None or is_empty(known):
            self._parsed.defines[name] = nodes
        elif not is_empty(nodes):
            raise TemplateSyntaxError(start.at, f"the template {name!r} is defined twice", "remove one of the two")

    def _template_name(self, word: str) -> str:
        token = self.next_word()
        if token.kind not in ("string", "raw"):
            raise TemplateSyntaxError(token.at, f"{word} needs a name in quotes", f'as in {word} "name"')
        return self.text_of(token)

    def _item_list(self, start: Token) -> tuple[list[Node], Node]:
        """Returns the nodes up to `end` or `else`, and that."""
        self._depth += 1
        if self._depth > _DEEP:
            raise TemplateSyntaxError(start.at, f"controls are nested more than {_DEEP} deep", "split the template")
        nodes: list[Node] = []
        while self.peek().kind != "eof":
            node = self._text_or_action()
            if node and node[0] in ("end", "else"):
                self._depth -= 1
                return nodes, node
            if node:
                nodes.append(node)
        raise TemplateSyntaxError(start.at, "what is opened here is not closed", "add {{ end }}")

    def _text_or_action(self) -> Node | None:
        token = self.next()
        if token.kind == "text":
            return ["text", token.text]
        word = self.next_word()
        match word.kind:
            case "if" | "with" | "range":
                return self._control(word.kind, token)
            case "template":
                return self._call(token)
            case "block":
                return self._block(token)
            case "define":
                raise TemplateSyntaxError(word.at, "define stands inside of something else", "move it to the top level")
            case "end":
                self.expect("right", "end")
                return ["end", None, token.at]
            case "else":
                return self._else(token)
            case "break" | "continue":
                self.expect("right", word.kind)
                if not self._ranges:
                    raise TemplateSyntaxError(word.at, f"{word.kind} stands outside of a range", "remove it")
                return [word.kind]
        self.back()
        pipe = self.pipeline("command", "right", declares=True)
        return ["action", self._line(token), pipe]

    def _else(self, start: Token) -> Node:
        word = self.peek_word()
        if word.kind in ("if", "with"):
            return ["else", word.kind, start.at]
        self.expect("right", "else")
        return ["else", None, start.at]

    def _control(self, kind: str, start: Token) -> Node:
        """Parses `if`, `with` or `range` up to its `end`; `else if` is an `if` inside the `else`."""
        mark = len(self.variables)
        pipe = self.pipeline(kind, "right", declares=True, ranges=kind == "range")
        self._ranges += kind == "range"
        nodes, end = self._item_list(start)
        self._ranges -= kind == "range"
        otherwise: list[Node] | None = None
        if end[0] == "else":
            chained = end[1]
            if chained:
                if chained != kind:
                    problem = f"{{{{else {chained}}}}} does not belong to a {kind}"
                    raise TemplateSyntaxError(end[2], problem, "write {{ else }} and close both")
                self.next_word()
                otherwise = [self._control(chained, start)]
            else:
                otherwise, end = self._item_list(start)
                if end[0] != "end":
                    raise TemplateSyntaxError(end[2], "a second {{else}} stands here", "remove one of the two")
        del self.variables[mark:]
        return [kind, self._line(start), pipe, nodes, otherwise]

    def _call(self, start: Token) -> Node:
        at = self.peek_word().at
        name = self._template_name("template")
        self._parsed.calls.setdefault(name, at)
        pipe = None
        if self.peek_word().kind != "right":
            pipe = self.pipeline("template", "right", declares=True)
        else:
            self.expect("right", "template")
        return ["template", self._line(start), name, pipe]

    def _block(self, start: Token) -> Node:
        name = self._template_name("block")
        pipe = self.pipeline("block", "right", declares=True)
        outer, self.variables = self.variables, ["$"]
        ranges, self._ranges = self._ranges, 0
        nodes, end = self._item_list(start)
        if end[0] != "end":
            raise TemplateSyntaxError(end[2], "{{else}} stands in a block", "remove it")
        self.variables, self._ranges = outer, ranges
        self._define(name, nodes, start)
        self._parsed.calls.setdefault(name, start.at)
        return ["template", self._line(start), name, pipe]

    def _line(self, token: Token) -> int:
        return bisect_left(self._line_ends, token.at) + 1
