"""Writes a value as Go's encoding/json does: `toJson`."""

from __future__ import annotations

import json
import math
from typing import Any

from alertrelay.render.templates import numbers
from alertrelay.render.templates.budget import RenderBudget, TemplateFailure
from alertrelay.render.templates.gotime import GoTime
from alertrelay.render.templates.values import JSON_NAMES, NamePair, kind_of, sorted_items

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029", "\x7f": "\x7f"}
_DEEP = 50


def to_json(value: Any, budget: RenderBudget, *, depth: int = 0) -> str:
    """Returns JSON in which `<`, `>` and `&` are escaped, with the names of Alertmanager's webhook."""
    budget.step()
    if depth > _DEEP:
        raise TemplateFailure(f"toJson: the value is nested more than {_DEEP} deep")
    text = _json(value, budget, depth)
    budget.make(len(text))
    return text


def _json(value: Any, budget: RenderBudget, depth: int) -> str:
    if value is None:
        return "null"
    match kind_of(value):
        case "bool":
            return "true" if value else "false"
        case "int" | "uint":
            return str(int(value))
        case "float":
            return _float(value)
        case "string":
            return _text(value)
        case "map":
            return _object(((name, item) for name, item in sorted_items(value)), budget, depth)
        case "slice":
            return f"[{','.join(to_json(item, budget, depth=depth + 1) for item in value)}]"
    if isinstance(value, GoTime):
        return f'"{value.format("2006-01-02T15:04:05.999999999Z07:00")}"'
    named = ((_name(value, name), item) for name, item in value.fields.items())
    return _object(named, budget, depth)


def _name(value: Any, field: str) -> str:
    return field if isinstance(value, NamePair) else JSON_NAMES.get(field, field[0].lower() + field[1:])


def _object(items: Any, budget: RenderBudget, depth: int) -> str:
    return f"{{{','.join(f'{_text(n)}:{to_json(v, budget, depth=depth + 1)}' for n, v in items)}}}"


def _text(text: str) -> str:
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(_ESCAPES.get(char, char) for char in json.dumps(whole, ensure_ascii=False))


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise TemplateFailure("toJson: the number is not finite")
    text = numbers.shortest(value, largest=21) if value >= 0 else "-" + numbers.shortest(-value, largest=21)
    return text.replace("e-0", "e-")
