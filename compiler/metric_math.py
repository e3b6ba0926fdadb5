"""Checks the arithmetic of GetMetricData, as an `expression` of anomaly.yml has it, for balance and order.

It is that of CloudWatch's metric math
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html): + - * / ^, a minus before a
value, parentheses, numbers, names, and functions with commas. Comparisons are left out: they give 0 or 1, which is no
level to watch.
"""

from __future__ import annotations

import re
from itertools import pairwise

_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w))|(?P<name>[A-Za-z]\w*)|(?P<mark>[-+*/^(),])|(?P<other>\S)"
)


def math_fault(expression: str) -> tuple[int, str] | None:
    """Returns where the first fault of an expression is, as an offset, and what it is; None where it is sound."""
    tokens = list(_TOKEN.finditer(expression))
    kinds = [(one.lastgroup or "", one[0], one.start()) for one in tokens]
    kinds.append(("end", "", len(expression.rstrip())))
    opened: list[tuple[int, bool]] = []  # where each open parenthesis stands, and whether a function's
    for before, this in pairwise([("start", "", 0), *kinds]):
        if fault := _misplaced(before, this, opened):
            return this[2], fault
        if this[1] == "(":
            opened.append((this[2], before[0] == "name"))
        elif this[1] == ")":
            opened.pop()
    return (opened[-1][0], "'(' is never closed") if opened else None


def _misplaced(before: tuple[str, str, int], this: tuple[str, str, int], opened: list[tuple[int, bool]]) -> str:
    """Returns why a token cannot stand behind the one before it; "" where it can."""
    kind, text, _ = this
    shown = "the end" if kind == "end" else repr(text)
    if kind == "other":
        return f"{shown} is not part of metric math"
    if before[0] in ("number", "name") or before[1] == ")":  # a value is complete
        if kind in ("number", "name") or (text == "(" and before[0] != "name"):
            return f"an operator is missing before {shown}"
        if text == ")" and not opened:
            return "')' closes nothing"
        return f"{shown} is outside a function" if text == "," and not (opened and opened[-1][1]) else ""
    if kind in ("number", "name") or text in ("(", "-"):
        return "" if not (text == "-" and before[1] == "-") else f"a value is missing before {shown}"
    called_without = text == ")" and before[1] == "(" and bool(opened) and opened[-1][1]
    return "" if called_without else f"a value is missing before {shown}"
