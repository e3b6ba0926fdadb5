"""Cuts a template into tokens, with its comments and trim markers. Source: Go's text/template/parse/lex.go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.templates.syntax import KEYWORDS, TemplateSyntaxError, Token

_SPACE = " \t\r\n"
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]+)?|0[oO][0-7_]+|0[bB][01_]+"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?)i?"
)
_STRING = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_CHAR = re.compile(r"'(?:[^'\\\n]|\\[^\n])*'")
_LEFT_TRIM = re.compile(r"\{\{-[ \t\r\n]")
_RIGHT = re.compile(r"[ \t\r\n]-\}\}|\}\}")
_AFTER_WORD = frozenset(" \t\r\n.,|:)(")


def tokens(text: str) -> Iterator[Token]:
    """Yields the tokens, the last of kind eof. Raises TemplateSyntaxError."""
    at, trim = 0, False
    while at < len(text):
        start = text.find("{{", at)
        end = len(text) if start < 0 else start
        opens_trimmed = start >= 0 and _LEFT_TRIM.match(text, start) is not None
        piece = text[at:end]
        piece = piece.lstrip(_SPACE) if trim else piece
        piece = piece.rstrip(_SPACE) if opens_trimmed else piece
        if piece:
            yield Token("text", piece, at)
        if start < 0:
            break
        inside = start + 2 + 2 * opens_trimmed
        if text.startswith("/*", inside):
            at, trim = _comment(text, start, inside)
            continue
        yield Token("left", "{{", start)
        found = _Action(text, start, inside)
        yield from found.tokens()
        at, trim = found.at, found.trims
    yield Token("eof", "", len(text))


def _comment(text: str, start: int, inside: int) -> tuple[int, bool]:
    """Returns where the comment ends, and whether it trims what follows."""
    end = text.find("*/", inside + 2)
    if end < 0:
        raise TemplateSyntaxError(start, "the comment is not closed", "end it with */}}")
    right = _RIGHT.match(text, end + 2)
    if not right:
        raise TemplateSyntaxError(start, "the comment ends before its }}", "write nothing between */ and }}")
    return right.end(), "-" in right.group()


class _Action:
    """The tokens from `{{` to `}}`."""

    def __init__(self, text: str, start: int, at: int) -> None:
        self._text, self._start, self._parens = text, start, list[int]()
        self.at, self.trims = at, False

    def tokens(self) -> Iterator[Token]:
        while True:
            right = _RIGHT.match(self._text, self.at)
            if right:
                if self._parens:
                    raise TemplateSyntaxError(self._parens[-1], "a parenthesis is not closed", "add `)`")
                yield Token("right", "}}", self.at)
                self.at, self.trims = right.end(), "-" in right.group()
                return
            if self.at >= len(self._text):
                raise TemplateSyntaxError(self._start, "the action is not closed", "add `}}`")
            token = self._next()
            self.at += len(token.text)
            yield token

    def _next(self) -> Token:
        text, at = self._text, self.at
        char = text[at]
        if char in _SPACE:
            return self._space()
        if text.startswith(":=", at):
            return Token(":=", ":=", at)
        if char in "=|,":
            return Token(char, char, at)
        if char in "()":
            return self._paren(char)
        if char in "\"'`":
            return self._quoted(char)
        if char == "$" or (char == "." and not text[at + 1 : at + 2].isdigit()):
            return self._field_or_variable(char)
        if char in "+-." or (char.isascii() and char.isdigit()):
            return self._number()
        word = _WORD.match(text, at)
        if word:
            return self._word(word.group())
        raise TemplateSyntaxError(at, f"{char!r} is not expected here", "look at the quotes and parentheses before it")

    def _space(self) -> Token:
        """White space up to what follows; a space before `-}}` belongs to that."""
        at = self.at
        while self._text[at : at + 1] in tuple(_SPACE) and not _RIGHT.match(self._text, at):
            at += 1
        return Token("space", self._text[self.at : at], self.at)

    def _paren(self, char: str) -> Token:
        if char == "(":
            self._parens.append(self.at)
        elif not self._parens:
            raise TemplateSyntaxError(self.at, "a parenthesis closes what is not open", "remove `)`")
        else:
            self._parens.pop()
        return Token(char, char, self.at)

    def _quoted(self, char: str) -> Token:
        if char == "`":
            end = self._text.find("`", self.at + 1)
            if end < 0:
                raise TemplateSyntaxError(self.at, "the text in backquotes is not closed", "add a backquote")
            return Token("raw", self._text[self.at : end + 1], self.at)
        found = (_STRING if char == '"' else _CHAR).match(self._text, self.at)
        if not found:
            raise TemplateSyntaxError(self.at, "the text in quotes is not closed", f"add {char} on the same line")
        return Token("string" if char == '"' else "char", found.group(), self.at)

    def _field_or_variable(self, char: str) -> Token:
        word = _WORD.match(self._text, self.at + 1)
        text = char + (word.group() if word else "")
        self._ends_well(self.at + len(text))
        kind = "variable" if char == "$" else "field" if word else "dot"
        return Token(kind, text, self.at)

    def _number(self) -> Token:
        found = _NUMBER.match(self._text, self.at)
        text = found.group() if found else ""
        after = self._text[self.at + len(text) : self.at + len(text) + 1]
        if not any(char.isdigit() for char in text) or after.isalnum() or after == "_":
            raise TemplateSyntaxError(self.at, "a number is not written as Go does", "as in 3, 0.5 or -1")
        return Token("number", text, self.at)

    def _word(self, word: str) -> Token:
        self._ends_well(self.at + len(word))
        if word in KEYWORDS:
            return Token(word, word, self.at)
        return Token("bool" if word in ("true", "false") else "name", word, self.at)

    def _ends_well(self, at: int) -> None:
        after = self._text[at : at + 1]
        if after and after not in _AFTER_WORD and not self._text.startswith("}}", at):
            raise TemplateSyntaxError(at, f"{after!r} is not expected here", "put a space before it, or quote the text")
