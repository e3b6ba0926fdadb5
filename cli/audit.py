"""`alertrelay audit`: how the alarms of an environment were received, and what would make the noisy ones quieter."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from alertrelay.values.text import how_many

from cli.files import unreadable
from cli.log_source import EARLIER, TO_THE_MINUTE, LogHistory, NoHistory, add_source, history_of, said

if TYPE_CHECKING:
    from alertrelay.config.alarm_file import AlarmFile, Tunable
    from alertrelay.dispatch.audit.weekly.report import PointsOf

_DESCRIPTION = """\
Show, alarm by alarm, how often it fired, resolved by itself within five minutes, was acknowledged, silenced, ignored
and judged not helpful. An alarm of which more than half were ignored is noisy: its metric's points say which threshold
would have quietened it without losing an alert that people acted on, as a diff of the environment's file.

Where nobody acknowledges anything, noisy is an alarm of which more than half resolved by themselves within five
minutes. Further: alarms that flap, the share of fallbacks, the time to the channel, runbooks whose address is dead, and
thresholds that nobody reviewed for a quarter. The auditor sends the same each week: `audit: {report: RECEIVER}`.
"""
_EPILOG = """\
examples:
  alertrelay audit --env prod
  alertrelay audit --env prod --since 7d --json
  alertrelay audit --env prod --diff | git apply
  alertrelay audit --env prod --logs month.log --series points/    # points/ALARM.csv: timestamp,value

exit code: 0 shown, 1 an alarm is noisy, 2 usage, or the log cannot be read
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "audit",
        help="show how alarms were received, and how noisy ones become quieter",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_source(parser, since="28d", of_environment=True)
    parser.add_argument("--series", metavar="DIR", type=Path, help="the points of metrics: ALARM.csv (timestamp,value)")
    parser.add_argument("--no-links", action="store_true", help="do not try the addresses of runbooks")
    parser.add_argument("--json", dest="output", action="store_const", const="json", help="one JSON object")
    parser.add_argument("--diff", dest="output", action="store_const", const="diff", help="the diff alone")
    parser.set_defaults(run=run, output="text")


def run(args: argparse.Namespace) -> int:
    """Prints the audit; the exit code of the help."""
    from alertrelay.dispatch.audit.weekly.report import audit
    from alertrelay.dispatch.audit.weekly.text import plain

    from cli.output import dumped

    try:
        file = _file(args)
        history = history_of(args)
        until = _until(args, history)
        points = _from_files(args.series) if args.series else _from_cloudwatch(history, until)
        links = _no_links if args.no_links or args.logs else _tried
        found = audit(args.env, history.read, file, points, links, since=history.since, until=until)
        strangers = _strangers(args, history, file)
        found = replace(found, doubts=(*strangers, *found.doubts))
    except NoHistory as error:
        said("audit", [str(error)])
        return 2
    if args.output == "json":
        print(dumped(found.as_json(), "json"))
    elif args.output == "diff":
        said("audit", strangers)
        print(found.diff, end="")
        if not found.diff:
            said(
                "audit", [f"{one.tally.name}: no change: {one.why_not}" for one in found.noisy] or ["no alarm is noisy"]
            )
    else:
        print(plain(found), end="")
    return int(bool(found.noisy))


def _until(args: argparse.Namespace, history: LogHistory) -> datetime:
    """Returns the time to which the log goes. Raises NoHistory where it was asked for from a later one on."""
    until = (history.read.last if args.logs else None) or datetime.now(UTC)
    if history.since > until:
        asked = f"--since {history.since:{TO_THE_MINUTE}}"
        raise NoHistory(f"{asked}: the log ends at {until:{TO_THE_MINUTE}}: {EARLIER}")
    return until


def _file(args: argparse.Namespace) -> AlarmFile:
    """Returns the environment's file. Raises NoHistory where it has errors."""
    from compiler.alarms.tuning import alarm_file
    from compiler.load import load

    loaded = load(args.config_dir, args.env)
    if loaded.environment is None:
        raise NoHistory("\n".join(map(str, loaded.errors)))
    path = Path(args.config_dir) / "environments" / f"{args.env}.yml"
    return alarm_file(loaded.environment, _patched_name(path), path.read_text(encoding="utf-8"))


def _patched_name(path: Path) -> str:
    """Returns the name of a file as `git apply` finds it: from the working folder, else from the top of the repository
    that the file is in, else of its configuration's folder."""
    real, here = path.resolve(), Path.cwd().resolve()
    tops = [here, *(one for one in real.parents if (one / ".git").exists()), real.parents[2]]
    return real.relative_to(next(one for one in tops if real.is_relative_to(one))).as_posix()


def _strangers(args: argparse.Namespace, history: LogHistory, file: AlarmFile) -> list[str]:
    """Returns sentences about the alarms in files of log lines that another environment of the configuration plans."""
    named = {one.named for one in history.read.decisions if one.named != one.alert}
    left = named - file.alarms.keys()
    if not args.logs or not left:
        return []
    of_others = {other: sorted(left & _planned(args.config_dir, other)) for other in _others(args)}
    found = [
        f"{how_many(len(own), 'alarm')} of the log {'is' if len(own) == 1 else 'are'} of {other}, not of {args.env} "
        f"({', '.join(own[:3])}{' …' if own[3:] else ''}): --env {other} audits that log"
        for other, own in of_others.items()
        if own
    ]
    if not found and file.alarms and left == named:
        found = [f"no alarm of the log is in {file.name}: is it the log of another environment?"]
    return found


def _others(args: argparse.Namespace) -> list[str]:
    from compiler.config_files import environments

    return [name for name in environments(args.config_dir) if name != args.env]


def _planned(folder: Path, environment: str) -> set[str]:
    """Returns the names of an environment's alarms, none where its file has errors."""
    from compiler.alarms.plan import alarm_stacks
    from compiler.config_files import read_environment

    found, _ = read_environment(folder, environment)
    plans = alarm_stacks(found) if found else {}
    metric = {alarm.name for plan in plans.values() for alarm in plan.alarms}
    return metric | {parent.name for plan in plans.values() for parent in plan.parents}


def _from_files(folder: Path) -> PointsOf:
    """Returns what reads a metric's points from a folder. Raises NoHistory where there is none."""
    from alertrelay.dispatch.audit.weekly.report import NoPoints

    if not folder.is_dir():
        raise NoHistory(
            f"--series {folder}: expected a folder with ALARM.csv for each alarm; there is none of that name"
        )

    def points(one: Tunable) -> Mapping[datetime, float] | None:
        path = folder / f"{one.alarm}.csv"
        if not path.is_file():
            raise NoPoints(f"{path} is not there, which would have its metric's points")
        try:
            return _points(path)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise NoHistory(unreadable(error, path)) from None

    return points


def _points(path: Path) -> dict[datetime, float]:
    """Returns the points of a CSV. Raises NoHistory with the line that is none, what open and csv raise."""
    found = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"timestamp", "value"} <= set(names := rows.fieldnames or ()):
            raise NoHistory(f"{path}:1: expected the columns timestamp,value, got {','.join(names)!r}: name them there")
        for row in rows:
            at, value = row["timestamp"], row["value"]
            try:
                found[_at(at)] = float(value)
            except (TypeError, ValueError):
                raise NoHistory(
                    f"{path}:{rows.line_num}: expected a time and a number, as in 2026-11-20T03:05:00Z,81.5, got "
                    f"{at},{value}: mend the row, or strike it out"
                ) from None
    return found


def _at(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _from_cloudwatch(history: LogHistory, until: datetime) -> PointsOf:
    """Returns what asks CloudWatch. Its answer raises NoPoints where only files are read."""
    from alertrelay.dispatch.audit.weekly.report import NoPoints

    def points(one: Tunable) -> Mapping[datetime, float] | None:
        from alertrelay.aws.metric_points import points_of

        client = history.client
        if client is None:
            raise NoPoints("with --logs its metric's points are read from files: --series DIR has ALARM.csv")
        since = min(history.since, until - timedelta(seconds=one.period))
        return points_of(lambda: client("cloudwatch"), one.queries, one.period, since=since, until=until)

    return points


def _tried(urls: Sequence[str]) -> Mapping[str, str]:
    from alertrelay.channels.transport.links import dead_links
    from alertrelay.runtime.container import SystemClock

    return dead_links(urls, SystemClock())


def _no_links(_: Sequence[str]) -> Mapping[str, str]:
    return {}
