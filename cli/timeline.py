"""`alertrelay timeline`: one incident in order of time, as a table for its post-mortem."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import duration
from cli.log_source import LogHistory, NoHistory, add_source, history_of, log_query, quoted, said
from cli.output import dumped

if TYPE_CHECKING:
    from alertrelay.nflog.history.timeline import Timeline

AROUND = timedelta(minutes=5)
"""Before the first alert and after it: lines of the application."""
LINES = 50
TROUBLE = "@message like /(?i)(error|exception|fatal|panic|timed? ?out|refused|warn)/"
_DESCRIPTION = """\
Print an incident in order of time as Markdown, for its post-mortem: what fired, joined its group, was sent where and
when, was acknowledged, silenced and resolved, and deployments of the hour before; then the incidents like it that the
log holds, with what ended them.

An incident is the run of firings of the same group, alarm or alert that overlap, or follow within five minutes: the
last one, or with --at the last that had begun by then.
"""
_EPILOG = """\
examples:
  alertrelay timeline RDSHighCPU --env prod
  alertrelay timeline 6acd3b9c4c20af44 --env prod --at 2026-11-20T09:00:00Z --log-group /ecs/orders
  alertrelay timeline '{}/{severity="critical"}:{service="orders"}' --logs ~/.alertrelay/alertrelay.log > post-mortem.md

exit code: 0 it was found, 1 the log has nothing of it, 2 usage, or the log cannot be read
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "timeline",
        help="print an incident in order of time, for its post-mortem",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("about", metavar="GROUP|FINGERPRINT|ALERT", help="a group key, a fingerprint, or a name")
    add_source(parser, since="90d", beside=True)
    parser.add_argument("--at", metavar="TIME", type=duration.time, help="the incident that had begun by then")
    parser.add_argument(
        "--log-group",
        metavar="NAME",
        action="append",
        default=[],
        help="a log group of the application: its errors within five minutes of the first alert; may be repeated. "
        "Those of an ECS service by its `log_group` are read anyway",
    )
    parser.add_argument("--json", dest="output", action="store_const", const="json", help="one JSON object")
    parser.set_defaults(run=run, output="markdown")


def run(args: argparse.Namespace) -> int:
    """Prints the incident; the exit code of the help."""
    from alertrelay.nflog.history.timeline import as_markdown, timeline
    from alertrelay.policy.contradiction import contradicts

    if not (args.logs or args.env):
        said("timeline", ["--logs FILE or --env NAME is missing: where the log is"])
        return 2
    try:
        known = _alarms(args.config_dir, args.env) if args.env else {}
        history = history_of(args, where=about_condition(args.about, known))
        found = timeline(history.read.decisions, args.about, at=args.at, known=known, contradicts=contradicts)
        if found is None:
            said(
                "timeline",
                [
                    f"{args.about}: no alert, group or fingerprint of that name is in the log since "
                    f"{history.since:%Y-%m-%d %H:%M} UTC"
                    + (f" that had begun by {args.at:%Y-%m-%d %H:%M} UTC" if args.at else "")
                    + ": `alertrelay history` lists them",
                    *history.doubts,
                ],
            )
            return 1
        groups = list(dict.fromkeys([*args.log_group, *named_groups(history, found)]))
        lines = _application(groups, history, found)
    except NoHistory as error:
        said("timeline", [str(error)])
        return 2
    doubts = [*history.doubts, *([] if args.env else _perhaps_renamed(history, found))]
    if args.output == "json":
        shown: dict[str, Any] = {**found.as_json(), "log_lines": lines, "doubts": doubts}
        print(dumped(shown, "json"))
    else:
        print("\n".join([*as_markdown(found, doubts=doubts), *_shown(lines)]))
    return 0


def _alarms(folder: Path, environment: str) -> Mapping[str, str]:
    """Returns the alertname of each alarm that an environment plans, by its name. Raises NoHistory."""
    from compiler.alarms.plan import alarm_stacks
    from compiler.config_files import read_environment

    found, findings = read_environment(folder, environment)
    if found is None:
        raise NoHistory("\n".join(str(one) for one in findings if one.severity == "error"))
    return {alarm.name: alarm.alertname for plan in alarm_stacks(found).values() for alarm in plan.alarms}


def about_condition(about: str, known: Mapping[str, str]) -> str:
    """Returns the condition of Insights: an alarm that was renamed has the alertname of the one that it is now."""
    from alertrelay.nflog.history.renamed import alike

    now = [about] if about in known else [name for name in known if alike(about, name)]
    conditions = [f"alertname = {quoted(name)}" for name in dict.fromkeys([about, *(known[name] for name in now)])]
    name = quoted(about)
    return f"(fingerprint = {name} or {' or '.join(conditions)} or group_key = {name} or state_key like {name})"


def _perhaps_renamed(history: LogHistory, found: Timeline) -> list[str]:
    """Returns sentences about alarms that may be these under an earlier name, where the alarms of today are not
    known."""
    from alertrelay.nflog.history.episodes import episodes
    from alertrelay.nflog.history.renamed import renamed_alarms

    renamed = renamed_alarms(episodes(history.read.decisions), found.alerts)
    return [
        f"{old} may be the earlier name of {new}: --env NAME beside --logs counts both, if so"
        for old, new in renamed.items()
    ]


def named_groups(history: LogHistory, found: Timeline) -> Iterator[str]:
    """Yields the log groups of the services that the alarms are about, as the environment's file names them."""
    for service in history.environment.services if history.environment else ():
        if service.log_group and any(f"-{service.id}-" in alert for alert in found.alerts):
            yield service.log_group


def _application(groups: list[str], history: LogHistory, found: Timeline) -> list[dict[str, str]]:
    """Returns the application's lines of trouble around the first alert, with their time. Raises NoHistory."""
    from alertrelay.alert import rfc3339
    from alertrelay.aws.log_query import LogsUnread

    if not groups:
        return []
    if history.client is None:
        raise NoHistory("--log-group asks CloudWatch Logs: name the environment with --env instead of --logs")
    query = log_query(history.client, groups)
    try:
        rows = query.first_lines(found.fired_at - AROUND, found.fired_at + AROUND, TROUBLE, rows=LINES)
    except LogsUnread as error:
        raise NoHistory(str(error)) from None
    return [{"at": rfc3339(at), "text": text.strip()} for at, text in rows]


def _shown(lines: list[dict[str, str]]) -> Iterator[str]:
    if lines:
        yield from ("", "### The application's log", "", "```")
        yield from (f"{line['at']} {' '.join(line['text'].split())[:300]}".replace("```", "'''") for line in lines)
        yield "```"
