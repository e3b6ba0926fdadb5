"""Parses pipelines: variables, commands and their operands. Source: Go's text/template/parse/parse.go."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

from compiler.templates import literals
from compiler.templates.syntax import KEYWORDS, TemplateSyntaxError, Token

_NOT_CALLED = ("const", "dot", "nil")
_DEEP = 60
_FUNCTIONS_NOT_SERVED = {
    "call": "no value of a notification is a function",
    "env": "it is Prometheus's, not Alertmanager's",
}


class PipelineParser:
    """The tokens and the variables in scope, and all that stands in one action."""

    def __init__(self, source: str, tokens: list[Token], functions: Collection[str]) -> None:
        self.source, self.tokens, self.at = source, tokens, 0
        self.variables = ["$"]
        self._functions = functions
        self._parens = 0

    def next(self) -> Token:
        """Takes the next token."""
        self.at += 1
        return self.tokens[self.at - 1]

    def peek(self) -> Token:
        """Returns the next token."""
        return self.tokens[self.at]

    def back(self) -> None:
        """Gives the last token back."""
        self.at -= 1

    def next_word(self) -> Token:
        """Takes the next token that is not white space."""
        self.peek_word()
        return self.next()

    def peek_word(self) -> Token:
        """Returns the next token that is not white space."""
        while self.peek().kind == "space":
            self.at += 1
        return self.peek()

    def expect(self, kind: str, within: str) -> Token:
        """Takes a token of that kind. Raises TemplateSyntaxError."""
        token = self.next_word()
        if token.kind != kind:
            self.unexpected(token, within)
        return token

    def unexpected(self, token: Token, within: str) -> None:
        """Raises TemplateSyntaxError."""
        shown = token.text[:20] or "the end of the text"
        problem = f"{shown!r} is not expected in {within}"
        raise TemplateSyntaxError(token.at, problem, "look at the quotes, parentheses and spaces before it")

    def text_of(self, token: Token) -> str:
        """Returns the text of a literal."""
        return literals.unquoted(token.text, token.at)

    def pipeline(self, within: str, end: str, *, declares: bool, ranges: bool = False) -> list[Any]:
        """Parses up to `end`, which is taken. Raises TemplateSyntaxError."""
        start = self.peek_word()
        names, assigns = self._declared(ranges) if declares else ([], False)
        commands: list[list[Any]] = []
        while True:
            token = self.peek_word()
            if token.kind == end:
                self.next()
                break
            if token.kind in ("right", ")", "|", ",", ":=", "=", "eof"):
                self.unexpected(token, within)
            commands.append(self._command(end))
            if commands[1:] and commands[-1][0][0] in _NOT_CALLED:
                problem = "a value stands behind `|`, where a function is needed"
                raise TemplateSyntaxError(token.at, problem, "put it before the `|`, or call a function")
        if not commands:
            raise TemplateSyntaxError(start.at, f"{within} has no value", "write a value, as in .Status")
        if not assigns:
            self.variables += names
        return [names, assigns, commands]

    def _declared(self, ranges: bool) -> tuple[list[str], bool]:
        """Returns the variables before `:=` or `=`, and whether it is an assignment."""
        mark, names = self.at, list[str]()
        while self.peek_word().kind == "variable":
            token = self.next()
            names.append(token.text)
            after = self.peek_word()
            if after.kind in (":=", "="):
                self.next()
                for name in names if after.kind == "=" else ():
                    self._known(name, token.at)
                if len(names) > (2 if ranges else 1):
                    raise TemplateSyntaxError(token.at, "too many variables are declared", "range takes two")
                return names, after.kind == "="
            if after.kind != "," or not ranges:
                break
            self.next()
        self.at = mark
        return [], False

    def _known(self, name: str, at: int) -> None:
        if name not in self.variables:
            near = difflib.get_close_matches(name, self.variables[1:], n=1, cutoff=0.6)
            mend = f"did you mean {near[0]!r}?" if near else f"declare it: {{{{ {name} := … }}}}"
            raise TemplateSyntaxError(at, f"the variable {name} is not defined", mend)

    def _command(self, end: str) -> list[Any]:
        operands: list[Any] = []
        while True:
            self.peek_word()
            operands.append(self._operand())
            token = self.next()
            if token.kind == "space":
                if self.peek_word().kind in (end, "|", "right", ")"):
                    token = self.next()
                else:
                    continue
            if token.kind == "|":
                if self.peek_word().kind in ("right", ")", "eof"):
                    self.unexpected(self.peek_word(), "a pipeline")
                return operands
            if token.kind in ("right", ")"):
                self.back()
                return operands
            self.unexpected(token, "an operand")

    def _operand(self) -> list[Any]:
        start = self.peek()
        term = self._term()
        names: list[str] = []
        while self.peek().kind == "field":
            names.append(self.next().text[1:])
        if not names:
            return term
        if term[0] in ("field", "var"):
            return [*term[:-1], [*term[-1], *names]]
        if term[0] in _NOT_CALLED:
            raise TemplateSyntaxError(start.at, "a field is taken of a literal", "put a space before the point")
        return ["chain", term, names]

    def _term(self) -> list[Any]:
        token = self.next_word()
        match token.kind:
            case "name":
                return ["func", self._function(token)]
            case "dot" | "nil":
                return [token.kind]
            case "variable":
                self._known(token.text, token.at)
                return ["var", token.text, []]
            case "field":
                return ["field", [token.text[1:]]]
            case "bool":
                return ["const", token.text == "true"]
            case "char":
                return ["const", literals.character(token.text, token.at)]
            case "number":
                return ["const", literals.number(token.text, token.at)]
            case "string" | "raw":
                return ["const", self.text_of(token)]
            case "(":
                return self._parenthesis(token)
        within = "an action; it is a keyword" if token.kind in KEYWORDS else "an action"
        self.unexpected(token, within)
        raise AssertionError

    def _parenthesis(self, token: Token) -> list[Any]:
        self._parens += 1
        if self._parens > _DEEP:
            raise TemplateSyntaxError(token.at, f"parentheses are nested more than {_DEEP} deep", "use variables")
        pipe = self.pipeline("parentheses", ")", declares=True)
        self._parens -= 1
        return ["pipe", pipe]

    def _function(self, token: Token) -> str:
        if token.text in self._functions:
            return token.text
        near = difflib.get_close_matches(token.text, sorted(self._functions), n=1, cutoff=0.7)
        why = _FUNCTIONS_NOT_SERVED.get(token.text)
        mend = why or (f"did you mean {near[0]!r}?" if near else "docs/templates.md lists the functions")
        raise TemplateSyntaxError(token.at, f"there is no function {token.text!r} in Alertmanager", mend)
