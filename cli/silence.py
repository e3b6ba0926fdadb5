"""`alertrelay silence`: mute alerts for a time, list what is muted, end it; in a deployed environment."""

from __future__ import annotations

import argparse
import getpass
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cli.config_dir import add_config_dir
from cli.duration import seconds, time
from cli.on_table import on_table
from cli.output import add_output, dumped
from cli.table import aligned

if TYPE_CHECKING:
    from alertrelay.policy.silence import Silence
    from alertrelay.ports import Clock
    from alertrelay.state import Store

ALIASES: Mapping[str, tuple[str, ...]] = {"query": ("list",)}
_DESCRIPTION = """\
Silences mute alerts by their labels, for a time, with an author and a comment. They take effect at the next flush of a
group, and expire by themselves. Alerts that were notified before are still resolved. For weekly windows, write a time
interval in alertmanager.yml instead.
"""
_EPILOG = """\
examples:
  alertrelay silence add --env prod --duration 2h --comment "migration" service=orders
  alertrelay silence add --env prod --duration 4h --comment "longer" --id ID service=orders     # changes one
  alertrelay silence list --env prod service=orders
  alertrelay silence expire --env prod ID

exit code: 0 done, 1 refused (the text says why), 2 usage, or AWS did not answer
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand and its three actions."""
    parser = subparsers.add_parser(
        "silence",
        help="mute alerts for a time; list and expire silences",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    add = _action(actions, "add", "create a silence, or change one")
    add.add_argument("matchers", nargs="+", metavar="MATCHER", help='as service=orders, severity=~"warning|info"')
    add.add_argument("--comment", required=True, metavar="TEXT", help="why, for the person on call at 3 a.m.")
    add.add_argument("--author", default="", metavar="NAME", help="default: your user name")
    add.add_argument("--start", metavar="TIME", type=time, help="RFC 3339; default: now, or with --id its own")
    until = add.add_mutually_exclusive_group(required=True)
    until.add_argument("--duration", metavar="1h30m", type=seconds, help="how long, from its start")
    until.add_argument("--end", metavar="TIME", type=time, help="RFC 3339")
    add.add_argument("--id", default="", metavar="ID", help="change this one; other matchers make it a new one")
    query = _action(actions, "query", "list silences")
    query.add_argument(
        "labels", nargs="*", metavar="NAME=VALUE", help="only those that mute an alert with these labels"
    )
    query.add_argument("--expired", action="store_true", help="also those that expired within five days")
    expire = _action(actions, "expire", "expire silences now")
    expire.add_argument("ids", nargs="+", metavar="ID")


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=text, aliases=ALIASES.get(name, ()))
    add_config_dir(parser)
    parser.add_argument("--env", required=True, metavar="NAME", help="an environment of the configuration")
    add_output(parser)
    parser.set_defaults(run=lambda args: run(args, ACTIONS[name]))
    return parser


def run(args: argparse.Namespace, function: Callable[[argparse.Namespace, Store, Clock], int]) -> int:
    """Finds the environment's table and does the action; the exit code of the help."""
    from alertrelay.runtime.container import SystemClock

    try:
        validate(args, SystemClock())
    except ValueError as error:
        print(f"alertrelay silence: {error}", file=sys.stderr)
        return 1
    return on_table("silence", args, lambda table: act(args, table.store, table.clock, function))


def act(
    args: argparse.Namespace,
    store: Store,
    clock: Clock,
    function: Callable[[argparse.Namespace, Store, Clock], int],
) -> int:
    """The action on a store. What a person got wrong is said in one line, with exit code 1."""
    try:
        validate(args, clock)
        return function(args, store, clock)
    except ValueError as error:
        print(f"alertrelay silence: {error}", file=sys.stderr)
        return 1


def validate(args: argparse.Namespace, clock: Clock) -> None:
    """Refuse what a person got wrong before AWS is asked for anything. Raises ValueError; its kinds are narrower."""
    from alertrelay.policy.silence import check

    if "matchers" in args:
        if not args.comment.strip():
            raise ValueError("--comment is empty: say why, for the person on call at 3 a.m.")
        now = clock.now()
        check(_wanted(args, now, starts_at=args.start or now), now)
    if "labels" in args:
        for word in args.labels:
            _label(word)


def _add(args: argparse.Namespace, store: Store, clock: Clock) -> int:
    from alertrelay.dispatch import silences

    now = clock.now()
    starts_at = args.start or _start_of(args.id, store, now)
    saved = silences.save(store, clock, _wanted(args, now, starts_at=starts_at), new_id=str(uuid.uuid4()))
    print(saved if args.output == "table" else dumped({"silenceID": saved}, args.output))
    return 0


def _start_of(id: str, store: Store, now: datetime) -> datetime:  # noqa: A002 - the field's own name
    """Return the start of the silence that is changed, as amtool keeps it: with another one it would be a new silence.
    A new one, and one that expired, starts now."""
    from alertrelay.policy.silence import state

    found, _ = store.silences()
    return next((one.starts_at for one in found if one.id == id and state(one, now) != "expired"), now)


def _wanted(args: argparse.Namespace, now: datetime, *, starts_at: datetime) -> Silence:
    """Return the silence that the flags describe. Raises ValueError."""
    from alertrelay.config.matchers import parse_matcher
    from alertrelay.policy.silence import Silence

    ends_at = args.end or starts_at + timedelta(seconds=args.duration)
    return Silence(
        id=args.id,
        matchers=(tuple(parse_matcher(text) for text in args.matchers),),
        starts_at=starts_at,
        ends_at=ends_at,
        created_by=args.author or getpass.getuser(),
        comment=args.comment,
        updated_at=now,
    )


def _query(args: argparse.Namespace, store: Store, clock: Clock) -> int:
    from alertrelay.dispatch import silences
    from alertrelay.policy.matchers import matches
    from alertrelay.policy.silence_json import to_json

    now = clock.now()
    labels = dict(_label(word) for word in args.labels)
    found = [
        one
        for one in silences.listed(store, now=now, expired=args.expired)
        if not labels or any(matches(together, labels) for together in one.matchers)
    ]
    if args.output != "table":  # as Alertmanager's API spells silences
        print(dumped([to_json(one, now) for one in found], args.output))
    else:
        print(_table(found, now))
    return 0


def _expire(args: argparse.Namespace, store: Store, clock: Clock) -> int:
    from alertrelay.dispatch import silences

    for one in args.ids:
        silences.expire(store, clock, one)
    return 0


def _table(found: Sequence[Silence], now: datetime) -> str:
    from alertrelay.config.printed_matchers import print_matchers
    from alertrelay.policy.silence import state

    if not found:
        return "no silences"
    rows = [("ID", "STATE", "ENDS", "BY", "MATCHERS", "COMMENT")]
    for one in found:
        matchers = " or ".join(print_matchers(together) for together in one.matchers)
        ends = f"{one.ends_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        rows.append((one.id, state(one, now), ends, one.created_by, matchers, one.comment))
    return "\n".join(aligned(rows))


def _label(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not (name and equals):
        raise ValueError(f"{word!r}: NAME=VALUE was expected")
    return name, value


ACTIONS: Mapping[str, Callable[[argparse.Namespace, Store, Clock], int]] = {
    "add": _add,
    "query": _query,
    "expire": _expire,
}
