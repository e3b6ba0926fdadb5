"""Packs the state of metrics between two runs: numbers as JSON, arrays as bytes, compressed, with a version.

A scorer that was kept goes on exactly where it was.

The two versions before are read as well. What was lost, is damaged, or was written by another version or another kind
of machine is read as nothing: the scorer then learns anew from the metric's history.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Callable, Mapping
from typing import Any

from alertrelay.anomaly.detector.baseline import DailyProfile, Expectation, WeeklyProfile
from alertrelay.anomaly.detector.detector import Detector
from alertrelay.anomaly.detector.flat_line import FlatLine
from alertrelay.anomaly.detector.history import Usual, UsualHistory
from alertrelay.anomaly.detector.hour_noise import HourNoise
from alertrelay.anomaly.detector.measures import Measures
from alertrelay.anomaly.detector.novelty import KnownValues
from alertrelay.anomaly.detector.rarity import Tail
from alertrelay.anomaly.detector.refractory import Onset, Refractory
from alertrelay.anomaly.detector.scorer import Scorer
from alertrelay.anomaly.detector.slow import DayMean, SlowCourse
from alertrelay.anomaly.detector.trouble import OpenTrouble

VERSION = 4
"""Raise it with every change of what a part remembers or means, and add the step from the one before to _OLDER."""

_MACHINE = [sys.byteorder, array("I").itemsize]

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
    "_history": UsualHistory,
    "_hour_noise": HourNoise,
    "_hour_tail": Tail,
    "_slow": SlowCourse,
    "_day": DayMean,
    "_weekday": DayMean,
    "_tail": Tail,
    "_trouble": OpenTrouble,
}
"""Which class stands in which slot."""
_CONFIGURED = frozenset({"_budget", "_direction", "_fades", "_voices", "_zone"})
"""Slots that come from the configuration of the run and not from the past."""
_FOUND_AGAIN: Mapping[str, float | None] = {"_bulk_places": None, "_past": None, "_settled": 0.0, "common": 0.0}
"""Slots that only save looking at the others again, and what each begins with."""
_LEFT_OUT = _CONFIGURED | _FOUND_AGAIN.keys()
_PAIRS = frozenset({"_cell", "_pending", "_span", "_unlearned"})
_ARRAY = "array"


def pack(scorers: Mapping[str, Scorer]) -> bytes:
    """Returns the scorers by the metric's key."""
    arrays = bytearray()
    metrics = {key: _plain(scorer, arrays) for key, scorer in scorers.items()}
    head = json.dumps({"kind": [VERSION, *_MACHINE], "metrics": metrics}, separators=(",", ":")).encode()
    return zlib.compress(len(head).to_bytes(8, "little") + head + arrays, level=1)


def unpack(content: bytes, scorers: Mapping[str, Scorer]) -> frozenset[str]:
    """Puts the past into new scorers, made as the configuration says. Returns the keys that had none."""
    try:
        read = zlib.decompress(content)
        begin = 8 + int.from_bytes(read[:8], "little")
        head = json.loads(read[8:begin])
        version, *machine = head["kind"]
        if machine != _MACHINE or version not in (VERSION, *_OLDER):
            return frozenset(scorers)
        older = _OLDER.get(version, dict)
        kept = {key: older(one) for key, one in head["metrics"].items()}
    except (zlib.error, ValueError, TypeError, KeyError):
        return frozenset(scorers)
    arrays = memoryview(read)[begin:]
    missing = frozenset(scorers) - frozenset(kept)
    for key in scorers.keys() - missing:
        _restore(scorers[key], kept[key], arrays)
        if version == _WITHOUT_HISTORY:
            scorers[key].seed_history()
    return missing


_WITHOUT_HISTORY = 2


def _of_version_2(scorer: Mapping[str, Any]) -> dict[str, Any]:
    """Adds what came with version 3: a history of the half-hours, another flat line and more voices. What the scorer
    does not have begins anew, its history from the time of day, and all else goes on."""
    detector = {name: part for name, part in scorer["_detector"].items() if name != "_flat"}
    return {"_detector": detector, "_onset": scorer["_onset"]}


def _of_version_3(scorer: Mapping[str, Any]) -> dict[str, Any]:
    """Adds what came with version 4: the same weekday, and a voice of it. What is needed to score again begins anew."""
    slow = dict(scorer["_detector"]["_slow"])
    slow["_day"] = {"_apart": slow.pop("_apart"), "_means": slow.pop("_means"), "_tail": slow.pop("_day_tail")}
    return {"_detector": {**scorer["_detector"], "_slow": slow}, "_onset": scorer["_onset"]}


_OLDER: Mapping[int, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    _WITHOUT_HISTORY: _of_version_2,
    3: _of_version_3,
}
"""The step from each version before to this one."""


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
    return {name: _plain(getattr(part, name), arrays) for name in type(part).__slots__ if name not in _LEFT_OUT}


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
    if name == "_usual" and value is not None:
        low, high, peaks, days, same_time = value
        return Usual(low, high, tuple(peaks), days, same_time)
    if name == "_waiting":
        return [(at, number) for at, number in value]
    if kind is None or value is None:
        return tuple(value) if name in _PAIRS and value is not None else value
    if isinstance(value, list):
        return tuple(_made(name, item, arrays) for item in value)
    part: Any = object.__new__(kind)
    for own in _FOUND_AGAIN.keys() & part.__slots__:
        setattr(part, own, _FOUND_AGAIN[own])
    _restore(part, value, arrays)
    return part
