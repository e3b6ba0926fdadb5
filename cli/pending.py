"""`alertrelay pending`: what a deployed environment has not yet delivered, where, since when, and its next try."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alertrelay.values.text import how_many

from cli.config_dir import add_config_dir
from cli.on_table import on_table
from cli.output import add_output, dumped
from cli.table import aligned

if TYPE_CHECKING:
    from datetime import datetime

    from alertrelay.groups.undelivered import PendingGroup
    from alertrelay.ports import Clock
    from alertrelay.state import Groups

    from cli.cloud import Client, DeployedStack

_DESCRIPTION = """\
List what a deployed environment has not yet delivered: groups whose channel fails, with the tries so far and the next
one; alerts that wait for the next flush of their group; recipients of a mail who are owed it; and how many messages lie
in the dead-letter queues, which nothing but `alertrelay redrive` sends again.
"""
_EPILOG = """\
examples:
  alertrelay pending --env prod
  alertrelay pending --env prod -o json

exit code: 0 nothing is pending but what waits for its flush, 1 a channel fails or there are dead letters, 2 usage, or
AWS did not answer
"""
_SHOWN = 4


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "pending",
        help="list what is not yet delivered",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", required=True, help="an environment of the configuration")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Lists; the exit code of the help."""
    return on_table(
        "pending",
        args,
        lambda table: show(args.output, table.store, table.clock, dead_letters(table.deployed, table.client)),
    )


def dead_letters(deployed: DeployedStack, client: Client) -> dict[str, int | str]:
    """Return about how many messages each dead-letter queue holds, those that are empty left out; in place of a number
    why it is not known."""
    from cli import cloud
    from cli.recovery.queues import counted, queues_of

    found: dict[str, int | str] = {}
    for queue in queues_of(deployed):
        try:
            found[queue.name] = counted(queue, client)
        except cloud.CloudUnreadable as error:
            found[queue.name] = str(error)
    return {name: value for name, value in found.items() if value != 0}


def show(form: str, groups: Groups, clock: Clock, letters: Mapping[str, int | str]) -> int:
    """Prints the list; the exit code of the help. Raises StoreFailure."""
    from alertrelay.channels import KINDS
    from alertrelay.groups.undelivered import pending

    now = clock.now()
    found = sorted(pending(groups, KINDS, now=now), key=lambda one: (one.why, one.integration, one.since or now))
    if form == "table":
        print("\n".join(_lines(found, letters, now)))
    else:
        shown: dict[str, Any] = {"groups": [one.as_json() for one in found], "dead_letters": dict(letters)}
        print(dumped(shown, form))
    if any(isinstance(value, str) for value in letters.values()):
        return 2
    return int(bool(letters) or any(one.why != "waiting" for one in found))


def _lines(found: Sequence[PendingGroup], letters: Mapping[str, int | str], now: datetime) -> list[str]:
    lines = []
    if found:
        rows = [("INTEGRATION", "WHY", "SINCE", "NEXT TRY", "TRIES", "INSTEAD", "ALERTS")]
        for one in found:
            since = f"{one.since:%Y-%m-%d %H:%M} UTC" if one.since else "not known"
            instead = ", ".join(one.fallbacks) or "-"
            more = f" and {len(one.alerts) - _SHOWN} more" if len(one.alerts) > _SHOWN else ""
            alerts = ", ".join(one.alerts[:_SHOWN]) + more
            rows.append((one.integration, one.why, since, _next(one, now), str(one.tries), instead, alerts))
        lines += aligned(rows)
    for name, value in letters.items():
        lines.append(
            f"{name}: {how_many(value, 'dead letter')}" if isinstance(value, int) else f"{name}: not known: {value}"
        )
    return lines or ["nothing is pending"]


def _next(one: PendingGroup, now: datetime) -> str:
    if one.next_try is None:
        return "none: see the forwarder's log"
    if one.next_try <= now:
        return "now"
    return f"{one.next_try:%H:%M:%S} UTC"
