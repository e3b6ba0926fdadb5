"""`alertrelay simulate`: what a configuration would send, and when, over a timeline of alerts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cli.config_dir import add_config_dir, delivery_beside
from cli.duration import seconds, time
from cli.output import FORMS, dumped
from cli.table import aligned
from compiler.reading.duration import spell_duration

_OF_DELIVERY = frozenset({"critical-only"})
"""Infos that explain why somebody is not notified here."""
START = "2026-01-01T00:00:00Z"

_DESCRIPTION = """\
Play a timeline of alerts, silences and failing receivers against a configuration, on a clock that jumps from one event
to the next: hours take seconds. Prints a JSON line for each attempt to notify an integration, in order of time.

An Alertmanager file is accepted even with secrets or with kinds of receivers that alertrelay does not serve: nothing is
sent, and no secret is read. It is refused where `check` finds a template at fault (bad-template).
--compatible simulates Alertmanager itself, for comparison.
"""
_EPILOG = """\
examples:
  alertrelay simulate --timeline incident.json --until 1h -o table
  alertrelay simulate --timeline incident.json --until 3600 --explain | jq -c 'select(.suppressed)'
  alertrelay simulate --config /etc/alertmanager/alertmanager.yml --timeline incident.json --until 7200 --compatible

a timeline is a list of [seconds, what]:
  [[0, [{"labels": {"alertname": "ServiceDown", "service": "orders"}}]],
   [10, {"silence": {"name": "work", "matchers": [{"name": "service", "value": "orders"}], "startsAt": 10, "endsAt": 900}}],
   [60, {"sink": {"pagerduty-oncall": 503}}], [90, {"expire": "work"}], [120, {"reload": "route: …"}]]

exit code: 0 shown, 1 the configuration has errors, 2 usage or a file could not be read (see docs/try-it-locally.md)
"""  # noqa: E501 - an example is one line


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "simulate",
        help="show what a configuration would send over a timeline of alerts",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help="an Alertmanager file (default: alertmanager.yml of the folder)"
    )
    parser.add_argument(
        "--delivery",
        metavar="FILE",
        type=Path,
        help="fallbacks, the last resort (default: delivery.yml beside the Alertmanager file, if there is one)",
    )
    parser.add_argument("--timeline", metavar="FILE", type=Path, required=True, help="what happens, as JSON")
    parser.add_argument("--until", metavar="1h30m", type=seconds, required=True, help="how long to go on")
    parser.add_argument(
        "-o",
        "--output",
        choices=FORMS,
        default="json",
        help="json: a line for each attempt (the default); yaml: a list; table: the same for people",
    )
    parser.add_argument("--start", metavar="TIME", type=time, default=START, help=f"RFC 3339, default {START}")
    parser.add_argument(
        "--compatible",
        metavar="RELEASE",
        nargs="?",
        const="0.33",
        choices=("0.25", "0.28", "0.33", "0.35"),
        help="as this release of Alertmanager: 0.33 (the default), 0.25, 0.28 or, unverified, 0.35",
    )
    parser.add_argument("--explain", action="store_true", help="also show suppressed alerts, and why")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the lines; the exit code of the help."""
    from compiler.config_files import ALERTMANAGER
    from compiler.load import try_out
    from compiler.reading.finding import merged
    from local.simulation.run import Options, SimulatedRun
    from local.simulation.timeline import TimelineError, read_timeline

    config = args.config or args.config_dir / ALERTMANAGER
    delivery = args.delivery or (None if args.compatible else delivery_beside(config))
    options = Options(
        start=args.start,
        until=args.until,
        compatible=args.compatible,
        explain=args.explain,
        delivery=delivery,
        warn=lambda text: print(text, file=sys.stderr),
    )
    if args.compatible == "0.35":
        options.warn("alertrelay simulate: 0.35 is unverified (docs/try-it-locally.md): no program of it was run")
    loaded = try_out(config, delivery=delivery, release=options.release)
    for finding in merged(one for one in loaded.findings if one.severity != "info" or one.code in _OF_DELIVERY):
        options.warn(str(finding))
    if loaded.config is None:
        return 2 if any(error.code == "unreadable" for error in loaded.errors) else 1
    try:
        entries = read_timeline(args.timeline, args.start)
    except TimelineError as error:
        options.warn(f"alertrelay simulate: {error}")
        return 2
    lines = SimulatedRun(loaded.config, options, last_resort=loaded.last_resort is not None).lines(entries)
    if args.output == "yaml":
        print(dumped([json.loads(line) for line in lines], "yaml"))
        return 0
    print("\n".join(aligned(_rows(lines)) if args.output == "table" else lines), end="\n" if lines else "")
    return 0


def _rows(lines: Sequence[str]) -> list[list[str]]:
    """Return the table of the lines: what was sent to whom, and with --explain what was not."""
    rows = [["AT", "RECEIVER", "STATUS", "ALERTS", "REASON", "ANSWER"]]
    for line in map(json.loads, lines):
        alerts = line["alerts"] if "alerts" in line else [line["suppressed"]]
        names = dict.fromkeys(alert["labels"].get("alertname", "?") for alert in alerts)
        status = line.get("status", "not sent")
        answer = f"{line['code']}, try {line['attempts']}" if "code" in line else line.get("detail", "")
        if line.get("fallback_for"):
            answer += f", instead of {line['fallback_for']}"
        at = spell_duration(round(line["t"]))
        rows.append([at, line["receiver"], status, f"{len(alerts)}: {', '.join(names)}", line["reason"], answer])
    return rows
