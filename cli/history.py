"""`alertrelay history`: every decision about an alert, with its reason, from the logs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cli.log_source import NoHistory, add_source, history_of, said
from cli.output import add_output, dumped
from cli.table import aligned

if TYPE_CHECKING:
    from alertrelay.nflog.history.decision import LoggedDecision

_DESCRIPTION = """\
List what was decided about alerts, each with its named reason: notified, merged, fell back, failed, suppressed,
dead-lettered, joined (it waits for its group's flush); and what people did: acknowledged, silenced, judged.

The log lines of the functions are the history: nothing else is written. They are read from a file, or from the log
groups of a deployed environment by CloudWatch Logs Insights ($0.005 for each GB searched).
"""
_EPILOG = """\
examples:
  alertrelay history --env prod --since 24h --alert RDSHighCPU
  alertrelay history --env prod --since 7d --outcome suppressed --outcome failed
  alertrelay history --logs ~/.alertrelay/alertrelay.log --receiver oncall --json

exit code: 0 something was found, 1 nothing was, 2 usage, or the log cannot be read
"""
WORDS = (
    "joined", "notified", "merged", "fell back", "failed", "dead-lettered", "suppressed", "acknowledged",
    "unacknowledged", "escalated", "silenced", "silence expired", "judged", "deployed", "differs",
)  # fmt: skip


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "history",
        help="list what was decided about alerts, and why",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_source(parser, since="24h")
    parser.add_argument("--alert", metavar="NAME", help="an alertname, an alarm's name, or a fingerprint")
    parser.add_argument("--receiver", metavar="NAME", help="only what this receiver was sent, or not")
    parser.add_argument(
        "--outcome", metavar="WORD", choices=WORDS, action="append", help=f"{', '.join(WORDS)}; may be repeated"
    )
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Lists; the exit code of the help."""
    try:
        history = history_of(args)
    except NoHistory as error:
        said("history", [str(error)])
        return 2
    found = chosen(history.read.decisions, args.alert, args.receiver, args.outcome)
    if args.output == "table":
        print("\n".join(_table(found)) if found else "no decision is in the log")
    else:
        shown = {"decisions": [one.as_json() for one in found], "doubts": history.doubts}
        print(dumped(shown, args.output))
    said("history", history.doubts)
    return int(not found)


def chosen(
    decisions: Sequence[LoggedDecision], alert: str | None, receiver: str | None, outcomes: Sequence[str] | None
) -> list[LoggedDecision]:
    """Returns the decisions that were asked for."""
    return [
        one
        for one in decisions
        if (alert is None or alert in (one.alert, one.named, one.fingerprint, one.state_key, *_silenced(one)))
        and (receiver is None or receiver == one.receiver)
        and (not outcomes or one.what in outcomes)
    ]


def _silenced(one: LoggedDecision) -> Sequence[str]:
    from alertrelay.nflog.history.decision import silenced_alerts

    return silenced_alerts(one.matchers)


def _table(found: Sequence[LoggedDecision]) -> list[str]:
    rows = [("UTC", "ALERT", "STATUS", "WHAT", "WHERE, BY WHOM", "WHY")]
    for one in found:
        place = "/".join(part for part in (one.receiver, one.channel) if part)
        where = ", ".join(part for part in (place, one.by) if part)
        at = f"{one.at:%Y-%m-%d %H:%M:%S}"
        rows.append((at, one.named or "-", one.status or "-", one.what, where or "-", one.explained))
    return aligned(rows)
