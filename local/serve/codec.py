"""Writes values of the store as JSON and reads them back: dataclasses of the package, times, sets.

A field that a newer version added has its default where an older one wrote the row; one that is not known is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from alertrelay.alert import Acknowledgement, Alert, AnomalyVerdict, Integration
from alertrelay.config.model import Matcher
from alertrelay.intake.ports import Known
from alertrelay.intake.posted import PostedAlert
from alertrelay.nflog.behind import Behind
from alertrelay.nflog.flaps import Flap
from alertrelay.nflog.group_state import (
    AlertBrief,
    AlertItem,
    GroupIdentity,
    GroupState,
    Member,
    Progress,
    Schedule,
    Stored,
)
from alertrelay.nflog.ledger import Ledger, Spill
from alertrelay.notification import Receipt, Recipients
from alertrelay.policy.silence import Silence
from alertrelay.state import AnomalyNote, Survey, Waking

_CLASSES: Mapping[str, Any] = {
    one.__name__: one
    for one in (
        Acknowledgement, Alert, AlertBrief, AlertItem, AnomalyNote, Behind, Flap, GroupIdentity, GroupState,
        Integration, Known, Ledger, Matcher, Member, PostedAlert, Progress, Receipt, Recipients, Schedule, Silence,
        Spill, Stored, Survey, AnomalyVerdict, Waking,
    )
}  # fmt: skip
"""Only these are made of what a file holds."""


def dumped(value: object) -> str:
    """Returns a value as JSON. Raises TypeError for what no row holds."""
    return json.dumps(_plain(value), ensure_ascii=True, separators=(",", ":"))


def loaded(text: str) -> Any:
    """Returns the value that `dumped` wrote. Raises ValueError, KeyError and TypeError for anything else."""
    return _value(json.loads(text))


def _plain(value: object) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, datetime):
        return {"": "time", "of": value.isoformat()}
    if is_dataclass(value):
        name = type(value).__name__
        if name not in _CLASSES:
            raise TypeError(f"{name} has no place in a row")
        return {"": name, **{one.name: _plain(getattr(value, one.name)) for one in fields(value)}}
    if isinstance(value, Mapping):
        return {"": "map", "of": [[_plain(key), _plain(each)] for key, each in value.items()]}
    if isinstance(value, Set):
        return {"": "set", "of": sorted(map(_plain, value))}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no place in a row")


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(map(_value, plain))
    if not isinstance(plain, dict):
        return plain
    kind = plain[""]
    if kind == "time":
        return datetime.fromisoformat(plain["of"])
    if kind == "map":
        return {_value(key): _value(each) for key, each in plain["of"]}
    if kind == "set":
        return frozenset(map(_value, plain["of"]))
    made = _CLASSES[kind]
    known = {one.name for one in fields(made)}
    return made(**{name: _value(each) for name, each in plain.items() if name in known})
