"""`alertrelay anomaly`: judging the anomaly-scorer, before it may alert and after."""

from __future__ import annotations

import argparse

from cli.anomaly import report, status

COMMANDS = (report, status)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand and its own."""
    parser = subparsers.add_parser(
        "anomaly",
        help="judge the anomaly-scorer: what it found, or would find",
        description="Judge the anomaly-scorer.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add_parser(commands)
