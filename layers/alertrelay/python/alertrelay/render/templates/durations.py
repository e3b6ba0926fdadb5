"""Words a duration for people. Source: prometheus/common helpers/templates/time.go, HumanizeDuration."""

from __future__ import annotations

import math
from typing import Any

from alertrelay.render.templates.budget import TemplateFailure
from alertrelay.render.templates.gotime import Duration
from alertrelay.render.templates.values import kind_of, type_name

_PREFIXES = ("m", "u", "n", "p", "f", "a", "z", "y")


def humanize(value: Any) -> str:
    """Returns `1d 2h 3m 4s`, `12.35s`, `12.35ms` of seconds: a number, a text that is one, or a Duration."""
    seconds = _seconds(value)
    if not math.isfinite(seconds):
        return "NaN" if math.isnan(seconds) else "+Inf" if seconds > 0 else "-Inf"
    if abs(seconds) < 1:
        return _below_one(seconds)
    sign = "-" if seconds < 0 else ""
    whole = int(abs(seconds))
    days, hours, minutes, rest = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {rest}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {rest}s"
    if minutes:
        return f"{sign}{minutes}m {rest}s"
    return f"{sign}{abs(seconds):.4g}s"


def _below_one(seconds: float) -> str:
    steps = 0
    while seconds and abs(seconds) < 1 and steps < len(_PREFIXES):
        seconds *= 1000
        steps += 1
    return f"{seconds:.4g}{_PREFIXES[steps - 1] if steps else ''}s"


def _seconds(value: Any) -> float:
    if isinstance(value, Duration):
        return int(value) / 1e9
    match kind_of(value):
        case "int" | "uint" | "float":
            return float(value)
        case "string":
            try:
                if "_" not in value and value == value.strip():
                    return float(value)
            except ValueError:
                pass
            raise TemplateFailure("humanizeDuration: the text is not a number")
    raise TemplateFailure(f"humanizeDuration takes a number or a text, not {type_name(value)}")
