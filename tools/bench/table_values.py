"""Compares and changes DynamoDB's values, as far as the state table has them. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Value = Mapping[str, Any]
"""One attribute: its type and what it holds, as DynamoDB's JSON has it."""
SETS = ("SS", "NS", "BS")


class NotPlayed(Exception):
    """An expression holds what the state table's requests did not have when this was written. The text shows it."""


def added(stored: Value | None, given: Value) -> Value:
    """Return what ADD makes of an attribute. Raises NotPlayed."""
    ((kind, more),) = given.items()
    if kind == "N":
        return number((number_of(stored, "N") if stored else Decimal(0)) + Decimal(more))
    if kind not in SETS or (stored and kind not in stored):
        raise NotPlayed(f"ADD of {kind}")
    return {kind: [*stored[kind], *(one for one in more if one not in stored[kind])] if stored else list(more)}


def without(stored: Value | None, given: Value) -> Value | None:
    """Return what DELETE leaves of a set, None for nothing. Raises NotPlayed."""
    ((kind, less),) = given.items()
    if kind not in SETS:
        raise NotPlayed(f"DELETE of {kind}")
    left = [one for one in stored[kind] if one not in less] if stored else []
    return {kind: left} if left else None  # a set that is empty is none


def number_of(value: Value, kind: str) -> Decimal:
    """Return what a value of this type holds, as a number. Raises NotPlayed."""
    if kind not in value:
        raise NotPlayed(f"a number was expected, not {value}")
    return Decimal(value[kind])


def number(value: Decimal) -> Value:
    """Return a number as a value."""
    return {"N": format(value.normalize(), "f")}


def comparable(value: Value | None) -> Any:
    """Return what decides an order: None for an attribute that is missing. Raises NotPlayed."""
    if value is None:
        return None
    ((kind, held),) = value.items()
    if kind == "N":
        return Decimal(held)
    if kind == "B":
        return base64.b64decode(held)
    if kind != "S":
        raise NotPlayed(f"the order of {kind}")
    return held.encode()


def equal(one: Value | None, other: Value | None) -> bool:
    """Return whether both are there and the same: sets in any order, numbers by their value."""
    if one is None or other is None or one.keys() != other.keys():
        return False
    ((kind, held),) = one.items()
    if kind in SETS:
        return set(held) == set(other[kind])
    return held == other[kind] if kind != "N" else Decimal(held) == Decimal(other["N"])


def begins(value: Value | None, start: Value | None) -> bool:
    """Return whether a text begins with another."""
    return bool(value and start and "S" in value and value["S"].startswith(start["S"]))


def contains(value: Value | None, part: Value | None) -> bool:
    """Return whether a set has a member."""
    if value is None or part is None:
        return False
    ((kind, held),) = part.items()
    return held in value.get(f"{kind}S", ())


def size(value: Value | None) -> Value | None:
    """Return how many members a set has, None for none. Raises NotPlayed."""
    if value is None:
        return None
    ((kind, held),) = value.items()
    if kind not in SETS:
        raise NotPlayed(f"the size of {kind}")
    return {"N": str(len(held))}
