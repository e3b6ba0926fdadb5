"""`alertrelay route`: who is notified of an alert with these labels, and a team's own tests of its routing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.config_dir import add_config_dir, delivery_beside

if TYPE_CHECKING:
    from alertrelay.config.model import Config, Route


_DESCRIPTION = """\
Show who is notified of an alert with the given labels: the last line names the receivers, separated by commas, in the
order in which the routes match, twice where two routes name one. Without a label it is the root's receiver.
Before it stand the tiers of a critical alert, where delivery.yml has an escalation: a channel that escalates by itself,
as PagerDuty does, keeps its alerts from them.

An Alertmanager file is accepted even with secrets or with kinds of receivers that alertrelay does not serve: nothing is
sent, and no secret is read. It is refused where `check` finds a template at fault (bad-template).
Inhibition, silences and time intervals apply later and are not considered.
"""
_EPILOG = """\
examples:
  alertrelay route severity=critical service=orders
  alertrelay route --config /etc/alertmanager/alertmanager.yml --tree severity=critical
  alertrelay route --tree                               the whole tree, drawn
  alertrelay route --cases tests/routing.yml            each case that differs is shown
  alertrelay route --against old.yml --cases tests/routing.yml
                                                        what a change changes, for a pull request

a file of cases is a list:
  - labels: {severity: critical, service: orders}
    receivers: [pagerduty-oncall, slack-critical]

exit code: 0, 1 a case differs, --against shows other receivers, or a configuration has errors, 2 usage or a file could
not be read
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "route",
        help="show who is notified of an alert with these labels",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("labels", metavar="NAME=VALUE", nargs="*", help="a label of the alert")
    add_config_dir(parser)
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help="an Alertmanager file (default: alertmanager.yml of the folder)"
    )
    parser.add_argument(
        "--tree",
        action="store_true",
        help="draw the routes that match, and the settings of each; without a label all routes",
    )
    parser.add_argument("--cases", metavar="FILE", type=Path, help="a YAML list of {labels, receivers} that must hold")
    parser.add_argument(
        "--against",
        metavar="OLD",
        type=Path,
        help="an earlier file, or its folder: show who is notified now and was before, for each case and each route",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the receivers, or the cases that differ; the exit code of the help."""
    from cli.report import refuse
    from compiler.config_files import ALERTMANAGER
    from compiler.load import try_out

    if args.cases and (args.labels or args.tree):
        return _usage("--cases takes no labels and no --tree: the file has them")
    if args.against and args.tree:
        return _usage("--against takes no --tree")
    try:
        labels = _labels(args.labels)
    except ValueError as error:
        return _usage(str(error))
    path = args.config or args.config_dir / ALERTMANAGER
    loaded = try_out(path, delivery=delivery_beside(path))
    if loaded.config is None:
        return refuse(loaded.errors)
    if args.against:
        from cli.route_against import compare

        return compare(loaded.config, path, against=args.against, cases=args.cases, labels=labels)
    if args.cases:
        return _run_cases(loaded.config, args.cases)
    if args.tree:
        print("\n".join(tree(loaded.config.route, labels)))
    if labels or args.tree:
        print("".join(f"{line}\n" for line in tiers(loaded.config, labels)), end="")
    print(",".join(receivers(loaded.config, labels)))
    return 0


def receivers(config: Config, labels: Mapping[str, str]) -> list[str]:
    """Returns the receivers in the order of the routes that match, duplicates kept."""
    from alertrelay.policy.route import match_routes

    return [route.receiver for route in match_routes(config.route, labels)]


def tiers(config: Config, labels: Mapping[str, str]) -> list[str]:
    """Returns a line for each tier that the alert is escalated to; without a label those of any critical alert."""
    from compiler.reading.duration import spell_duration

    if labels and not _is_escalated(config, labels):
        return []
    return [
        f"tier {tier.number}, where nobody acknowledges it for {spell_duration(tier.after)} -> "
        + ",".join(tier.receivers)
        + (f" (in {', '.join(tier.hours)})" if tier.hours else "")
        + (f" (mentions {', '.join(tier.contacts)})" if tier.contacts else "")
        for tier in config.escalation
    ]


def _is_escalated(config: Config, labels: Mapping[str, str]) -> bool:
    """Returns whether the alert is critical and somebody is notified of it, as `alertrelay.groups.router` has it."""
    found = map(config.receiver, receivers(config, labels))
    return labels.get("severity") == "critical" and any(one and one.targets for one in found)


def tree(route: Route, labels: Mapping[str, str]) -> list[str]:
    """Draws the routes that an alert passes through, the ones it ends at with what holds there; the whole tree where
    there is no label, which no alert is without."""
    return [_line(route, labels), *_branches(route, labels, "")]


def _branches(route: Route, labels: Mapping[str, str], indent: str) -> Iterator[str]:
    taken = _taken(route, labels)
    for child in taken:
        last = child is taken[-1]
        yield f"{indent}{'└── ' if last else '├── '}{_line(child, labels)}"
        yield from _branches(child, labels, indent + ("    " if last else "│   "))


def _taken(route: Route, labels: Mapping[str, str]) -> list[Route]:
    from alertrelay.policy.matchers import matches

    if not labels:
        return list(route.routes)
    taken = []
    for child in route.routes:
        if matches(child.matchers, labels):
            taken.append(child)
            if not child.continue_:
                break
    return taken


def _line(route: Route, labels: Mapping[str, str]) -> str:
    from alertrelay.config.printed_matchers import print_matchers

    from compiler.reading.duration import spell_duration

    name = print_matchers(route.matchers) + (" continue" if route.continue_ else "")
    if labels and _taken(route, labels):
        return name
    group_by = "all labels" if route.group_by is None else f"[{', '.join(route.group_by)}]"
    timers = ", ".join(
        f"{word} {spell_duration(seconds)}"
        for word, seconds in (
            ("wait", route.group_wait),
            ("interval", route.group_interval),
            ("repeat", route.repeat_interval),
        )
    )
    muted = f", muted in {', '.join(route.mute_time_intervals)}" if route.mute_time_intervals else ""
    active = f", active in {', '.join(route.active_time_intervals)}" if route.active_time_intervals else ""
    return f"{name} -> {route.receiver} (group by {group_by}, {timers}{muted}{active})"


def _labels(arguments: Sequence[str]) -> dict[str, str]:
    """As amtool reads them: matchers of which only `=` makes sense. Raises ValueError."""
    from alertrelay.config.matchers import parse_matcher

    labels = {}
    for text in arguments:
        matcher = parse_matcher(text)
        if matcher.op != "=":
            raise ValueError(f"{text!r} is not a label: write it as NAME=VALUE")
        if matcher.name in labels:
            note = f"warning: the label {matcher.name!r} is defined twice: the last one counts, as for amtool"
            print(f"alertrelay route: {note}", file=sys.stderr)
        labels[matcher.name] = matcher.value
    return labels


def _run_cases(config: Config, path: Path) -> int:
    from cli.report import refuse
    from cli.route_cases import differing, read_cases

    cases = read_cases(path)
    return differing(config, cases) if isinstance(cases, list) else refuse(cases, unread=2)


def _usage(message: str) -> int:
    print(f"alertrelay route: {message}", file=sys.stderr)
    return 2
