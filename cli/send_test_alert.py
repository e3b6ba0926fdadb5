"""`alertrelay send-test`: a marked alert and its end through a deployed environment, and who was notified."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence

from cli.config_dir import add_config_dir
from cli.duration import seconds
from cli.rehearsal import NotSent, Rehearsal, Result

_DESCRIPTION = """\
Publish a test alert to the deployed topic, wait until the relay has recorded who was notified, then publish its
resolve and wait again. Every message says that it is a TEST.

Without --receiver it is a warning, for the receivers of warnings. With --receiver its labels are chosen so that the
route tree sends it there, and to as few others as possible; the others are listed first. A receiver of PagerDuty
really pages.

Needs the credentials of a person (AWS_PROFILE): docs/deploy.md lists the permissions.
"""
_EPILOG = """\
examples:
  alertrelay send-test --env dev
  alertrelay send-test --env prod --receiver pagerduty-oncall
  alertrelay send-test --env prod --receiver slack-database --label category=cache --json

exit code: 0 every integration accepted the alert and its resolve, 1 one did not in time (or only a fallback did),
2 usage, or AWS did not answer
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "send-test",
        help="send a marked test alert through a deployed environment",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", required=True, help="an environment of the configuration")
    parser.add_argument("--receiver", metavar="NAME", help="a receiver of alertmanager.yml")
    parser.add_argument(
        "--label", metavar="NAME=VALUE", action="append", default=[], help="a label of the alert; may be repeated"
    )
    parser.add_argument("--wait", metavar="2m", type=seconds, help="the longest wait for the alert and its resolve")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Sends, waits, prints; the exit code of the help."""
    from alertrelay.runtime.container import SystemClock

    from cli import cloud
    from compiler.load import load

    loaded = load(args.config_dir, args.env)
    if loaded.config is None or loaded.environment is None:
        for finding in loaded.errors:
            print(finding, file=sys.stderr)
        return 2
    try:
        rehearsal = Rehearsal.planned(
            loaded.config,
            cloud.clients(loaded.environment.region),
            SystemClock(),
            receiver=args.receiver,
            labels=_labels(args.label),
            say=(lambda _: None) if args.json else print,
        )
        results = rehearsal.go(wait=args.wait)
    except (NotSent, cloud.CloudUnreadable) as error:
        print(f"alertrelay send-test: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(rehearsal.as_json(results), indent=2))
    return exit_code(results)


def exit_code(results: Iterable[Result]) -> int:
    """0 only where every integration took the alert itself, and its end."""
    return int(not all(result.seen == "delivered" and result.ended for result in results))


def _labels(words: Sequence[str]) -> dict[str, str]:
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise NotSent(f"--label {word}: NAME=VALUE was expected")
        found[name] = value
    return found
