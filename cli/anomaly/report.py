"""`alertrelay anomaly report`: a metric, its usual band, its scores and the alerts that they would have made."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from alertrelay.values.text import how_many

from cli.config_dir import add_config_dir
from cli.files import overwriting, unreadable, unwritable
from local.series import NotASeries, notes_of_course, notes_of_rows, read_series, seconds_of

if TYPE_CHECKING:
    from alertrelay.anomaly.scorer.metric import WatchedMetric
    from alertrelay.anomaly.scorer.ports import Vote
    from alertrelay.config.watch import AnomalyConfig

    from cli.anomaly.deployed import DeployedScorer
    from cli.anomaly.judge import Report

_DESCRIPTION = """\
Judge the anomaly-scorer on a metric: one HTML page with the series, its usual band, the scores, and the alerts that
would have been sent, each with its reason. The code is that of the deployed function.

The points come from a CSV with the columns timestamp,value, or with --env from CloudWatch, for an entry of
config/anomaly.yml: use it to judge a period in shadow. All points are learned from; --from and --to name the part that
is shown and judged. --incidents is a CSV with the columns start,end: the page then shows which were found, and which
alerts were false. With --env it also shows what people said of each alert, by a button in Slack or `alertrelay
feedback`, also of those in shadow.
"""
_EPILOG = """\
examples:
  alertrelay anomaly report --input cpu.csv --output report.html
  alertrelay anomaly report --input cpu.csv --watch checkout-latency --output report.html      as that entry judges it
  alertrelay anomaly report --env prod --watch checkout-latency --from 2026-11-01 --incidents incidents.csv \\
    --output report.html

exit code: 0, 1 when a file has unexpected content, 2 when one cannot be read or written, or AWS does not answer
"""
_LEARNED = timedelta(days=14).total_seconds()
FEWEST = 24
"""Points: a day of a metric of one hour."""
_SHOWN = timedelta(days=14).total_seconds()


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "report",
        help="a page with the series, the scores and the alerts",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--input", metavar="FILE", type=Path, help="a CSV of the metric")
    parser.add_argument("--env", metavar="NAME", help="instead of --input: ask CloudWatch, for --watch")
    parser.add_argument("--watch", metavar="ENTRY", help="judge as this entry of config/anomaly.yml does")
    parser.add_argument(
        "--metric", metavar="TEXT", help="with --env, where the entry finds several: part of one's name"
    )
    parser.add_argument("--output", metavar="FILE", type=Path, required=True)
    parser.add_argument("--from", dest="begin", metavar="TIME", help="show and judge from here on")
    parser.add_argument("--to", dest="end", metavar="TIME", help="show and judge until here")
    parser.add_argument("--threshold", metavar="SCORE", type=float, help="without --watch; default: the scorer's")
    parser.add_argument("--incidents", metavar="FILE", type=Path, help="a CSV of known incidents: start,end")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Writes the page; the exit code of the help."""
    from cli.anomaly.deployed import NoScorer
    from cli.anomaly.page import page
    from cli.cloud import CloudUnreadable

    if (args.input is None) == (args.env is None):
        args.parser.error("one of --input FILE and --env NAME is needed")
    if args.env and not args.watch:
        args.parser.error("--env needs --watch ENTRY")
    if args.threshold is not None and args.watch:
        args.parser.error("--threshold is for a file without --watch ENTRY: the entry says its own")
    if args.threshold is not None and not 0.0 < args.threshold < 1.0:
        args.parser.error(f"--threshold: expected a score between 0 and 1, got {args.threshold:g}")
    if fault := overwriting(args.output, (args.input, args.incidents)):
        print(f"alertrelay anomaly report: {fault}", file=sys.stderr)
        return 2
    try:
        report = _report(args)
        args.output.write_text(page(report), encoding="utf-8")
    except NotASeries as error:
        print(f"alertrelay anomaly report: {error}", file=sys.stderr)
        return 2 if isinstance(error, _NotATime) else 1
    except (NoScorer, CloudUnreadable) as error:
        print(f"alertrelay anomaly report: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        reads = error.filename in map(str, filter(None, (args.input, args.incidents)))
        fault = unreadable(error, args.input) if reads else unwritable(error, args.output)
        print(f"alertrelay anomaly report: {fault}", file=sys.stderr)
        return 2
    found = (
        f"{how_many(len(report.points), 'point')}, {how_many(len(report.alerts), 'alert')} at {report.threshold:.4g}"
    )
    print(f"{args.output}: {found}")
    return 0


def _report(args: argparse.Namespace) -> Report:
    report = _from_cloudwatch(args) if args.env else _from_file(args)
    if not report.points:
        raise NotASeries(_nothing(args))
    return report


def _nothing(args: argparse.Namespace) -> str:
    """Words that there is nothing to show: an empty page would look like a good sign."""
    part = " ".join(f"{flag} {value}" for flag, value in (("--from", args.begin), ("--to", args.end)) if value)
    place = args.input or args.watch
    if not part:
        return f"{place}: no points: expected rows of timestamp,value"
    return f"{part}: no points of {place} lie in that time; name a time in which it has some"


def _from_file(args: argparse.Namespace) -> Report:
    from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD

    from cli.anomaly.judge import bare, judge, of_entry

    rows = list(read_series(args.input))
    for note in (*notes_of_rows(args.input, rows), *notes_of_course(args.input, rows)):
        print(f"alertrelay anomaly report: {note}", file=sys.stderr)
    points = sorted(
        ((row.at, row.value) for row in rows if row.at is not None and row.value is not None),
        key=lambda point: point[0],
    )
    _note_few(str(args.input), points)
    begin, end = _bound(args.begin, float("-inf")), _bound(args.end, float("inf"))
    if args.watch:
        rule, metric = of_entry(_config(args.config_dir), args.watch)
    else:
        threshold = DEFAULT_THRESHOLD if args.threshold is None else args.threshold
        rule, metric = bare(args.input.stem, _period(points), threshold)
    return judge(
        args.input.stem, points, rule, metric, begin=begin, end=end, incidents=_incidents(args.incidents, begin, end)
    )


def _from_cloudwatch(args: argparse.Namespace) -> Report:
    from alertrelay.anomaly.scorer.fetch import Wanted, ask
    from alertrelay.runtime.container import SystemClock

    from cli.anomaly.deployed import NoScorer, scorer_of
    from cli.anomaly.judge import judge, of_entry

    clock = SystemClock()
    scorer = scorer_of(args.config_dir, args.env, clock)
    rule, metric = of_entry(scorer.config, args.watch)
    if not rule.watch.exact:
        catalogue = scorer.catalogue()
        own = [one for one in (catalogue.metrics if catalogue else ()) if one.watch == args.watch]
        fits = [one for one in own if (args.metric or "") in str(one)]
        if len(fits) != 1:
            there = "\n  ".join(str(one) for one in own) or "none yet: it has not run"
            raise NotASeries(f"--metric: part of the name of one metric was expected; {args.watch} has:\n  {there}")
        metric = fits[0]
    now = clock.now().timestamp() // metric.period * metric.period
    end = min(now, _bound(args.end, now))
    begin = _bound(args.begin, end - _SHOWN)
    print(f"asking CloudWatch for {metric} …", file=sys.stderr, flush=True)
    found = ask(scorer.metrics, [Wanted(metric, begin - _LEARNED)], end=lambda _: end, more=lambda: True)
    if found.failed or metric.key in found.refused:
        raise NoScorer(f"its source does not say: {found.failed or found.refused[metric.key]}")
    _note_few(str(metric), found.points[metric.key])
    return judge(
        str(metric),
        found.points[metric.key],
        rule,
        metric,
        begin=begin,
        end=end,
        incidents=_incidents(args.incidents, begin, end),
        votes=_votes(scorer, metric, begin),
    )


def _votes(scorer: DeployedScorer, metric: WatchedMetric, begin: float) -> Sequence[Vote]:
    """Returns what people said since then of the metric's anomalies; nothing, with a word, where the table does not
    answer. Of an entry with several metrics the journal knows whose anomaly it was."""
    from alertrelay.anomaly.scorer.ports import NotebookFailure

    journal = [entry for book in scorer.books() for entry in book.journal if entry.watch == metric.watch]
    others = {entry.fingerprint for entry in journal if entry.metric != str(metric)}
    try:
        votes = scorer.notebook.votes(begin)
    except NotebookFailure as failure:
        print(f"alertrelay anomaly report: without what people said of the alerts: {failure}", file=sys.stderr)
        return ()
    return [vote for vote in votes if vote.watch == metric.watch and vote.fingerprint not in others]


def _note_few(name: str, points: Sequence[object]) -> None:
    """Warn where there is nothing that one could learn from: a page without alerts would look like a good sign."""
    if len(points) < FEWEST:
        print(
            f"alertrelay anomaly report: {name}: too few points to judge by: expected at least "
            f"{FEWEST}, got {len(points)}; a day of the metric is the least that shows anything, two weeks are good",
            file=sys.stderr,
        )


def _config(folder: Path) -> AnomalyConfig:
    from compiler.config_files import ANOMALY, load_anomaly
    from compiler.reading.finding import Findings

    config = load_anomaly(folder, Findings())
    if config is None:
        expected = f"{folder / ANOMALY} without errors was expected"
        raise NotASeries(f"--watch: {expected}; `alertrelay check` names what is wrong")
    return config


def _incidents(path: Path | None, begin: float, end: float) -> Sequence[tuple[float, float]] | None:
    from cli.anomaly.judge import read_incidents

    return None if path is None else read_incidents(path, begin, end)


def _period(points: Sequence[tuple[float, float]]) -> int:
    """The middle of the distances between points, in seconds."""
    gaps = sorted(later[0] - earlier[0] for earlier, later in itertools.pairwise(points))
    return max(1, round(gaps[len(gaps) // 2])) if gaps else 300


class _NotATime(NotASeries):
    """A time of the command line that cannot be read: wrong usage."""


def _bound(text: str | None, default: float) -> float:
    if text is None:
        return default
    at = seconds_of(text)
    if at is None:
        raise _NotATime(f"{text!r} is not a time: write 2026-11-20 or 2026-11-20T03:05:00")
    return at
