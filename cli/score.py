"""`alertrelay score`: the anomaly score of every row of a CSV file, by the code of the anomaly scorer."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD
from alertrelay.anomaly.detector.scorer import Scorer
from alertrelay.values.text import how_many

from cli.files import overwriting, unreadable, unwritable
from local.series import NotASeries, SeriesRow, notes_of_rows, read_series

_DESCRIPTION = """\
Score metrics: reads CSV files with the columns timestamp,value and writes them with anomaly_score, 0 to 1, added.

The rows and their order stay. A score uses its row and the rows before it; files share nothing. It is the score after
the refractory period: high once per incident, not on each of its rows. A blank value scores 0.
"""
_EPILOG = """\
examples:
  alertrelay score --input cpu.csv --output scored.csv
  alertrelay score --input metrics/ --output scored/ --explain     a folder, mirrored, with a reason per row
  alertrelay score --threshold                                     the score from which an alert is sent

exit code: 0, 1 when a file is not such a CSV (the others are scored), 2 when one cannot be read or written
"""

_PROGRESS = 100_000
"""Rows between two words on how far a file is: some six seconds."""
_FEW = 0.1
"""The share of late rows that needs no word: an hour twice in autumn, some repeated points."""


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
        _note(f"{args.input}: expected .csv files in this folder, and there is none")
    sources = [source for source, _ in pairs]
    if fault := next(filter(None, (overwriting(target, sources) for _, target in pairs)), ""):
        _note(fault)
        return 2
    for source, target in pairs:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            score_file(source, target, explain=args.explain)
        except NotASeries as error:
            _note(str(error))
            code = max(code, 1)
        except OSError as error:
            _note(unreadable(error, source) if error.filename == str(source) else unwritable(error, target))
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
                _note(f"{source}: {place:,} of {how_many(len(rows), 'row')}")
    for note in notes_of_rows(source, rows):
        _note(note)
    if late > _FEW * len(rows):
        rows_late = f"{late:,} of {how_many(len(rows), 'row')}"
        _note(f"{source}: {rows_late} are not newer than one before them and score 0; sort the file")


def _note(text: str) -> None:
    print(f"alertrelay score: {text}", file=sys.stderr, flush=True)


def _scored(scorer: Scorer, row: SeriesRow, *, explain: bool) -> tuple[str, str, bool]:
    """The score of a row, its reason where it is asked for, and whether the row is in the order of time."""
    if row.at is None or row.value is None:
        return "0.000000", "no time" if row.at is None else "no value", True
    scored = scorer.take(row.at, row.value)
    reason = scorer.explain(row.at, row.value, scored) if explain else ""
    return f"{scored.score:.6f}", reason, scored.reading is not None
