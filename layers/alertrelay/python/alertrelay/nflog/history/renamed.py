"""Finds alarms that were renamed: the firings under both names are those of one alarm, for an audit and a timeline."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from alertrelay.nflog.history.episodes import Episode

ALIKE = 0.6
"""As alike are the old and the new name of an alarm that was renamed, by difflib's ratio."""


def renamed_alarms(found: Iterable[Episode], known: Collection[str]) -> dict[str, str]:
    """Returns the present name of each alarm that was renamed: of those of one alertname, one that is no longer
    planned and fired last before another like it fired first. `known` are the alarms of today; where they are not
    known nothing is called renamed."""
    spans: dict[str, tuple[str, datetime, datetime]] = {}
    for one in found:
        if one.name != one.alert:  # an alarm of CloudWatch: other alerts have no name beside their labels
            _, first, last = spans.get(one.name, ("", one.fired_at, one.fired_at))
            spans[one.name] = one.alert, min(first, one.fired_at), max(last, one.fired_at)
    renamed: dict[str, str] = {}
    for old, (alert, _, last) in spans.items():
        if not known or old in known:
            continue
        likely = [
            new
            for new, (other, first, _) in spans.items()
            if new in known and other == alert and first > last and alike(old, new)
        ]
        if len(likely) == 1 and likely[0] not in renamed.values():
            renamed[old] = likely[0]
    return renamed


def alike(one: str, other: str) -> bool:
    """Returns whether two names may be those of one alarm before and after."""
    return difflib.SequenceMatcher(None, one, other).ratio() >= ALIKE


def renames_said(renamed: Mapping[str, str]) -> list[str]:
    """Returns a sentence about each alarm that was renamed, for a reader of the counts."""
    return [f"{old} became {new}: they are counted together" for old, new in renamed.items()]
