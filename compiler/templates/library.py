"""Holds the named templates of a configuration, and makes programs of the texts that call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alertrelay.render.templates.execute import Program
from alertrelay.render.templates.functions import FUNCTIONS

from compiler.templates.html.context import HtmlProblem
from compiler.templates.html.escape import escape
from compiler.templates.parser import ParsedTemplate, is_empty, parse
from compiler.templates.syntax import TemplateSyntaxError

Node = list[Any]


class Library:
    """The templates that files define, each by its name; a later one replaces an earlier one, unless it is empty."""

    def __init__(self, trees: Mapping[str, list[Node]] | None = None) -> None:
        self.trees: dict[str, list[Node]] = dict(trees or {})

    def add(self, name: str, text: str) -> ParsedTemplate:
        """Adds a file: what it defines, and its own text under its name. Raises TemplateSyntaxError."""
        parsed = parse(text, FUNCTIONS)
        for defined, nodes in {name: parsed.main, **parsed.defines}.items():
            if defined not in self.trees or not is_empty(nodes):
                self.trees[defined] = nodes
        return parsed

    def text(self, source: str) -> Program:
        """Makes the program of a text. Raises TemplateSyntaxError, also for a template that nothing defines."""
        main, trees = self._parsed(source)
        return Program(main=main, templates=reachable(main, trees))

    def html(self, source: str) -> Program:
        """Makes the program of a text in HTML. Raises TemplateSyntaxError."""
        main, trees = self._parsed(source)
        try:
            escaped, made = escape(main, trees)
        except HtmlProblem as problem:
            at = len("".join(source.splitlines(keepends=True)[: max(problem.line - 1, 0)]))
            mend = "close tags and quotes within each branch, and write attributes with quotes"
            raise TemplateSyntaxError(at, problem.text, mend) from None
        return Program(main=escaped, templates=made)

    def _parsed(self, source: str) -> tuple[list[Node], Mapping[str, list[Node]]]:
        parsed = parse(source, FUNCTIONS)
        trees = {**self.trees, **{n: t for n, t in parsed.defines.items() if n not in self.trees or not is_empty(t)}}
        for name, at in parsed.calls.items():
            if name not in trees:
                raise UndefinedTemplate(at, name, trees)
        return parsed.main, trees


class UndefinedTemplate(TemplateSyntaxError):
    """A text calls a template that nothing defines."""

    def __init__(self, at: int, name: str, known: Iterable[str]) -> None:
        super().__init__(at, f"the template {name!r} is not defined", "")
        self.name, self.known = name, tuple(known)


def called(nodes: list[Node]) -> Iterable[str]:
    """Yields the names of the templates that a tree calls."""
    for node in nodes:
        if node[0] == "template":
            yield node[2]
        elif node[0] in ("if", "with", "range"):
            yield from called(node[3])
            yield from called(node[4] or [])


def reachable(main: list[Node], trees: Mapping[str, list[Node]]) -> dict[str, list[Node]]:
    """Returns the templates that a tree needs, by name; one that is missing fails when it is called, as in Go."""
    found: dict[str, list[Node]] = {}
    waiting = list(called(main))
    while waiting:
        name = waiting.pop()
        if name not in found and name in trees:
            found[name] = trees[name]
            waiting += called(trees[name])
    return found
