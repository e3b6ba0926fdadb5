"""`alertrelay anomaly status`: what a deployed scorer watches, what it found of late, and what people thought of it."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.config_dir import add_config_dir
from cli.output import add_output, dumped

if TYPE_CHECKING:
    from cli.anomaly.deployed import DeployedScorer

_DAYS = 28
_DESCRIPTION = f"""\
Show what the anomaly-scorer of an environment watches: each entry with its mode, the number of its metrics, the score
from which it notifies, its anomalies of the last {_DAYS} days and what people thought of that; then what happened last.
In shadow, what it found is what it would have notified.
"""
_EPILOG = """\
examples:
  alertrelay anomaly status --env prod
  alertrelay anomaly status --env prod --watch orders-placed     every anomaly of one entry, with its reason
  alertrelay anomaly status --env prod --json

exit code: 0, 2 there is no scorer, or AWS does not answer
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EntryStatus:
    """One entry. `anomalies` are those that opened in the last 28 days; `helpful` and `not_helpful` count the alerts of
    90 days that people judged so."""

    watch: str
    mode: str
    metrics: int
    notifies_from: float
    anomalies: int
    open: int
    silent: int
    learned_anew: int
    helpful: int
    not_helpful: int


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "status",
        help="what a deployed scorer watches and found",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", required=True, help="an environment of the configuration")
    parser.add_argument("--watch", metavar="ENTRY", help="one entry, with every anomaly of it")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints it; the exit code of the help."""
    from alertrelay.anomaly.scorer.ports import NotebookFailure
    from alertrelay.runtime.container import SystemClock

    from cli.anomaly.deployed import NoScorer, scorer_of
    from cli.cloud import CloudUnreadable

    clock = SystemClock()
    try:
        found = status_of(scorer_of(args.config_dir, args.env, clock), now=clock.now(), watch=args.watch)
    except (NoScorer, CloudUnreadable, NotebookFailure) as error:
        print(f"alertrelay anomaly status: {error}", file=sys.stderr)
        return 2
    if args.output != "table":
        print(dumped(found, args.output))
    else:
        print("\n".join(_lines(found, every=bool(args.watch))))
    return 0


def status_of(scorer: DeployedScorer, *, now: datetime, watch: str | None = None) -> dict[str, Any]:
    """The entries, and the journal of the last days, newest first. Raises NoScorer, NotebookFailure."""
    from alertrelay.anomaly.scorer.entry_rules import rules_of
    from alertrelay.anomaly.scorer.threshold import Feedback, feedback_of

    books = scorer.books()
    since = now.timestamp() - _DAYS * 86_400.0
    tracks = [track for book in books for track in book.tracks.values()]
    journal = [entry for book in books for entry in book.journal if entry.at >= since]
    feedback = feedback_of(scorer.notebook.votes(now.timestamp() - 90 * 86_400.0), now=now.timestamp())
    entries = []
    for name, rule in rules_of(scorer.config, feedback).items():
        own = [track for track in tracks if track.metric.watch == name]
        kinds = [entry.kind for entry in journal if entry.watch == name]
        judged = feedback.get(name, Feedback())
        entries.append(
            EntryStatus(
                watch=name,
                mode=rule.watch.mode,
                metrics=len(own),
                notifies_from=rule.levels[0].score,
                anomalies=kinds.count("opened"),
                open=sum(track.open is not None for track in own),
                silent=sum(track.silent is not None for track in own),
                learned_anew=kinds.count("learned_anew"),
                helpful=judged.helpful,
                not_helpful=judged.not_helpful,
            )
        )
    shown = sorted(journal, key=lambda entry: -entry.at)
    return {
        "last_run": max((book.run for book in books), default=None),
        "entries": [_entry_json(entry) for entry in entries if watch in (None, entry.watch)],
        "journal": [dataclasses.asdict(entry) for entry in shown if watch in (None, entry.watch)],
    }


def _entry_json(entry: EntryStatus) -> dict[str, Any]:
    """Return an entry as --json prints it, under the names that scripts know."""
    names = {"notifies_from": "told_from"}
    return {names.get(name, name): value for name, value in dataclasses.asdict(entry).items()}


def _lines(found: dict[str, Any], *, every: bool) -> list[str]:
    if found["last_run"] is None:
        return ["it has not run yet"]
    rows = [("ENTRY", "MODE", "METRICS", "NOTIFIES FROM", f"IN {_DAYS} DAYS", "OPEN", "SILENT", "HELPFUL")]
    for entry in found["entries"]:
        judged = entry["helpful"] + entry["not_helpful"]
        share = f"{entry['helpful']} of {judged}" if judged else "-"
        counts = [str(entry[name]) for name in ("anomalies", "open", "silent")]
        rows.append((entry["watch"], entry["mode"], str(entry["metrics"]), f"{entry['told_from']:.4g}", *counts, share))
    lines = [f"last run {_time(found['last_run'])} UTC", *_table(rows)]
    shown = found["journal"] if every else found["journal"][:10]
    for entry in shown:
        mark = f"  {entry['fingerprint']}" if entry["fingerprint"] else ""
        score = f" {entry['score']:.4f}" if entry["score"] else ""
        of = f"{entry['metric']}  ({entry['watch']}, {entry['mode']})"
        lines += ["", f"{_time(entry['at'])}  {entry['kind']}{score}  {of}{mark}"]
        lines += [f"    {part}" for part in entry["text"].split("; ")]
    return lines


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
