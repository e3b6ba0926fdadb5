"""Reads what was exported of alarms: one JSON document, or JSON lines, of what the AWS CLI prints.

An object is known by its keys: an alarm of describe-alarms (beside it `Tags` may stand), an item of
describe-alarm-history, a subscription of sns list-subscriptions; or a whole answer of these, with its list. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.adoption.alarm import PUTS, ReadAlarm

_LISTS = {f"{kind}s": kind for kind in PUTS} | {"AlarmHistoryItems": "", "Subscriptions": ""}
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_FAULTS_KEPT = 20


@dataclass(slots=True)
class Export:
    """What a file holds. `faults` are sentences about lines that could not be read; `unread` counts them."""

    alarms: list[ReadAlarm] = field(default_factory=list)
    history: list[Mapping[str, Any]] = field(default_factory=list)
    subscriptions: list[Mapping[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unread: int = 0

    @property
    def is_empty(self) -> bool:
        """Returns whether nothing in the file was known."""
        return not (self.alarms or self.history or self.subscriptions)


def read_export(text: str) -> Export:
    """Returns what a file holds. Lines that are cut off or are something else are named, and the others count."""
    export = Export()
    try:
        documents: Sequence[tuple[int, Any]] = [(1, json.loads(text))]
    except (ValueError, RecursionError):
        documents = list(_lines(text, export))
    for number, document in documents:
        if not _take(document, "", export):
            _fault(
                export,
                f"line {number}: expected an alarm, an item of history or a subscription, got {_shown(document)}",
            )
    return export


def _lines(text: str, export: Export) -> Iterator[tuple[int, Any]]:
    lines = text.split("\n")
    last = max((number for number, line in enumerate(lines, 1) if line.strip()), default=0)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            cut = number == last and number == len(lines)
            why = "the file ends in the middle of this line" if cut else f"is not JSON: {error}"
            _fault(export, f"line {number}: {why}; it is left out")


def _take(document: Any, kind: str, export: Export) -> bool:
    """Adds what an object is; whether it was known."""
    if isinstance(document, list):
        taken = [_take(one, kind, export) for one in document]
        return all(taken)
    if not isinstance(document, dict):
        return False
    within = [(name, document[name]) for name in _LISTS if isinstance(document.get(name), list)]
    if within:
        taken = [_take(listed, _LISTS[name], export) for name, listed in within]
        return all(taken)
    if "HistoryItemType" in document and "AlarmName" in document:
        export.history.append(document)
    elif "TopicArn" in document and "Protocol" in document:
        export.subscriptions.append(document)
    elif _is_alarm(document):
        export.alarms.append(_alarm(document, kind))
    else:
        return False
    return True


def _is_alarm(document: Mapping[str, Any]) -> bool:
    """Returns whether the fields that are read of an alarm have CloudWatch's types."""
    tags = document.get("Tags") or {}
    listed = tags if isinstance(tags, list) else []
    names = [one.get("Key") if isinstance(one, dict) else None for one in listed]
    lists = [document.get(name) or [] for name in _ACTIONS]
    return (
        all(isinstance(document.get(name), str) for name in ("AlarmName", "AlarmArn"))
        and isinstance(tags, dict | list)
        and all(isinstance(name, str) for name in names)
        and all(isinstance(arns, list) and all(isinstance(arn, str) for arn in arns) for arns in lists)
    )


def _alarm(document: Mapping[str, Any], kind: str) -> ReadAlarm:
    tags = document.get("Tags") or {}
    plain = {one["Key"]: one.get("Value", "") for one in tags} if isinstance(tags, list) else dict(tags)
    fields = {name: value for name, value in document.items() if name != "Tags"}
    own = "ScheduledQueryConfiguration" in fields and "LogAlarm"
    kind = kind or own or ("CompositeAlarm" if "AlarmRule" in fields else "MetricAlarm")
    region = str(fields["AlarmArn"]).split(":")[3:4]
    return ReadAlarm(kind=kind, region="".join(region), fields=fields, tags=plain)


def _fault(export: Export, text: str) -> None:
    export.unread += 1
    if len(export.faults) < _FAULTS_KEPT:
        export.faults.append(text)


def _shown(document: Any) -> str:
    if isinstance(document, dict):
        return f"an object with {', '.join(list(document)[:4]) or 'no keys'}"
    return "a list" if isinstance(document, list) else f"{document!r}"[:40]
