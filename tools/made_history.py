"""Makes a month of history for made alarms: each fires by its habit, and an outage fires many at once.

The shape of an item: API reference of CloudWatch, DescribeAlarmHistory, and the example of the AWS CLI.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 10, 31, tzinfo=UTC)
DAYS = 30


def history(listed: Sequence[Mapping[str, Any]], *, days: int = DAYS, seed: int = 7) -> list[dict[str, Any]]:
    """Returns the history of alarms in order of time: habits, and on the 12th day an outage that fires many at once."""
    chance = random.Random(seed)
    found: list[dict[str, Any]] = []
    for alarm in listed:
        times = sorted(_times(str(alarm.get("Habit")), days, chance))
        if days > 12 and alarm.get("Habit") != "quiet" and chance.random() < 0.35:
            times.append((timedelta(days=12, hours=14, seconds=chance.uniform(0, 240)), chance.uniform(35, 50)))
        after = timedelta(0)
        for at, minutes in sorted(times):
            if at <= after:
                continue
            after = at + timedelta(minutes=minutes)
            found += [_item(alarm, START + at, "OK", "ALARM"), _item(alarm, START + after, "ALARM", "OK")]
    end = START + timedelta(days=days)
    return sorted(
        (one for one in found if one["Timestamp"] < f"{end:%Y-%m-%dT%H:%M:%S}"), key=lambda one: one["Timestamp"]
    )


def _times(habit: str, days: int, chance: random.Random) -> Iterator[tuple[timedelta, float]]:
    """Yields when an alarm fires, from the start, and for how many minutes."""
    if habit == "flapping":
        for day in chance.sample(range(days), max(1, days // 3)):
            begin = timedelta(days=day, hours=chance.uniform(8, 18))
            for turn in range(chance.randint(2, 8)):
                yield begin + timedelta(minutes=turn * chance.uniform(9, 14)), chance.uniform(2, 6)
    elif habit == "daily":
        for day in range(days):
            if chance.random() < 0.3:
                yield timedelta(days=day, hours=chance.gauss(10, 1) % 24), chance.uniform(10, 70)
    elif habit == "incidents":
        for _ in range(chance.choices((0, 1, 2, 3), (3, 4, 2, 1))[0]):
            yield timedelta(days=chance.uniform(0, days)), chance.uniform(5, 180)


def _item(alarm: Mapping[str, Any], at: datetime, before: str, after: str) -> dict[str, Any]:
    kind = "CompositeAlarm" if "AlarmRule" in alarm else "LogAlarm" if "ScheduledQueryConfiguration" in alarm else ""
    data = {
        "version": "1.0",
        "oldState": {"stateValue": before, "stateReason": "made"},
        "newState": {
            "stateValue": after,
            "stateReason": "Threshold Crossed: 5 datapoints" if after == "ALARM" else "made",
        },
    }
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmType": kind or "MetricAlarm",
        "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "HistoryItemType": "StateUpdate",
        "HistorySummary": f"Alarm updated from {before} to {after}",
        "HistoryData": json.dumps(data),
    }
