"""Reads the formats of Go's Printf: flags, `*`, argument numbers, and the words for what does not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from alertrelay.render.templates.budget import RenderBudget, TemplateFailure
from alertrelay.render.templates.numbers import Flags
from alertrelay.render.templates.printing import Printer
from alertrelay.render.templates.values import kind_of, type_name

_MOST = 100_000
"""The widest width. Go's own limit is ten times that."""
_FLAGS = {"+": "plus", "-": "minus", "#": "sharp", " ": "space", "0": "zero"}
_DIGITS = re.compile(r"[0-9]+")


def sprintf(form: str, values: Sequence[Any], budget: RenderBudget) -> str:
    """Returns the values in a format, with Go's `%!verb(…)` where one does not fit."""
    return _Format(form, values, budget).text()


class _Format:
    def __init__(self, form: str, values: Sequence[Any], budget: RenderBudget) -> None:
        self._form, self._values, self._budget = form, values, budget
        self._printer = Printer(budget)
        self._at = self._number = 0
        self._reordered = False
        self._good = True  # the argument number of this verb

    def text(self) -> str:
        parts: list[str] = []
        while self._at < len(self._form):
            self._budget.step()
            end = self._form.find("%", self._at)
            end = len(self._form) if end < 0 else end
            parts.append(self._form[self._at : end])
            self._at = end + 1
            if end < len(self._form):
                parts.append(self._verb())
        if not self._reordered and self._number < len(self._values):
            rest = (self._extra(value) for value in self._values[self._number :])
            parts.append(f"%!(EXTRA {', '.join(rest)})")
        text = "".join(parts)
        self._budget.make(len(text))
        return text

    def _extra(self, value: Any) -> str:
        if value is None:
            return "<nil>"
        return f"{type_name(value)}={self._printer.verb(value, 'v', Flags())}"

    def _verb(self) -> str:
        self._good = True
        found: dict[str, Any] = {}
        while self._peek() in _FLAGS and self._peek():
            found[_FLAGS[self._peek()]] = True
            self._at += 1
        said = self._width(found) + self._precision(found)
        self._argument()
        if self._at >= len(self._form):
            return said + "%!(NOVERB)"
        verb = self._form[self._at]
        self._at += 1
        return said + self._printed(verb, found)

    def _printed(self, verb: str, found: dict[str, Any]) -> str:
        if verb == "%":
            return "%"
        if not self._good:
            return f"%!{verb}(BADINDEX)"
        if self._number >= len(self._values):
            return f"%!{verb}(MISSING)"
        value = self._values[self._number]
        self._number += 1
        if verb == "v":
            found["sharp_v"], found["plus_v"] = found.pop("sharp", False), found.pop("plus", False)
        return self._printer.verb(value, verb, Flags(**found))

    def _peek(self) -> str:
        return self._form[self._at : self._at + 1]

    def _width(self, found: dict[str, Any]) -> str:
        self._argument()
        if self._peek() == "*":
            self._at += 1
            width = self._star()
            if width is None:
                return "%!(BADWIDTH)"
            if width < 0:
                found["minus"], found["zero"] = True, False
            found["width"] = abs(width)
        elif (width := self._digits()) is not None:
            found["width"] = width
        return ""

    def _precision(self, found: dict[str, Any]) -> str:
        if self._peek() != ".":
            return ""
        self._at += 1
        self._argument()
        if self._peek() == "*":
            self._at += 1
            precision = self._star()
            if precision is None:
                return "%!(BADPREC)"
            found["precision"] = precision if precision >= 0 else None
            return ""
        found["precision"] = self._digits() or 0
        return ""

    def _digits(self) -> int | None:
        digits = _DIGITS.match(self._form, self._at)
        if not digits:
            return None
        self._at = digits.end()
        return _bounded(int(digits.group()[:9]))

    def _star(self) -> int | None:
        value: Any = self._values[self._number] if self._number < len(self._values) else None
        self._number += 1
        return _bounded(int(value)) if kind_of(value) in ("int", "uint") else None

    def _argument(self) -> None:
        """Reads `[2]`, the number of the argument that comes next."""
        if self._peek() != "[":
            return
        self._reordered = True
        end = self._form.find("]", self._at)
        inside = self._form[self._at + 1 : end] if end > 0 else ""
        self._at = end + 1 if end > 0 else self._at + 1
        if inside.isascii() and inside.isdigit() and 1 <= int(inside[:9]) <= len(self._values):
            self._number = int(inside) - 1
        else:
            self._good = False


def _bounded(width: int) -> int:
    if abs(width) > _MOST:
        raise TemplateFailure(f"a width of printf is larger than {_MOST:,}")
    return width
