"""Writes the plan that takes another one back, alarm by alarm: each is on disk before the alarm is changed."""

from __future__ import annotations

import os
from pathlib import Path

from cli.adoption.plan_file import END, PlanHead, PlannedAlarm, undo_entry, undo_head

_MARK = f"{END}\n".encode()


def add_undo(file: Path, head: PlanHead, one: PlannedAlarm) -> None:
    """Adds an alarm to the file, unless an earlier try did, and returns once that is durable. The end mark moves behind
    it, so that the file is a whole plan after each alarm. Raises OSError."""
    with file.open("r+b" if file.exists() else "x+b") as opened:
        text, entry = opened.read(), undo_entry(one).encode()
        if entry not in text:
            opened.seek(len(text.removesuffix(_MARK)))
            opened.write((b"" if text else undo_head(head, file).encode()) + entry + _MARK)
        opened.flush()
        os.fsync(opened.fileno())
