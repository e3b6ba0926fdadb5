"""Evaluates metric math of one period: numbers, metrics by their id, + - * / and comparisons, FILL and IF.

A value is None where a metric has no data point: whatever is computed of it has none either, and neither has a
division by zero. FILL gives such a metric a value. Source: Amazon CloudWatch user guide, "Metric math syntax and
functions". The rule of a composite alarm is of the same form, over the states of alarms.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_TOKEN = re.compile(r'\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|"([^"]*)"|(>=|<=|==|[-+*/(),<>]))')
Value = float | None
_BINARY: tuple[Mapping[str, Callable[[float, float], float]], ...] = (
    {"OR": lambda a, b: float(bool(a) or bool(b))},
    {"AND": lambda a, b: float(bool(a) and bool(b))},
    {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
)
"""Operators by precedence, the loosest first."""


class NotUnderstood(ValueError):
    """An expression that this cannot evaluate; the text says where it stops."""


@dataclass(slots=True)
class _Reader:
    text: str
    values: Mapping[str, Value]
    at: int = 0
    tokens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        place = 0
        while place < len(self.text.rstrip()):
            match = _TOKEN.match(self.text, place)
            if match is None:
                raise NotUnderstood(f"{self.text!r}: stops at {self.text[place : place + 20]!r}")
            number, word, quoted, sign = match.groups()
            self.tokens.append(f'"{quoted}' if quoted is not None else number or word or sign)
            place = match.end()

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            raise NotUnderstood(f"{self.text!r}: {expected or 'a value'} was expected, got {token or 'the end'!r}")
        self.at += 1
        return token

    def binary(self, level: int = 0) -> Value:
        if level == len(_BINARY):
            return self.single()
        left = self.binary(level + 1)
        while self.peek() in _BINARY[level]:
            operate, right = _BINARY[level][self.take()], None
            right = self.binary(level + 1)
            left = _computed(operate, left, right)
        return left

    def single(self) -> Value:
        token = self.take()
        if token == "(":
            value = self.binary()
            self.take(")")
            return value
        if self.peek() == "(":
            return self.call(token)
        if token[0].isdigit():
            return float(token)
        if token.lstrip('"') not in self.values:
            raise NotUnderstood(f"{self.text!r}: {token.lstrip(chr(34))!r} is not known")
        return self.values[token.lstrip('"')]

    def call(self, name: str) -> Value:
        self.take("(")
        given = [self.binary()]
        while self.peek() == ",":
            self.take()
            given.append(self.binary())
        self.take(")")
        if name == "FILL" and len(given) == 2:
            return given[1] if given[0] is None else given[0]
        if name == "IF" and len(given) == 3:
            return None if given[0] is None else given[1] if given[0] else given[2]
        if name == "ALARM" and len(given) == 1:
            return given[0]
        raise NotUnderstood(f"{self.text!r}: {name} of {len(given)} is not known")


def _computed(operate: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if left is None or right is None or (operate is operator.truediv and right == 0):
        return None
    return float(operate(left, right))


def evaluated(text: str, values: Mapping[str, Value]) -> Value:
    """Returns the value of an expression, None where it has no data point. Raises NotUnderstood."""
    reader = _Reader(text, values)
    value = reader.binary()
    if reader.peek():
        raise NotUnderstood(f"{text!r}: {reader.peek()!r} was not expected")
    return value
