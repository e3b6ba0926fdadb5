"""`alertrelay replay`: events through the very stack that would be deployed, on this machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from alertrelay.channels import KINDS

from cli.config_dir import add_config_dir
from cli.exit_code import CRASHED
from cli.files import overwriting, unreadable, unwritable

if TYPE_CHECKING:
    from local.stack.day import DayRun
    from local.stack.history import Day

_DESCRIPTION = """\
Send events through the stack that `cdk deploy` would create, on this machine: the synthesised template is deployed to
an emulated AWS on loopback, its own functions run with their own environment, and PagerDuty, Slack and the mail server
are stand-ins. Shows each notification: time, receiver, channel, and reason. Nothing leaves this machine.

A file holds what Lambda receives, an SNS envelope, or the bare message. The clock starts at the first file's own time
and jumps, without waiting; after the last file it runs on until nothing is due. Files are played in the order of their
own times; one without a time stays behind the file that it was named after.

A file ENTRY.csv holds a metric (timestamp,value) that the entry of that name in config/anomaly.yml watches: its last
six hours are played, and the anomaly-scorer runs as each point arrives, with everything before as history.
"""
_EPILOG = """\
examples:
  alertrelay replay events/rds-cpu-critical-alarm.json events/rds-cpu-critical-ok.json
  alertrelay replay events/rds-cpu-critical-alarm.json --down pagerduty
  alertrelay replay events/rds-cpu-critical-alarm.json --down slack=timeout --down email-oncall=refused
  alertrelay replay orders-placed.csv --mode orders-placed=alert
  alertrelay replay events/*.json --json | jq -r '.events[] | .file, (.deliveries[] | .outcome + " " + .receiver)'

exit code: 0 nothing is lost, 1 an alert was neither delivered nor queued, 2 usage or an unreadable file, 3 the stack on
this machine crashed, which proves nothing about the alerts
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "replay",
        help="send events through the whole stack on this machine",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_input(parser)
    _add_stack(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the timeline")
    parser.add_argument("--logs", metavar="FILE", type=Path, help="write what the functions logged to this file")
    parser.add_argument(
        "--keep", metavar="DIR", type=Path, help="keep the end of the day here, for `alertrelay serve --day DIR`"
    )
    parser.set_defaults(run=run)


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="an event, or a metric (ENTRY.csv); - is stdin")
    parser.add_argument(
        "--down",
        metavar="PLACE[=FAULT]",
        action="append",
        default=[],
        help=f"a channel ({', '.join(KINDS)}) or a receiver that fails: 503 (the default) or another status, timeout, "
        "refused, reset; may be repeated",
    )
    parser.add_argument("--topic", metavar="NAME", help="publish every file to this topic, e.g. critical")


def _add_stack(parser: argparse.ArgumentParser) -> None:
    add_config_dir(parser)
    parser.add_argument(
        "--env", metavar="NAME", default="prod", help="an environment of the configuration (default: prod)"
    )
    parser.add_argument(
        "--template",
        metavar="FILE",
        type=Path,
        help="a synthesised template of your own app with a RelayStack in it, in its cdk.out; --env is not read then",
    )
    parser.add_argument(
        "--engine",
        choices=("manual", "rie"),
        default="manual",
        help="rie: the functions run in AWS's Runtime Interface Emulator with the layer as built for deployment; the "
        "clock is real, and what is due within 60 s is awaited (needs `make rie`)",
    )
    parser.add_argument(
        "--mode",
        metavar="ENTRY=MODE",
        action="append",
        default=[],
        help="as if config/anomaly.yml gave the entry this mode: shadow, assist, alert, adaptive; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Prints the timeline, or the JSON; the exit code of the help."""
    from local import timeline
    from local.stack.day_input import UsageError
    from local.stack.rie_container import RuntimeFault

    if fault := overwriting(args.logs, args.files):
        print(f"alertrelay replay: {fault}", file=sys.stderr)
        return 2
    files, code = _read(args.files)
    if not files:
        return 2
    unread = len(args.files) - len(files)
    try:
        day = _lived(files, args)
    except UsageError as error:
        print(f"alertrelay replay: {error}", file=sys.stderr)
        return 2
    except RuntimeFault as error:
        print(f"alertrelay replay: --engine rie crashed, which proves nothing: {error}", file=sys.stderr)
        return CRASHED
    if args.logs:
        code = max(code, _write_logs(args.logs, day.logs))
    if args.json:
        print(json.dumps(timeline.as_json(day), indent=2))
    else:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        for line in timeline.as_text(day, colour=colour, unread=unread):
            print(line)
    for problem in day.unpublished:
        print(f"alertrelay replay: {problem}", file=sys.stderr)
        code = 2
    return code or int(bool(day.lost))


def _write_logs(path: Path, logs: str) -> int:
    """Writes what the functions logged. What the replay found is shown even where that fails, with exit code 2."""
    try:
        path.write_text(logs, encoding="utf-8")
    except (OSError, ValueError) as error:
        print(f"alertrelay replay: {unwritable(error, path)}", file=sys.stderr)
        return 2
    return 0


def _lived(files: list[tuple[str, bytes]], args: argparse.Namespace) -> Day:
    """By the engine that was asked for. Raises UsageError, RuntimeFault."""
    from local.serve.day import NoDay, check_free
    from local.stack.day import live
    from local.stack.day_input import UsageError

    if args.keep:
        try:
            check_free(args.keep)
        except NoDay as error:
            raise UsageError(f"--keep {error}") from None
    if args.engine == "rie" and args.keep:
        raise UsageError("--keep needs the manual clock; leave out --engine rie")
    if args.engine != "rie":
        return live(
            files,
            keep=partial(_keep, args.keep) if args.keep else None,
            config=args.config_dir,
            environment=args.env,
            down=args.down,
            topic=args.topic,
            modes=args.mode,
            template=args.template,
        )
    return _lived_in_the_runtime(files, args)


def _lived_in_the_runtime(files: list[tuple[str, bytes]], args: argparse.Namespace) -> Day:
    """In Lambda's own runtime. Raises UsageError, RuntimeFault."""
    from local.stack.day import live
    from local.stack.day_input import UsageError
    from local.stack.rie import RieStack
    from local.stack.rie_container import RieMissing, kit

    for name, _ in files:
        if name.endswith(".csv"):
            raise UsageError(f"{name}: a metric needs the manual clock; leave out --engine rie")
    for word in args.down:
        if word.partition("=")[0] not in KINDS:
            raise UsageError(f"--down {word}: with --engine rie a whole channel fails: {', '.join(KINDS)}")
    try:
        arch = kit().arch
        return live(
            files,
            config=args.config_dir,
            environment=args.env,
            down=args.down,
            topic=args.topic,
            engine=RieStack,
            arch=arch,
            template=args.template,
        )
    except RieMissing as error:
        raise UsageError(f"--engine rie: {error}") from None


def _keep(folder: Path, run: DayRun, day: Day) -> None:
    """Raises UsageError."""
    from local.stack.day_input import UsageError
    from local.stack.kept_day import keep

    try:
        keep(run, day, folder)
    except OSError as error:
        raise UsageError(f"--keep: {unwritable(error, folder)}") from None


def _read(names: list[str]) -> tuple[list[tuple[str, bytes]], int]:
    found, code = [], 0
    for name in names:
        try:
            found.append((name, sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()))
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            print(f"alertrelay replay: {unreadable(error, name)}", file=sys.stderr)
            code = 2
    return found, code
