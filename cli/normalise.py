"""`alertrelay normalise`: what a payload becomes, before any routing."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alertrelay.sources import Parsed, parse, unwrap

from local.alert_json import alert_json

_DESCRIPTION = """\
Show the alerts that a payload becomes: one JSON line a file, in the order of the arguments, keys sorted.

A file holds what Lambda receives (SNS or SQS), an SNS envelope, or the bare message: a CloudWatch alarm, an
Alertmanager webhook, plain text, anything. Whatever it is, it becomes at least one alert; `source` says who took it,
and `raw` means that no parser knew it. What a field becomes is told in docs/sources.md.
"""
_EPILOG = """\
examples:
  alertrelay normalise events/rds-cpu-critical-alarm.json
  alertrelay normalise events/*.json | jq -r '[.file, .source, .alerts[0].labels.alertname] | @tsv'
  pbpaste | alertrelay normalise -          what would this message become?

exit code: 0, or 2 when a file could not be read (the others are still shown)
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "normalise",
        help="show the alerts that payloads become",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="a payload; - is stdin")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints a line a readable file; 2 where any could not be read."""
    code = 0
    for name in args.files:
        try:
            content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            print(f"alertrelay normalise: cannot read {name}: {why}", file=sys.stderr)
            code = 2
            continue
        print(json.dumps(line_of(name, content, received_at=datetime.now(UTC)), sort_keys=True), flush=True)
    return code


def line_of(name: str, content: bytes, *, received_at: datetime) -> dict[str, Any]:
    """What is printed of one file: the alerts of all its records, the source of the first that a parser knew."""
    parsed = [parse(envelope, received_at=received_at) for envelope in unwrap(content)]
    return {
        "file": name,
        "source": _source(parsed),
        "alerts": [alert_json(alert) for each in parsed for alert in each.alerts],
    }


def _source(parsed: list[Parsed]) -> str:
    return next((each.source for each in parsed if each.source != "raw"), "raw")
