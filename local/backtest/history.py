"""Reads the history of alarms into changes of state, and says what the history lacks. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alertrelay.values.text import how_many
from alertrelay.values.times import instant

_STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")
_RENAMED_WITHIN = timedelta(hours=1)
_NAMED = 3
_DEFINITIONS = ("createdAlarm", "updatedAlarm", "deletedAlarm")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """An alarm, or one contributor of it, went into a state. `alarm` is the name that it has at the end."""

    at: datetime
    alarm: str
    state: str
    reason: str = ""
    contributor: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmHistory:
    """The changes in order of time. `deleted` are the definitions of alarms that are no more, as the history has them;
    `notes` are sentences about what it lacks."""

    changes: Sequence[StateChange]
    deleted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    at: datetime
    name: str
    kind: str
    item: Mapping[str, Any]
    data: Mapping[str, Any]


def read_history(items: Iterable[Mapping[str, Any]], *, start: datetime, end: datetime) -> AlarmHistory:
    """Returns what items of DescribeAlarmHistory within two times say. An item that stands there twice, as pages of
    several exports have it, counts once."""
    read, broken = _items(items)
    within = [one for one in read if start <= one.at <= end]
    renamed = _renamed(within)
    changes = [change for one in within if (change := _change(one, renamed))]
    if contributed := {change.alarm for change in changes if change.contributor}:
        # Of an alarm with contributors each notifies, and the alarm itself does not besides.
        changes = [change for change in changes if change.contributor or change.alarm not in contributed]
    notes = [*_broken(broken), *_short(read, start), *_renames(within, renamed)]
    return AlarmHistory(changes=changes, deleted=_deleted(within), notes=notes)


def _items(items: Iterable[Mapping[str, Any]]) -> tuple[list[_Item], int]:
    """Returns the items in order of time, and how many have no time or no data that can be read."""
    found: dict[tuple[object, ...], _Item] = {}
    broken = 0
    for item in items:
        at, name = instant(item.get("Timestamp")), str(item.get("AlarmName", ""))
        try:
            data = json.loads(item.get("HistoryData") or "{}")
        except ValueError:
            data = None  # HistoryData is cut at 4,095 characters
        if at is None or not name:
            broken += 1
            continue
        kind = str(item.get("HistoryItemType", ""))
        key = (at, name, kind, item.get("HistorySummary"), item.get("AlarmContributorId"))
        data = data if isinstance(data, dict) else {}
        found[key] = _Item(at=at, name=name, kind=kind, item=item, data=data)
    return sorted(found.values(), key=lambda one: one.at), broken


def _change(one: _Item, renamed: Mapping[str, str]) -> StateChange | None:
    if one.kind not in ("StateUpdate", "AlarmContributorStateUpdate"):
        return None
    new = one.data.get("newState") or {}
    # The summary has the state too, where the data is cut off: "Alarm updated from OK to ALARM".
    state = str(new.get("stateValue") or str(one.item.get("HistorySummary", "")).rpartition(" to ")[2])
    if state not in _STATES:
        return None
    return StateChange(
        at=one.at,
        alarm=renamed.get(one.name, one.name),
        state=state,
        reason=str(new.get("stateReason") or ""),
        contributor=str(one.item.get("AlarmContributorId") or ""),
        attributes=one.item.get("AlarmContributorAttributes") or {},
    )


def _arn_of(one: _Item) -> str:
    """Returns the ARN that an item names: its own, or that of the definition in a configuration update."""
    stated = (one.data.get(name) or {} for name in _DEFINITIONS)
    arns = (str(each.get("alarmArn") or each.get("AlarmArn") or "") for each in stated if isinstance(each, Mapping))
    return str(one.item.get("AlarmArn") or "") or next(filter(None, arns), "")


def _renamed(items: Sequence[_Item]) -> dict[str, str]:
    """Returns by an earlier name the last name of the alarm that has the same ARN."""
    names: dict[str, list[str]] = {}
    for one in items:
        if (arn := _arn_of(one)) and one.name not in names.setdefault(arn, []):
            names[arn].append(one.name)
    return {name: known[-1] for known in names.values() for name in known[:-1]}


def _renames(items: Sequence[_Item], renamed: Mapping[str, str]) -> Iterator[str]:
    """Yields a sentence about each alarm that was renamed, and each that looks so: CloudWatch has no renaming, so that
    a deleted alarm and a new one with the same definition are two."""
    for before, now in renamed.items():
        yield f"{before} and {now} are one alarm: the history names the same ARN"
    updates = [one for one in items if one.kind == "ConfigurationUpdate"]
    deletions = [one for one in updates if one.data.get("type") == "Delete"]
    creations = [one for one in updates if one.data.get("type") == "Create"]
    for old in deletions:
        for new in creations:
            apart = abs(new.at - old.at) <= _RENAMED_WITHIN
            if (
                apart
                and new.name != old.name
                and renamed.get(old.name) != new.name
                and _definition(old) == _definition(new)
            ):
                yield f"{old.name} and {new.name} look like one alarm under two names: they are counted as two"


def _definition(one: _Item) -> Mapping[str, Any] | None:
    stated = next((one.data[name] for name in _DEFINITIONS if isinstance(one.data.get(name), Mapping)), None)
    if stated is None:
        return None
    return {key: value for key, value in stated.items() if key.lower() not in _OF_ITSELF}


_OF_ITSELF = ("alarmname", "alarmarn", "alarmconfigurationupdatedtimestamp")


def _deleted(items: Sequence[_Item]) -> dict[str, Mapping[str, Any]]:
    """Returns the definitions that the history has, the latest of each name, in DescribeAlarms' words."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in items:
        for name in _DEFINITIONS:
            if isinstance(stated := one.data.get(name), Mapping):
                found[one.name] = {_capital(key): value for key, value in stated.items()} | {"AlarmName": one.name}
    return found


def _capital(key: str) -> str:
    return "OKActions" if key.lower() == "okactions" else key[:1].upper() + key[1:]


def _short(items: Sequence[_Item], start: datetime) -> Iterator[str]:
    if items and items[0].at - start > timedelta(days=1):
        missing = how_many((items[0].at - start).days, "day")
        yield (
            f"the history begins on {items[0].at:%Y-%m-%d %H:%M} UTC: of the first {missing} there is nothing; "
            "CloudWatch forgets after a while, --history takes an export of earlier days"
        )


def _broken(count: int) -> Iterator[str]:
    if count:
        have, are = ("has", "is") if count == 1 else ("have", "are")
        yield f"{how_many(count, 'item')} of the history {have} no time or no alarm, and {are} left out"
