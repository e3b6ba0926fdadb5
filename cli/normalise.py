"""`alertrelay normalise`: what a payload becomes, before any routing."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alertrelay.sources import Parsed, parse, unwrap

from cli.files import unreadable
from cli.output import FORMS, dumped
from local.alert_json import alert_json

_DESCRIPTION = """\
Show the alerts that a payload becomes: one JSON line for each file, in the order of the arguments, keys sorted.

A file holds what Lambda receives (SNS or SQS), an SNS envelope, or the bare message: a CloudWatch alarm, an
Alertmanager webhook, plain text, anything. It becomes at least one alert; `source` names the parser that accepted it,
and `raw` means that none did; `problem` then gives the reason. docs/sources.md explains the mapping of each field.
"""
_EPILOG = """\
examples:
  alertrelay normalise events/rds-cpu-critical-alarm.json
  alertrelay normalise events/*.json | jq -r '[.file, .source, .alerts[0].labels.alertname] | @tsv'
  pbpaste | alertrelay normalise -o table -          what would this message become?

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
    parser.add_argument(
        "-o",
        "--output",
        choices=FORMS,
        default="json",
        help="json: a line for each file (the default); yaml: a document for each file; table: the same for people",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints a line a readable file; 2 where any could not be read."""
    code = 0
    for name in args.files:
        try:
            content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            print(f"alertrelay normalise: {unreadable(error, name)}", file=sys.stderr)
            code = 2
            continue
        line = line_of(name, content, received_at=datetime.now(UTC))
        if args.output == "table":
            print("\n".join(_readable(line)), flush=True)
        elif args.output == "yaml":
            print(f"---\n{dumped(line, 'yaml')}", flush=True)
        else:
            print(json.dumps(line, sort_keys=True), flush=True)
    return code


def line_of(name: str, content: bytes, *, received_at: datetime) -> dict[str, Any]:
    """Returns the printed line of one file: the alerts of all its records, the source of the first that a parser
    knew."""
    parsed = [parse(envelope, received_at=received_at) for envelope in unwrap(content)]
    problems = list(dict.fromkeys(each.problem for each in parsed if each.problem))
    return {
        "file": name,
        "source": _source(parsed),
        **({"problem": "; ".join(problems)} if problems else {}),
        "alerts": [alert_json(alert) for each in parsed for alert in each.alerts],
    }


def _readable(line: dict[str, Any]) -> list[str]:
    """Return what a file becomes as lines: its source, and of each alert what decides who is notified."""
    from cli.table import aligned

    why = f", because {line['problem']}" if "problem" in line else ""
    lines = aligned([[f"{line['file']}: {line['source']}{why}"]])
    for alert in line["alerts"]:
        labels = sorted(alert["labels"].items())
        rows = [
            ["status", f"{alert['status']} ({alert['kind']})"],
            *([f"label {name}", value] for name, value in labels),
        ]
        rows += [[name, value] for name, value in sorted(alert["annotations"].items())]
        rows += [[name, alert[name]] for name in ("starts_at", "ends_at", "generator_url") if alert[name]]
        lines += ["", *(f"  {one}" for one in aligned(rows))]
    return [*lines, ""]


def _source(parsed: list[Parsed]) -> str:
    return next((each.source for each in parsed if each.source != "raw"), "raw")
