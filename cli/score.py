"""`alertrelay score`: the anomaly score of every row of a CSV file, by the code of the anomaly scorer."""

from __future__ import annotations

import argparse
import contextlib
import csv
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD
from alertrelay.anomaly.detector.scorer import Scorer

if TYPE_CHECKING:
    from _csv import Reader

_DESCRIPTION = """\
Score metrics: reads CSV files with the columns timestamp,value and writes them with anomaly_score, 0 to 1, added.

The rows stay one to one and in order. A score uses the row and the rows before it; files share nothing. The score is
the one after the refractory period: high once per trouble, not on each of its rows. A blank value scores 0.
"""
_EPILOG = """\
examples:
  alertrelay score --input cpu.csv --output scored.csv
  alertrelay score --input metrics/ --output scored/ --explain     a folder, mirrored, with a reason per row
  alertrelay score --threshold                                     the score from which an alert is sent

exit code: 0, 1 when a file is no such CSV (the others are scored), 2 when one cannot be read or written
"""

_BARE_DAY = re.compile(r"[0-9]{8}")
# A day from the ends of the calendar, so that the clock of any zone still shows the time.
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC).timestamp()
_LATEST = datetime(9999, 12, 30, tzinfo=UTC).timestamp()
_PROGRESS = 100_000
"""Rows between two words on how far a file is: some six seconds."""
_FEW = 0.1
"""The share of late rows that needs no word: an hour twice in autumn, some repeated points."""


class NotASeries(Exception):
    """The file is no CSV of timestamp,value. The text says where and why."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "score",
        help="score metrics for anomalies",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--input", metavar="FILE|FOLDER", type=Path)
    parser.add_argument("--output", metavar="FILE|FOLDER", type=Path)
    parser.add_argument("--explain", action="store_true", help="add the column reason")
    parser.add_argument("--threshold", action="store_true", help="print the default threshold")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Scores a file or a folder; the exit code of the help."""
    if args.threshold:
        print(f"{DEFAULT_THRESHOLD:g}")
        return 0
    if args.input is None or args.output is None:
        args.parser.error("--input and --output are needed (or --threshold)")
    code = 0
    pairs = _pairs(args.input, args.output)
    if not pairs:
        _note(f"{args.input}: there is no .csv file in this folder")
    for source, target in pairs:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            score_file(source, target, explain=args.explain)
        except NotASeries as error:
            _note(str(error))
            code = max(code, 1)
        except OSError as error:
            _note(f"{error.filename or target}: {error.strerror}")
            code = 2
    return code


def _pairs(source: Path, target: Path) -> list[tuple[Path, Path]]:
    if source.is_dir():
        files = sorted(path for path in source.rglob("*") if path.suffix.lower() == ".csv" and not path.is_dir())
        return [(path, target / path.relative_to(source)) for path in files]
    return [(source, target / source.name if target.is_dir() else target)]


def score_file(source: Path, target: Path, *, explain: bool = False) -> None:
    """Scores one file; what may surprise stands on stderr. Raises NotASeries, OSError."""
    scorer = Scorer()
    rows = list(read_series(source))
    late = 0
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["timestamp", "value", "anomaly_score", *(["reason"] if explain else [])])
        for place, row in enumerate(rows, 1):
            score, reason, in_order = _scored(scorer, row, explain=explain)
            writer.writerow([row.timestamp, row.value_text, score, *([reason] if explain else [])])
            late += not in_order
            if place % _PROGRESS == 0:
                _note(f"{source}: {place:,} of {len(rows):,} rows")
    if late > _FEW * len(rows):
        _note(f"{source}: {late:,} of {len(rows):,} rows are not newer than one before them and score 0; sort the file")


def _note(text: str) -> None:
    print(f"alertrelay score: {text}", file=sys.stderr, flush=True)


def _scored(scorer: Scorer, row: Row, *, explain: bool) -> tuple[str, str, bool]:
    """The score of a row, its reason where it is asked for, and whether the row is in the order of time."""
    if row.at is None or row.value is None:
        return "0.000000", "no time" if row.at is None else "no value", True
    scored = scorer.take(row.at, row.value)
    reason = scorer.explain(row.at, row.value, scored) if explain else ""
    return f"{scored.score:.6f}", reason, scored.reading is not None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a series: the texts as they stand, and what they mean. `at` is in seconds, None where it is no time."""

    timestamp: str
    value_text: str
    at: float | None
    value: float | None


def read_series(path: Path) -> Iterator[Row]:
    """The rows of a file. Raises NotASeries, OSError."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.reader(file)
        try:
            yield from _rows(path, reader)
        except csv.Error as error:
            raise NotASeries(f"{path}:{reader.line_num}: {error}") from None


def _rows(path: Path, reader: Reader) -> Iterator[Row]:
    header = [name.strip().lower() for name in next(reader, [])]
    if "timestamp" not in header or "value" not in header:
        raise NotASeries(f"{path}: the first line must name the columns timestamp,value; it is {','.join(header)!r}")
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
        yield Row(timestamp, value_text, at, value_of(value_text))
    if wrong and not right:
        raise NotASeries(f"{wrong} is no time, and no other row has one; write 2026-11-20 03:05:00 or seconds")


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
