"""Reads history for a command: from files of log lines, or from the log groups of a deployed environment."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cli import duration
from cli.config_dir import add_config_dir
from cli.files import unreadable

if TYPE_CHECKING:
    from alertrelay.aws.log_query import LogQuery
    from alertrelay.nflog.history.log_lines import Read

    from cli.cloud import Client, DeployedStack
    from compiler.resources.environment import Environment

KEPT = timedelta(days=90)
"""As long as the logs of a forwarder are kept by default."""


EARLIER = "name an earlier time, or a duration such as 7d"
TO_THE_MINUTE = "%Y-%m-%d %H:%M UTC"


class NoHistory(Exception):
    """No log can be read. The text says which, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHistory:
    """What was read. `since` is from when on decisions were asked for; `environment`, with the `client` of its account,
    is None where files were read alone."""

    read: Read
    since: datetime
    environment: Environment | None = None
    client: Client | None = None
    deployed: DeployedStack | None = None

    @property
    def doubts(self) -> list[str]:
        """Returns what a reader has to know of the log, in words."""
        found = list(self.read.doubts)
        decisions = self.read.decisions
        if decisions and decisions[0].at - self.since > timedelta(days=1):
            found.append(f"asked from {self.since:%Y-%m-%d} on, and it begins at {decisions[0].at:%Y-%m-%d %H:%M} UTC")
        return found


def add_source(
    parser: argparse.ArgumentParser, *, since: str, of_environment: bool = False, beside: bool = False
) -> None:
    """Adds where the log is, and from when on it is read. `of_environment`: the files of an environment are read
    beside it; `beside`: they may be, and the command itself refuses where there is no source."""
    one_of = not (of_environment or beside)
    where = parser.add_mutually_exclusive_group(required=True) if one_of else parser
    where.add_argument(
        "--logs", metavar="FILE", action="append", help="a file of log lines, - for stdin; may be repeated"
    )
    what = "a deployed environment, whose logs CloudWatch Logs Insights is asked for"
    unless = "" if one_of else ", unless --logs has them"
    where.add_argument("--env", metavar="NAME", required=of_environment, help=what + unless)
    add_config_dir(parser)
    parser.add_argument(
        "--since",
        metavar="TIME",
        type=_since,
        help=f"a time (RFC 3339), or so long ago: 24h, 7d (default: {since}; all of a file, where it counts from the "
        "last line)",
    )
    parser.set_defaults(since_default=duration.seconds(since))


def _since(text: str) -> datetime | timedelta:
    with suppress(argparse.ArgumentTypeError):
        return timedelta(seconds=duration.seconds(text))
    try:
        return duration.time(text)
    except argparse.ArgumentTypeError:
        message = f"{text!r}: expected a duration (24h, 7d) or a time (2026-01-01T00:00:00Z)"
        raise argparse.ArgumentTypeError(message) from None


def history_of(args: argparse.Namespace, *, where: str = "") -> LogHistory:
    """Reads the log that the arguments name. `where` narrows what Insights is asked for. Raises NoHistory."""
    return _of_files(args) if args.logs else _of_environment(args, where)


def _of_files(args: argparse.Namespace) -> LogHistory:
    from alertrelay.nflog.history.log_lines import read_lines

    read = read_lines(line for name in args.logs for line in _lines_of(name))
    if not read.decisions and read.last:  # the functions' own lines: a time without alerts
        wanted = args.since or timedelta(seconds=args.since_default)
        return LogHistory(read=read, since=read.last - wanted if isinstance(wanted, timedelta) else wanted)
    if not read.decisions:
        doubts = "; ".join(read.doubts) or "it is empty"
        raise NoHistory(
            f"{', '.join(args.logs)}: found no decision about an alert ({doubts}): expected the JSON lines of a "
            "forwarder, as `alertrelay serve --data DIR` writes them to DIR/alertrelay.log, and `replay --logs FILE`"
        )
    last = read.decisions[-1].at
    since = last - args.since if isinstance(args.since, timedelta) else args.since
    if since is None:
        first = read.decisions[0]
        begins = first.starts_at if first.status else None  # a silence may start later than it was made
        return LogHistory(read=read, since=begins or first.at)
    return LogHistory(read=replace(read, decisions=tuple(d for d in read.decisions if d.at >= since)), since=since)


def _lines_of(name: str) -> Iterator[str]:
    if name == "-":
        yield from sys.stdin
        return
    try:
        with Path(name).open(encoding="utf-8", errors="replace") as file:
            yield from file
    except (OSError, ValueError) as error:
        raise NoHistory(unreadable(error, name)) from None


def _of_environment(args: argparse.Namespace, where: str) -> LogHistory:
    from alertrelay.aws.log_query import LogsUnread
    from alertrelay.nflog.history.log_lines import read_lines

    from cli import cloud
    from compiler.load import load

    loaded = load(args.config_dir, args.env)
    if loaded.environment is None:
        raise NoHistory("\n".join(map(str, loaded.errors)))
    until = datetime.now(UTC)
    wanted = args.since or timedelta(seconds=args.since_default)
    since = until - wanted if isinstance(wanted, timedelta) else wanted
    if since > until:
        raise NoHistory(f"--since {since:{TO_THE_MINUTE}} lies in the future: {EARLIER}")
    client = cloud.clients(loaded.environment.region)
    try:
        deployed = cloud.stack_of(args.env, client)
        if deployed is None:
            raise NoHistory(f"there is no stack alertrelay-{args.env} here: deploy it")
        query = log_query(client, log_groups(deployed, client))
        read = read_lines(query.lines(since, until, condition(where)))
    except (cloud.CloudUnreadable, LogsUnread) as error:
        raise NoHistory(str(error)) from None
    return LogHistory(read=read, since=since, environment=loaded.environment, client=client, deployed=deployed)


def condition(where: str = "") -> str:
    """Returns the condition of Insights for decisions, and for what `where` says of those that name an alert."""
    from alertrelay.nflog.history.decision import CONDITION

    return CONDITION + (f" and ({where} or not ispresent(fingerprint))" if where else "")


def quoted(text: str) -> str:
    """Returns a text as Insights' language takes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def log_query(client: Client, groups: Sequence[str]) -> LogQuery:
    """Returns what reads log groups; a second that is too full is named on stderr."""
    from alertrelay.aws.log_query import ROWS, LogQuery
    from alertrelay.runtime.container import SystemClock

    def crowded(at: datetime) -> None:
        print(
            f"alertrelay: {at:%Y-%m-%d %H:%M:%S} UTC has more than {ROWS:,} lines: the rest is left out",
            file=sys.stderr,
        )

    return LogQuery(client=lambda: client("logs"), groups=groups, clock=SystemClock(), crowded=crowded)


def log_groups(deployed: DeployedStack, client: Client) -> list[str]:
    """Returns the log groups of the functions that decide or are asked by people. Raises CloudUnreadable."""
    from cli.cloud import UNREADABLE
    from cli.cloud import unreadable as unread

    functions = {**deployed.named("Function"), "scorer": deployed.outputs.get("AnomalyFunction", "")}
    found = []
    for function in sorted(filter(None, functions.values())):
        try:
            answer = client("lambda").get_function_configuration(FunctionName=function)
        except UNREADABLE as error:
            raise unread(f"the function {function}", error) from None
        found.append(answer.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}")
    return found


def said(command: str, lines: Iterable[str]) -> None:
    """Prints what a reader has to know on stderr."""
    for line in lines:
        print(f"alertrelay {command}: {line}", file=sys.stderr)
