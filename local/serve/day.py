"""Opens the end of a day that was played, and a clock that goes on from there."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.serve.database import FILE, DataFile
from local.serve.store import SqliteStore

ABOUT, LOG = "day.json", "alertrelay.log"


class NoDay(ValueError):
    """Raised where a folder holds no day, or cannot hold one; the text has the mend."""


@dataclass(frozen=True, slots=True)
class KeptDay:
    """A day in a folder: when it `ended` by its own clock, and the environment that it was played in."""

    folder: Path
    ended: datetime
    environment: str


def check_free(folder: Path) -> None:
    """Raises NoDay for a folder that holds something else than a day: a day is kept in its place."""
    if folder.exists() and not (folder / ABOUT).exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NoDay(f"{folder}: a new folder was expected, or one with an earlier day: name another")


def opened(folder: Path) -> KeptDay:
    """Reads what is to be known of a day. Raises NoDay."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        return KeptDay(folder, datetime.fromisoformat(about["ended"]), str(about["environment"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise NoDay(f"{folder}: no day was kept there: `alertrelay replay … --keep {folder}` keeps one") from None


def copied(day: KeptDay, target: Path) -> None:
    """Copies the state and the log of a day, so that it can be opened again as it ended. Raises OSError."""
    for name in (FILE, LOG):
        shutil.copyfile(day.folder / name, target / name)
        os.chmod(target / name, 0o600)  # noqa: PTH101 - of a file that was made a line above


def fires(day: KeptDay) -> int:
    """Returns how many alerts fire at the end of a day."""
    with DataFile(day.folder) as database:
        clock = ClockOfDay(day.ended)
        return sum(item.alert.status == "firing" for item in SqliteStore(database, clock).firing(clock.now()))


class ClockOfDay:
    """ports.Clock: it begins at the end of a day, and goes on as time does."""

    def __init__(self, begins: datetime) -> None:
        self._begins = begins
        self._started = time.monotonic()

    def now(self) -> datetime:
        """See ports.Clock."""
        return self._begins + timedelta(seconds=time.monotonic() - self._started)

    def sleep(self, seconds: float) -> None:
        """See ports.Clock."""
        time.sleep(max(0.0, seconds))
