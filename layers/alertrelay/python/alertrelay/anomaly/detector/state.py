"""Packs the state of metrics between two runs: numbers as JSON, arrays as bytes, compressed, with a version.

A scorer that was kept goes on exactly where it was.

What was lost, is damaged, or was written by another version or another kind of machine is read as nothing: the scorer
then learns anew from the metric's history.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Mapping
from typing import Any

from alertrelay.anomaly.detector.baseline import DailyProfile, Expectation, WeeklyProfile
from alertrelay.anomaly.detector.detector import Detector
from alertrelay.anomaly.detector.flat_line import FlatLine
from alertrelay.anomaly.detector.measures import Measures
from alertrelay.anomaly.detector.novelty import KnownValues
from alertrelay.anomaly.detector.rarity import Tail
from alertrelay.anomaly.detector.refractory import Onset, Refractory
from alertrelay.anomaly.detector.scorer import Scorer

VERSION = 2
"""Raise it with every change of what a part remembers or means."""

_KIND = [VERSION, sys.byteorder, array("I").itemsize]

_PARTS: Mapping[str, type] = {
    "_detector": Detector,
    "_refractory": Refractory,
    "_onset": Onset,
    "_flat": FlatLine,
    "_measures": Measures,
    "_tails": Tail,
    "_novelty": KnownValues,
    "_profile": DailyProfile,
    "_week": WeeklyProfile,
    "_expectation": Expectation,
}
"""Which class stands in which slot."""
_CONFIGURED = frozenset({"_direction", "_fades", "_voices", "_zone"})
"""Slots that come from the configuration of the run and not from the past."""
_ARRAY = "array"


def pack(scorers: Mapping[str, Scorer]) -> bytes:
    """Returns the scorers by the metric's key."""
    arrays = bytearray()
    metrics = {key: _plain(scorer, arrays) for key, scorer in scorers.items()}
    head = json.dumps({"kind": _KIND, "metrics": metrics}, separators=(",", ":")).encode()
    return zlib.compress(len(head).to_bytes(8, "little") + head + arrays, level=1)


def unpack(content: bytes, scorers: Mapping[str, Scorer]) -> frozenset[str]:
    """Puts the past into new scorers, made as the configuration says. Returns the keys that had none."""
    try:
        read = zlib.decompress(content)
        begin = 8 + int.from_bytes(read[:8], "little")
        head = json.loads(read[8:begin])
        if head["kind"] != _KIND:
            return frozenset(scorers)
        kept = head["metrics"]
    except (zlib.error, ValueError, TypeError, KeyError):
        return frozenset(scorers)
    arrays = memoryview(read)[begin:]
    missing = frozenset(scorers) - frozenset(kept)
    for key in scorers.keys() - missing:
        _restore(scorers[key], kept[key], arrays)
    return missing


def _plain(value: Any, arrays: bytearray) -> Any:
    if isinstance(value, array):
        begin = len(arrays)
        arrays += value.tobytes()
        return {_ARRAY: [value.typecode, begin, len(arrays)]}
    if isinstance(value, (Scorer, *_PARTS.values())):
        return _slots(value, arrays)
    if isinstance(value, tuple | list):
        return [_plain(item, arrays) for item in value]
    return value


def _slots(part: Any, arrays: bytearray) -> dict[str, Any]:
    return {name: _plain(getattr(part, name), arrays) for name in type(part).__slots__ if name not in _CONFIGURED}


def _restore(part: Any, kept: Mapping[str, Any], arrays: memoryview) -> None:
    for name, value in kept.items():
        if name == "_detector":
            _restore(part._detector, value, arrays)
        else:
            setattr(part, name, _made(name, value, arrays))


def _made(name: str, value: Any, arrays: memoryview) -> Any:
    kind = _PARTS.get(name)
    if isinstance(value, dict) and _ARRAY in value:
        code, begin, end = value[_ARRAY]
        made: array[Any] = array(code)
        made.frombytes(arrays[begin:end])
        return made
    if kind is None or value is None:
        return [(at, number) for at, number in value] if name == "_waiting" else value
    if isinstance(value, list):
        return tuple(_made(name, item, arrays) for item in value)
    part: Any = object.__new__(kind)
    _restore(part, value, arrays)
    return part
