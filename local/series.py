"""Reads a series, a CSV file of timestamp,value: for `score`, `anomaly report`, `replay` and the benches."""

from __future__ import annotations

import contextlib
import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alertrelay.values.text import how_many

if TYPE_CHECKING:
    from _csv import Reader

_BARE_DAY = re.compile(r"[0-9]{8}")
_SHOWN = 80
"""Characters of a first line that is another file's."""
# A day from the ends of the calendar, so that the clock of any zone still shows the time.
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC).timestamp()
_LATEST = datetime(9999, 12, 30, tzinfo=UTC).timestamp()


class NotASeries(Exception):
    """The file is no CSV of timestamp,value. The text says where and why."""


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A row of a series: the texts as they stand, and what they mean. `at` is in seconds, None where it is no time;
    `line` is that of the file, from 1 on."""

    line: int
    timestamp: str
    value_text: str
    at: float | None
    value: float | None


def read_series(path: Path) -> Iterator[SeriesRow]:
    """The rows of a file. Raises NotASeries, OSError."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.reader(file)
        try:
            yield from _rows(path, reader)
        except csv.Error as error:
            raise NotASeries(f"{path}:{reader.line_num}: {error}") from None


def _rows(path: Path, reader: Reader) -> Iterator[SeriesRow]:
    header = [name.strip().lower() for name in next(reader, [])]
    if "timestamp" not in header or "value" not in header:
        raise NotASeries(
            f"{path}: the first line must name the columns timestamp,value; it is {','.join(header)[:_SHOWN]!r}"
        )
    when, what = header.index("timestamp"), header.index("value")
    wrong, right = "", False
    for row in reader:
        if not row:
            continue
        timestamp = row[when] if when < len(row) else ""
        value_text = row[what] if what < len(row) else ""
        at = seconds_of(timestamp)
        right = right or at is not None
        wrong = wrong or ("" if at is not None else f"{path}:{reader.line_num}: {timestamp!r}")
        yield SeriesRow(reader.line_num, timestamp, value_text, at, value_of(value_text))
    if wrong and not right:
        raise NotASeries(f"{wrong} is not a time, and no other row has one; write 2026-11-20 03:05:00 or seconds")


_MISSING = frozenset({"", "nan", "null", "none", "na", "n/a", "-"})
"""What tools write where there is no value."""
_MOST_LINES = 100
"""Runs of lines that are named one by one."""


def notes_of_rows(path: Path, rows: Sequence[SeriesRow]) -> list[str]:
    """Returns a sentence on the rows without a readable time, and one on values that are no finite number, with their
    lines. A blank is neither."""
    untimed = [(row.line, row.timestamp) for row in rows if row.at is None]
    odd = [(row.line, row.value_text) for row in rows if row.at is not None and row.value is None and not _blank(row)]
    return [
        *_note(path, rows, untimed, "left out, no time (expected 2026-11-20 03:05:00 or seconds)"),
        *_note(path, rows, odd, "left out, no finite number"),
    ]


def notes_of_course(path: Path, rows: Sequence[SeriesRow]) -> list[str]:
    """Returns a sentence on the rows without a value, and one on those whose time an earlier row has."""
    gaps = [(row.line, row.value_text) for row in rows if row.at is not None and _blank(row)]
    seen: set[float] = set()
    repeats: list[tuple[int, str]] = []
    for row in rows:
        if row.at is not None and row.value is not None:
            repeats += [(row.line, row.timestamp)] if row.at in seen else []
            seen.add(row.at)
    return [
        *_note(path, rows, gaps, "without a value, each a gap of the metric"),
        *_note(path, rows, repeats, "left out, an earlier row has the same time"),
    ]


def _blank(row: SeriesRow) -> bool:
    return row.value_text.strip().lower() in _MISSING


def _note(path: Path, rows: Sequence[SeriesRow], found: Sequence[tuple[int, str]], what: str) -> list[str]:
    """Returns one sentence, none where nothing was found."""
    return [f"{path}: {len(found):,} of {how_many(len(rows), 'row')} {what}: {_lines(found)}"] if found else []


def _lines(found: Sequence[tuple[int, str]]) -> str:
    """Returns `lines 4 ('yesterday'), 9 to 12`: lines in a row are one run, and the first text is shown."""
    runs: list[list[int]] = []
    for line, _ in found:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    words = [f"{first}" if first == last else f"{first} to {last}" for first, last in runs[:_MOST_LINES]]
    text = found[0][1]
    if text:
        words[0] += f" ({text if len(text) <= 40 else f'{text[:39]}…'!r})"
    rest = len(runs) - _MOST_LINES
    more = f" and {rest:,} more runs of lines, the last at {found[-1][0]}" if rest > 0 else ""
    return f"line{'' if len(found) == 1 else 's'} {', '.join(words)}{more}"


def seconds_of(text: str) -> float | None:
    """Seconds of a timestamp: ISO 8601 (UTC where it names no zone) or a number of seconds. None for other text, and
    for what no calendar has: milliseconds lie in the year 57,000."""
    seconds = value_of(text)
    # Of bare digits only 20261120 is ISO: the milliseconds 1760123018000 would be an afternoon of 1760.
    if seconds is None or _BARE_DAY.fullmatch(text.strip()):
        with contextlib.suppress(ValueError):
            at = datetime.fromisoformat(text.strip())
            seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return seconds if seconds is not None and _EARLIEST <= seconds <= _LATEST else None


def value_of(text: str) -> float | None:
    """The number, None for a blank or what is no finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
