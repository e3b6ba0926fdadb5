"""Stores inhibitors: under one (rule, equal values), a set of the alerts that may inhibit.

A set is one item, and each write to an item costs its whole size. So a set takes a hundred alerts; those beyond stand
in sixteen more, by the first digit of their key, and the first one says that there are more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from alertrelay.aws.state import items
from alertrelay.aws.state.table import Table
from alertrelay.policy.inhibit import InhibitKey

KEPT = timedelta(days=90)
"""After the last alert that was added: an entry may outlive its alerts by a crash."""
FULL = 100
SHARDS = "0123456789abcdef"


def note(table: Table, entry: InhibitKey, key: str, *, fires: bool, now: datetime) -> None:
    """Puts an alert in its set, or takes it out. Raises StoreFailure."""
    pk = f"I#{entry.rule}#{entry.equal}"
    one = items.source(key, two_sided=entry.two_sided)
    if fires:
        _add(table, pk, one, now)
    else:
        _take(table, pk, one)


def wider(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the keys of the further sets, for sets that have more."""
    return [
        {"pk": items.text(f"{item['pk']['S']}#{digit}"), "sk": items.text("I")}
        for item in found
        if "wide" in item
        for digit in SHARDS
    ]


def _add(table: Table, pk: str, one: str, now: datetime) -> None:
    values = {":source": {"SS": [one]}, ":ttl": items.seconds(now + KEPT)}
    room = "attribute_not_exists(#sources) OR size(#sources) < :most OR contains(#sources, :one)"
    expression = "SET v = :v, #ttl = :ttl ADD #sources :source"
    added, full = table.update(
        pk,
        "I",
        expression,
        condition=room,
        values={**values, ":most": {"N": str(FULL)}, ":one": items.text(one)},
    )
    if added:
        return
    if "wide" not in full:
        # Before the alert is put there: what nobody looks for would inhibit nothing.
        table.update(pk, "I", "SET wide = :yes", condition="attribute_exists(v)", values={":yes": {"BOOL": True}})
    table.update(f"{pk}#{one[0]}", "I", expression, condition="attribute_not_exists(v) OR v <= :known", values=values)


def _take(table: Table, pk: str, one: str) -> None:
    """An alert that is not there is taken out all the same."""
    expression, values = "SET v = :v DELETE #sources :source", {":source": {"SS": [one]}}
    _, before = table.update(pk, "I", expression, condition="attribute_exists(v)", values=values, returns="ALL_OLD")
    if "wide" in before:
        table.update(f"{pk}#{one[0]}", "I", expression, condition="attribute_exists(v)", values=values)
