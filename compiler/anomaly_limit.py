"""Reads `limit` of an entry of anomaly.yml: where the metric is full, or has run out."""

from __future__ import annotations

from alertrelay.config.watch import Direction

from compiler.reading.section import Section, number_of

_LARGEST = 1e15


def limit_of(item: Section, direction: Direction) -> float | None:
    """Reads the limit; None without one. A fault is a finding: a limit lies on the side that means trouble."""
    value = item.get("limit")
    if value is None:
        return None
    if direction == "both":
        message = "a limit is on one side, and both sides mean trouble here"
        mend = "add `direction: high` for what fills up, `direction: low` for what runs out"
        item.findings.error(value.place, "bad-value", message, mend)
        return None
    return float(number_of(value, item.findings, low=-_LARGEST, high=_LARGEST, default=0.0))
