"""Writes new numbers into an environment's file, as a diff that one would merge."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from alertrelay.config.alarm_file import AlarmFile, NumberEdit, Tunable


def number_text(number: float) -> str:
    """Returns a number as one would write it in YAML: 85, 0.5."""
    return f"{number:.6g}"


def diff(file: AlarmFile, numbers: Iterable[tuple[Tunable, float]]) -> str:
    """Returns the unified diff that writes new numbers into the file; "" where nothing changes."""
    before = file.text.splitlines(keepends=True)
    if before and not before[-1].endswith("\n"):
        before[-1] += "\n"
    after = list(before)
    texts: dict[NumberEdit, str] = {}
    for one, number in sorted(numbers, key=lambda each: each[0].key):
        if one.edit is not None:
            texts[one.edit] = one.edit.text.replace("{number}", number_text(number))
    # From the end, so that the lines before an edit keep their places.
    for line in sorted({edit.line for edit in texts}, reverse=True):
        own = [(edit.replaces, text) for edit, text in texts.items() if edit.line == line]
        # Of several that begin `thresholds:` there, the first has it for all.
        block = [text if place == 0 else text.rpartition("\n")[2] for place, (_, text) in enumerate(own)]
        after[line : line + max(replaces for replaces, _ in own)] = [
            part + "\n" for part in "\n".join(block).split("\n")
        ]
    return "".join(difflib.unified_diff(before, after, f"a/{file.name}", f"b/{file.name}", n=2))
