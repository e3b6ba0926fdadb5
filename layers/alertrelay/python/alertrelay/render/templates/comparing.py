"""Compares values as Go's templates do: eq, ne, lt, le, gt, ge. Source: text/template funcs.go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alertrelay.render.templates.budget import TemplateFailure
from alertrelay.render.templates.gotime import GoTime
from alertrelay.render.templates.values import Struct, go_bytes, kind_of, type_name

_BASIC = frozenset({"bool", "string", "int", "uint", "float"})


def equal(first: Any, others: Sequence[Any]) -> bool:
    """Returns whether the first equals any of the others."""
    if not others:
        raise TemplateFailure("eq needs two values to compare")
    return any(_same(first, other) for other in others)


def _same(first: Any, other: Any) -> bool:
    one, two = _kind(first), _kind(other)
    if one != two:
        if first is None or other is None:
            return False
        raise TemplateFailure(f"eq compares {type_name(first)} with {type_name(other)}: incompatible types")
    if one in _BASIC or first is None:
        return bool(first == other)
    if isinstance(first, GoTime) and isinstance(other, GoTime):
        return first == other and first.at.tzinfo == other.at.tzinfo
    if isinstance(first, Struct) and all(kind_of(value) in _BASIC for value in first.fields.values()):
        return isinstance(other, Struct) and dict(first.fields) == dict(other.fields)
    raise TemplateFailure(f"eq cannot compare {type_name(first)} with {type_name(other)}")


def less(first: Any, other: Any) -> bool:
    """Returns whether the first is smaller: of numbers of one sort, or of texts by their bytes."""
    one, two = _kind(first), _kind(other)
    for kind, value in ((one, first), (two, other)):
        if kind not in _BASIC:
            raise TemplateFailure(f"{type_name(value)} cannot be compared by size")
    if one != two:
        raise TemplateFailure(f"{type_name(first)} and {type_name(other)} are incompatible types for a comparison")
    if one == "bool":
        raise TemplateFailure("bool cannot be compared by size")
    return go_bytes(first) < go_bytes(other) if one == "string" else bool(first < other)


def _kind(value: Any) -> str:
    kind = kind_of(value)
    return "int" if kind == "uint" else kind
