"""`alertrelay anomaly report`: a metric, its usual band, its scores and the alerts that they would have made."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alertrelay.anomaly.episode import DEFAULT_THRESHOLD
from alertrelay.anomaly.scorer import Scorer

from local.anomaly_page import page
from local.score import NotASeries, read_series, seconds_of

ONE_ALERT = 3600.0
"""Seconds. Points above the threshold that are closer than this are one alert."""

_DESCRIPTION = """\
Judge the anomaly scorer on a metric: reads a CSV with the columns timestamp,value and writes one HTML page with the
series, its usual band, the scores, and the alerts that would have been sent, each with its reason.

The whole file is learned from; --from and --to name the part that is shown and judged, as a period in shadow.
--incidents is a CSV with the columns start,end: the page then says which were found, and which alerts were for nothing.
"""
_EPILOG = """\
examples:
  alertrelay anomaly report --input cpu.csv --output report.html
  alertrelay anomaly report --input cpu.csv --output report.html --from 2026-11-01 --incidents incidents.csv

exit code: 0, 1 when a file is not what it should be, 2 when one cannot be read or written
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the page. `band` is the usual range; times are in seconds."""

    at: float
    value: float
    score: float
    band: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Told:
    """An alert: its first point, its last, the highest score, and the reason of the first. `found` is an incident."""

    at: float
    until: float
    value: float
    score: float
    reason: str
    found: bool | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What the page shows. `incidents` is None where none were named."""

    name: str
    threshold: float
    points: Sequence[Point]
    alerts: Sequence[Told]
    incidents: Sequence[tuple[float, float]] | None

    @property
    def missed(self) -> list[tuple[float, float]]:
        """The incidents in which no alert began."""
        return [
            (start, end)
            for start, end in self.incidents or ()
            if not any(start <= told.until and told.at <= end for told in self.alerts)
        ]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    anomaly = subparsers.add_parser("anomaly", help="judge the anomaly scorer", description="Judge the anomaly scorer.")
    commands = anomaly.add_subparsers(title="commands", metavar="COMMAND", required=True)
    parser = commands.add_parser(
        "report",
        help="a page with the series, the scores and the alerts",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--input", metavar="FILE", type=Path, required=True)
    parser.add_argument("--output", metavar="FILE", type=Path, required=True)
    parser.add_argument("--from", dest="begin", metavar="TIME", help="show and judge from here on")
    parser.add_argument("--to", dest="end", metavar="TIME", help="show and judge until here")
    parser.add_argument("--threshold", metavar="SCORE", type=float, default=DEFAULT_THRESHOLD)
    parser.add_argument("--incidents", metavar="FILE", type=Path, help="a CSV of known incidents: start,end")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Writes the page; the exit code of the help."""
    try:
        begin, end = _bound(args.begin, float("-inf")), _bound(args.end, float("inf"))
        incidents = None if args.incidents is None else read_incidents(args.incidents, begin, end)
        report = judge(args.input, begin=begin, end=end, threshold=args.threshold, incidents=incidents)
        args.output.write_text(page(report), encoding="utf-8")
    except NotASeries as error:
        print(f"alertrelay anomaly report: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"alertrelay anomaly report: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{args.output}: {len(report.points)} points, {len(report.alerts)} alerts at {report.threshold:g}")
    return 0


def _bound(text: str | None, default: float) -> float:
    if text is None:
        return default
    at = seconds_of(text)
    if at is None:
        raise NotASeries(f"{text!r} is no time; write 2026-11-20 or 2026-11-20T03:05:00")
    return at


def judge(
    source: Path,
    *,
    begin: float,
    end: float,
    threshold: float,
    incidents: Sequence[tuple[float, float]] | None = None,
) -> Report:
    """Scores a file and keeps what lies between `begin` and `end`. Raises NotASeries, OSError."""
    scorer = Scorer()
    points: list[Point] = []
    alerts: list[Told] = []
    for row in read_series(source):
        if row.at is None or row.value is None:
            continue
        scored = scorer.take(row.at, row.value)
        if scored.reading is None or not begin <= row.at <= end:
            continue
        points.append(Point(row.at, row.value, scored.score, scorer.band(scored.reading)))
        if scored.score >= threshold:
            reason = scorer.explain(row.at, row.value, scored)
            _add(alerts, Told(row.at, row.at, row.value, scored.score, reason))
    if incidents is not None:
        alerts = [_against(told, incidents) for told in alerts]
    return Report(source.stem, threshold, points, alerts, incidents)


def _add(alerts: list[Told], told: Told) -> None:
    last = alerts[-1] if alerts else None
    if last is None or told.at - last.until > ONE_ALERT:
        alerts.append(told)
    else:
        alerts[-1] = Told(last.at, told.at, last.value, max(last.score, told.score), last.reason)


def _against(told: Told, incidents: Sequence[tuple[float, float]]) -> Told:
    found = any(start <= told.until and told.at <= end for start, end in incidents)
    return Told(told.at, told.until, told.value, told.score, told.reason, found)


def read_incidents(path: Path, begin: float, end: float) -> list[tuple[float, float]]:
    """The incidents of a CSV start,end that touch the period, in seconds. Raises NotASeries, OSError."""
    found = []
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if not {"start", "end"} <= set(reader.fieldnames or ()):
            raise NotASeries(f"{path}: the first line must name the columns start,end")
        for row in reader:
            start, until = seconds_of(row["start"] or ""), seconds_of(row["end"] or "")
            if start is None or until is None or until < start:
                raise NotASeries(f"{path}:{reader.line_num}: an incident needs a start and a later end")
            if start <= end and until >= begin:
                found.append((start, until))
    return found
