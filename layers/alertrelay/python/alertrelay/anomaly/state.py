"""What is kept of the metrics between two runs: JSON, compressed, with a version.

A scorer that was kept goes on exactly where it was.

What was lost, is damaged, or was written by another version is read as nothing: the scorer then learns anew from the
metric's history.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from alertrelay.anomaly.baseline import DailyProfile, Expectation, WeeklyProfile
from alertrelay.anomaly.detector import Detector
from alertrelay.anomaly.episode import Onset, Refractory
from alertrelay.anomaly.flat import FlatLine
from alertrelay.anomaly.measures import Measures
from alertrelay.anomaly.scorer import Scorer
from alertrelay.anomaly.tail import Tail

VERSION = 1
"""Raise it with every change of what a part remembers or means."""

_PARTS: Mapping[str, type] = {
    "_detector": Detector,
    "_refractory": Refractory,
    "_onset": Onset,
    "_flat": FlatLine,
    "_measures": Measures,
    "_tails": Tail,
    "_profile": DailyProfile,
    "_week": WeeklyProfile,
    "_expectation": Expectation,
}
"""Which class stands in which slot."""
_CONFIGURED = frozenset({"_combination", "_direction", "_zone"})
"""Slots that come from the configuration of the run and not from the past."""


def pack(scorers: Mapping[str, Scorer]) -> bytes:
    """The scorers by the metric's key."""
    content = {"version": VERSION, "metrics": {key: _plain(scorer) for key, scorer in scorers.items()}}
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode(), level=1)


def unpack(content: bytes, scorers: Mapping[str, Scorer]) -> frozenset[str]:
    """Puts the past into new scorers, made as the configuration says. Returns the keys that had none."""
    try:
        read = json.loads(zlib.decompress(content))
        if read["version"] != VERSION:
            return frozenset(scorers)
        kept = read["metrics"]
    except (zlib.error, ValueError, TypeError, KeyError):
        return frozenset(scorers)
    missing = frozenset(scorers) - frozenset(kept)
    for key in scorers.keys() - missing:
        _restore(scorers[key], kept[key])
    return missing


def _plain(value: Any) -> Any:
    if isinstance(value, Tail):
        return {**_slots(value), "_counts": [(place, count) for place, count in enumerate(value._counts) if count]}
    if isinstance(value, (Scorer, *_PARTS.values())):
        return _slots(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _slots(part: Any) -> dict[str, Any]:
    return {name: _plain(getattr(part, name)) for name in type(part).__slots__ if name not in _CONFIGURED}


def _restore(part: Any, kept: Mapping[str, Any]) -> None:
    for name, value in kept.items():
        if name == "_detector":
            _restore(part._detector, value)
        else:
            setattr(part, name, _made(name, value))


def _made(name: str, value: Any) -> Any:
    kind = _PARTS.get(name)
    if kind is None or value is None:
        return _tuples(value) if name == "_waiting" else value
    if isinstance(value, list):
        return tuple(_made(name, item) for item in value)
    part: Any = object.__new__(kind)
    if kind is Tail:
        counts = Tail()._counts
        for place, count in value["_counts"]:
            counts[place] = count
        value = {**value, "_counts": counts}
    _restore(part, value)
    return part


def _tuples(value: list[list[float]]) -> list[tuple[float, float]]:
    return [(at, number) for at, number in value]
