"""`make structure`: prints the figures of the project's structure, each beside its goal."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from tools.structure.product import NoPackage, read
from tools.structure.report import as_text, figures
from tools.structure.trace import NoWorld
from tools.structure.walk import NoEntry

ROOT = Path(__file__).parents[2]
EVENT = "events/rds-cpu-critical-alarm.json"
ENTRIES = ("alertrelay.notify.announce.deliver_or_fall_back", "alertrelay.tell.tell")
"""Where the notification of one group begins; the first one that is there."""


def main(argv: list[str] | None = None) -> int:
    """Return 0, with --check 1 where a goal is missed, 2 where the tree cannot be measured."""
    args = _arguments(argv)
    event = None if args.no_trace else args.root / args.event
    try:
        found = figures(
            read(args.root), entries=args.entry or ENTRIES, stages=args.stages, channel=args.channel, event=event
        )
    except (NoPackage, NoEntry, NoWorld, SyntaxError, OSError) as error:
        print(f"structure: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps([dataclasses.asdict(figure) for figure in found], indent=2, ensure_ascii=False))
    else:
        print(as_text(found, details=args.details))
    missed = [figure for figure in found if figure.holds is False]
    if args.check and missed:
        for figure in missed:
            print(f"structure: {figure.name}: expected {figure.goal}, got {figure.now}", file=sys.stderr)
        return 1
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.structure", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal is missed, and list them")
    parser.add_argument("--json", action="store_true", help="a JSON array of the figures")
    parser.add_argument("--details", action="store_true", help="what stands behind each figure")
    parser.add_argument("--no-trace", action="store_true", help="run nothing: leave out the trace")
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree to measure (default: this one)")
    parser.add_argument("--entry", action="append", metavar="NAME", help="dotted name of where a notification begins")
    parser.add_argument("--stages", default="notify", metavar="ROOM", help="the room of pipeline.py (default: notify)")
    parser.add_argument("--channel", default="webhook", metavar="KIND", help="the channel to look for (webhook)")
    parser.add_argument("--event", default=EVENT, metavar="FILE", help=f"the alarm to trace ({EVENT})")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
