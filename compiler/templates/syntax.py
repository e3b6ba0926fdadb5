"""The words of a template's syntax: its tokens, and where a fault stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

KEYWORDS = frozenset({"block", "break", "continue", "define", "else", "end", "if", "range", "nil", "template", "with"})


class Token(NamedTuple):
    """One token. `kind` is text, left, right, space, field, variable, name, string, raw, char, number, dot, one of the
    keywords, `:=`, `=`, `|`, `(`, `)`, `,` or eof; `at` is its offset in the template."""

    kind: str
    text: str
    at: int


class TemplateSyntaxError(Exception):
    """A template that Go would not parse, or that calls what there is not. `at` is an offset in its text."""

    def __init__(self, at: int, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.at, self.problem, self.mend = at, problem, mend


@dataclass(frozen=True, slots=True)
class Spot:
    """A line and a column of a text, both from 1."""

    line: int
    column: int


def spot_of(text: str, at: int) -> Spot:
    """Returns where an offset of a text stands."""
    return Spot(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
