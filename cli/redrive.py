"""`alertrelay redrive`: what lies in the dead-letter queues of a deployed environment, and sending it again."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from alertrelay.values.text import how_many

from cli.config_dir import add_config_dir
from cli.table import aligned

if TYPE_CHECKING:
    from alertrelay.groups.dead_letters import DeadLetterQueue
    from alertrelay.ports import Clock

    from cli.cloud import Client
    from cli.recovery.queues import Handled, Redrive

PER_SECOND = 5.0
_DESCRIPTION = """\
Show what lies in the dead-letter queues of a deployed environment, and what --replay would do with each message:
alerts are sent again to their forwarder, by way of its own queue, and annotations to the companion; ticks and runs of
the anomaly-scorer are deleted, since the next one did their work; what another version wrote, or what no forwarder is
to get, is left, with the reason.

Messages that another redrive looks at are counted, and left to it; it holds them for ten minutes at most.
Replaying twice is harmless: a delivered update is not notified again. Old alerts that still fire are notified, so
begin with the dry run, and repair first what failed.
"""
_EPILOG = """\
examples:
  alertrelay redrive --env prod                                            # shows, changes nothing
  alertrelay redrive --env prod --queue slack-forwarder-failed --replay    # sends those of one queue again
  alertrelay redrive --env prod --replay --per-second 1 --json

exit code: 0 the queues are empty, or everything was sent or deleted, 1 messages are left, or held by another redrive
(without --replay: there are some), 2 usage, or AWS did not answer
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "redrive",
        help="show and send again what lies in the dead-letter queues",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", required=True, help="an environment of the configuration")
    parser.add_argument(
        "--queue",
        metavar="NAME",
        action="append",
        default=[],
        help="only queues whose name ends in NAME; may be repeated",
    )
    parser.add_argument("--replay", action="store_true", help="do it; without it nothing is changed")
    parser.add_argument(
        "--per-second", metavar="N", type=_rate, default=PER_SECOND, help=f"messages a second (default: {PER_SECOND:g})"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.set_defaults(run=run)


def _rate(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0.01 <= found <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r}: a number from 0.01 to 1000 was expected")
    return found


def run(args: argparse.Namespace) -> int:
    """Shows or replays; the exit code of the help."""
    from alertrelay.runtime.container import SystemClock

    from cli import cloud
    from compiler.load import load

    loaded = load(args.config_dir, args.env)
    if loaded.environment is None:
        for finding in loaded.errors:
            print(finding, file=sys.stderr)
        return 2
    try:
        return redrive(args, cloud.clients(loaded.environment.region), SystemClock())
    except cloud.CloudUnreadable as error:
        print(f"alertrelay redrive: {error}", file=sys.stderr)
        return 2


def redrive(args: argparse.Namespace, client: Client, clock: Clock) -> int:
    """Handles the queues of the environment, each on its own: one that cannot be read hides no other. Raises
    CloudUnreadable where the stack cannot be found."""
    from cli import cloud
    from cli.recovery.queues import Redrive, queues_of, report

    deployed = cloud.stack_of(args.env, client)
    if deployed is None:
        raise cloud.CloudUnreadable(f"there is no stack alertrelay-{args.env} here: deploy it, or set AWS_PROFILE")
    queues = queues_of(deployed, args.queue)
    if not queues:
        names = ", ".join(one.name for one in queues_of(deployed))
        raise cloud.CloudUnreadable(
            f"--queue {' '.join(args.queue)}: the end of a queue's name was expected; there are: {names}"
        )
    functions = deployed.forwarders
    work = Redrive(client=client, clock=clock, functions=functions, replay=args.replay, per_second=args.per_second)
    handled, held, faults = _each(work, queues)
    if args.json:
        print(report(handled, held, faults, replay=args.replay))
    else:
        lines = [*_lines(handled, replay=args.replay), *_held_lines(held)]
        print("\n".join(lines or ["the dead-letter queues are empty"]))
    for fault in faults:
        print(f"alertrelay redrive: {fault}", file=sys.stderr)
    return 2 if faults else int(bool(held) or any(one.done not in ("sent", "deleted") for one in handled))


def _each(
    work: Redrive, queues: Sequence[DeadLetterQueue]
) -> tuple[Sequence[Handled], Mapping[str, int], Sequence[str]]:
    """Handles each queue. Returns what became of its messages, how many of which queue another reader holds, and what
    AWS did not answer: that something is held is not known where it may not be asked, and hinders nothing."""
    from cli.cloud import CloudUnreadable

    handled: list[Handled] = []
    held: dict[str, int] = {}
    faults: dict[str, None] = {}
    for queue in queues:
        try:
            held[queue.name] = work.held(queue)
        except CloudUnreadable as error:
            faults[str(error)] = None
        try:
            handled += work.go(queue)
        except CloudUnreadable as error:
            faults[str(error)] = None
    return handled, {name: number for name, number in held.items() if number}, tuple(faults)


def _held_lines(held: Mapping[str, int]) -> Iterator[str]:
    from alertrelay.aws.dead_letters import HELD_SECONDS

    for name, number in held.items():
        yield (
            f"{name}: about {how_many(number, 'message')} held by another redrive, or by what reads the queue: "
            f"visible again within {HELD_SECONDS // 60} minutes where it does not delete them"
        )


def _lines(handled: Sequence[Handled], *, replay: bool) -> list[str]:
    if not handled:
        return []
    rows = [("QUEUE", "SINCE", "DONE" if replay else "WITH --replay", "ALERTS", "WHY")]
    for one in handled:
        since = f"{one.letter.sent_at:%Y-%m-%d %H:%M} UTC"
        rows.append((one.queue, since, one.done, one.judged.about, one.fault or one.judged.why))
    counts = Counter(one.done for one in handled)
    return [*aligned(rows), "", ", ".join(f"{number} {done}" for done, number in counts.items())]
