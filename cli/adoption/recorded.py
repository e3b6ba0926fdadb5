"""Reads what a backtest plays: alarms, their history and the readers of their topics, of an account or of exports."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.aws.alarms.asking import alarm_types
from alertrelay.values.text import how_many

from cli.adoption.account import Say, pages, read_region
from cli.adoption.alarm import ReadAlarm
from cli.adoption.export import Export, read_export
from cli.cloud import Client, CloudUnreadable
from cli.files import unreadable

KINDS_OF_ITEMS = ("StateUpdate", "AlarmContributorStateUpdate", "ConfigurationUpdate")
"""What is asked for; the actions that ran, which are as many again, are not."""
PAGE = 100


class NotRecorded(Exception):
    """There is nothing to play. The text says what was expected, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAlarms:
    """What was read. `notes` are sentences about what could not be read."""

    alarms: Sequence[ReadAlarm]
    history: Sequence[Mapping[str, Any]]
    subscriptions: Sequence[Mapping[str, Any]]
    notes: Sequence[str] = ()

    def lines(self) -> Iterator[str]:
        """Yields it as JSON lines, which `of_files` reads."""
        for alarm in self.alarms:
            tags = [{"Key": key, "Value": value} for key, value in alarm.tags.items()]
            yield json.dumps({**alarm.fields, "Tags": tags}, default=_plain)
        for item in (*self.subscriptions, *self.history):
            yield json.dumps(item, default=_plain)


def _plain(value: Any) -> str:
    return rfc3339(value) if isinstance(value, datetime) else str(value)


def of_files(paths: Sequence[Path]) -> RecordedAlarms:
    """Returns what exports hold together. Raises NotRecorded."""
    found = [(path, _export(path)) for path in paths]
    notes = []
    for path, export in found:
        notes += [f"{path}, {fault}" for fault in export.faults]
        more = export.unread - len(export.faults)
        notes += [f"{path}: {how_many(more, 'further line')} could not be read"] if more else []
    if not any(export.history or export.alarms for _, export in found):
        raise NotRecorded(
            f"{', '.join(map(str, paths))}: expected what `aws cloudwatch describe-alarm-history` and "
            f"`describe-alarms` print, or JSON lines of it; {notes[0] if notes else 'there is nothing'}"
        )
    return RecordedAlarms(
        alarms=[alarm for _, export in found for alarm in export.alarms],
        history=[item for _, export in found for item in export.history],
        subscriptions=[one for _, export in found for one in export.subscriptions],
        notes=notes,
    )


def _export(path: Path) -> Export:
    try:
        return read_export(path.read_bytes().decode("utf-8-sig", "replace"))
    except (OSError, ValueError) as error:
        raise NotRecorded(unreadable(error, path)) from None


def of_account(region: str, client: Client, *, start: datetime, end: datetime, say: Say) -> RecordedAlarms:
    """Returns the alarms of a region with their history between two times. Raises CloudUnreadable, save for the
    subscriptions, without which each topic counts as one reader."""
    alarms = read_region(region, client, say).alarms
    history = list(_history(client, start, end, say))
    try:
        listed = pages("the subscriptions", client("sns").list_subscriptions, {})
        subscriptions, notes = [one for page in listed for one in page.get("Subscriptions", ())], []
    except CloudUnreadable as error:
        subscriptions, notes = [], [f"{error}; each topic counts as one reader"]
    return RecordedAlarms(alarms=alarms, history=history, subscriptions=subscriptions, notes=notes)


def _history(client: Client, start: datetime, end: datetime, say: Say) -> Iterator[Mapping[str, Any]]:
    """Yields the items type by type of alarm: without the name of an alarm, CloudWatch answers for one type alone."""
    cloudwatch = client("cloudwatch")
    count = 0
    for alarm_type in alarm_types(cloudwatch):
        for kind in KINDS_OF_ITEMS:
            question = {
                "AlarmTypes": [alarm_type],
                "HistoryItemType": kind,
                "StartDate": start,
                "EndDate": end,
                "MaxRecords": PAGE,
                "ScanBy": "TimestampAscending",
            }
            for page in pages("the history of the alarms", cloudwatch.describe_alarm_history, question):
                items = page.get("AlarmHistoryItems", ())
                count += len(items)
                yield from (dict(item, Timestamp=rfc3339(item["Timestamp"])) for item in items)
                say(f"{how_many(count, 'item')} of history")


def with_deleted(alarms: Sequence[ReadAlarm], deleted: Mapping[str, Mapping[str, Any]], region: str) -> list[ReadAlarm]:
    """Returns the alarms, and those that the history alone knows, as far as it has their actions."""
    names = {alarm.name for alarm in alarms}
    account = next((alarm.arn.split(":")[4] for alarm in alarms if alarm.arn), "000000000000")
    found = list(alarms)
    for name, fields in deleted.items():
        if name not in names:
            arn = fields.get("AlarmArn") or f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
            kind = "CompositeAlarm" if fields.get("AlarmRule") else "MetricAlarm"
            found.append(ReadAlarm(kind=kind, region=region, fields={**fields, "AlarmArn": arn}))
    return [replace(alarm, region=region) if not alarm.region else alarm for alarm in found]
