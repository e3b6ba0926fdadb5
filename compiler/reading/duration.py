"""Parses durations in Prometheus's spelling.

Source: prometheus/common model/time.go (`ParseDuration`): `1y2w3d4h5m6s7ms`, units in that order, whole numbers, each
unit once at most; `0` alone needs no unit.
"""

from __future__ import annotations

import re

_UNITS = (("y", 31_536_000.0), ("w", 604_800.0), ("d", 86_400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001))
_PATTERN = re.compile("".join(f"(?:([0-9]+){unit})?" for unit, _ in _UNITS))
_LIMIT = 292 * 31_536_000.0
"""About what Go's int64 of nanoseconds holds."""


class DurationError(ValueError):
    """Raised for a text that is not a duration; the message has the cause."""


def parse_duration(text: str) -> float:
    """Returns seconds. Raises DurationError."""
    if text == "0":
        return 0.0
    match = _PATTERN.fullmatch(text)
    if not text or match is None:
        raise DurationError(f"{text!r} is not a duration")
    seconds = sum(float(count) * size for count, (_, size) in zip(match.groups(), _UNITS, strict=True) if count)
    if seconds > _LIMIT:
        raise DurationError(f"{text!r} is longer than Alertmanager can count")
    return round(seconds, 3)


def spell_duration(seconds: float) -> str:
    """Returns the shortest usual spelling, as Alertmanager prints it: 5400 s is `1h30m`."""
    left = round(seconds * 1000)
    parts = []
    for unit, size in _UNITS:
        count, rest = divmod(left, round(size * 1000))
        # Weeks and years only where nothing is left over: 10d reads better than 1w3d.
        if count and not (unit in ("y", "w") and rest):
            parts.append(f"{count}{unit}")
            left = rest
    return "".join(parts) or "0s"
