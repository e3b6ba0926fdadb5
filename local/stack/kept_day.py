"""Keeps the end of a day that was played, for `alertrelay serve --day`: its table in the file of serve, and its log."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

from alertrelay.aws.state import items
from alertrelay.aws.state.store import DynamoStore
from alertrelay.memory.ports import ManualClock

from local.serve.database import DataFile
from local.serve.day import ABOUT, LOG
from local.serve.store import SqliteStore
from local.stack.day import DayRun
from local.stack.history import Day


def keep(run: DayRun, day: Day, folder: Path) -> None:
    """Writes the day into a folder, over an earlier one. Raises OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    with DataFile(folder) as database, database.at_once():
        _copy(run, SqliteStore(database, ManualClock(day.ended)), day.ended)
    (folder / LOG).write_text(day.logs, encoding="utf-8")
    about = {"ended": day.ended.isoformat(), "environment": day.environment}
    (folder / ABOUT).write_text(json.dumps(about) + "\n", encoding="utf-8")


def _copy(run: DayRun, store: SqliteStore, now: datetime) -> None:
    client, table = run.stack.emulator.client("dynamodb"), run.stack.deployed.table
    source = DynamoStore(lambda: client, table, ManualClock(now))
    for page in client.get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            kind, _, name = item["pk"]["S"].partition("#")
            match kind:
                case "A" if "content" in item:
                    store.fill_alert(items.alert_item(item))
                case "M":
                    store.fill_member(name, items.member(item))
                case "H" if state := source.state(name):
                    store.fill_group(name, state)
                case "I":
                    store.fill_sources(*items.sources(item))
                case "N" if notes := items.anomaly_notes(item, now):
                    store.anomalies[name] = notes
    found, version = source.silences()
    if version:
        store.put_silences(found, seen=0)
