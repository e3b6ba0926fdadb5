"""`alertrelay adopt`: brings the alarms that an account has to the relay, by a plan that is reviewed first."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.config_dir import add_config_dir
from cli.files import overwriting, unwritable
from cli.output import add_output, dumped

if TYPE_CHECKING:
    from cli.adoption.apply import Applied
    from cli.adoption.plan_file import PlanHead, PlannedAlarm
    from cli.adoption.propose import AdoptionSetting, Proposal
    from cli.adoption.rules import AdoptionRules
    from cli.adoption.sources import AlarmSource

_DESCRIPTION = """\
Show, alarm by alarm, what it takes to bring the alarms of an account to a deployed environment: the severity and the
owner, each with the rule that decided, the topic to point at, the missing action for OK, and the alarm's tags in its
messages. What is left alone is listed with the reason; every other action and field of an alarm stays as it is.

Nothing is changed without --apply, and --apply changes only what the plan says. --plan writes the plan, to be reviewed:
an alarm that somebody changes meanwhile is refused by name, the others go on, what was interrupted is applied again,
and a second file takes everything back. A plan without its last line, `end: true`, was cut short and is refused.

With --from a CloudFormation template, `terraform show -json` or `aws cloudwatch describe-alarms` is read, and no
account: what is shown belongs into the template. The permissions that each step needs: docs/adopt.md.
"""
_EPILOG = """\
examples:
  alertrelay adopt --env prod                                     what would change
  alertrelay adopt --env prod --replace arn:aws:sns:eu-west-1:123456789012:old-mails --plan adopt-plan.yml
  alertrelay adopt --env prod --apply adopt-plan.yml
  terraform show -json tfplan | alertrelay adopt --env prod --from -
  alertrelay adopt --print-rules > adopt.yml                      the rules, to be changed

exit code: 0 shown, or applied; 1 a region could not be read, or an alarm was refused or failed; 2 usage, a file that is
unreadable, foreign or no whole plan, or nothing could be read
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "adopt",
        help="bring the alarms that an account has to the relay, by a reviewed plan",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", help="the environment whose topics the alarms shall notify")
    parser.add_argument(
        "--region", metavar="REGION", action="append", default=[], help="also show the alarms of this region"
    )
    parser.add_argument("--from", dest="source", metavar="FILE", help="read this file and no account; - is stdin")
    parser.add_argument(
        "--account", metavar="ID", default="", help="the account of the topics, where it is another one, or with --from"
    )
    parser.add_argument("--rules", metavar="FILE", type=Path, help="the rules (default: adopt.yml of the folder)")
    parser.add_argument("--print-rules", action="store_true", help="print the built-in rules")
    parser.add_argument(
        "--replace", metavar="ARN", action="append", default=[], help="take the actions on this topic away"
    )
    parser.add_argument(
        "--also",
        choices=("managed", "silent"),
        action="append",
        default=[],
        help="managed: alarms that a CloudFormation stack makes; silent: alarms that notify nobody today",
    )
    parser.add_argument("--plan", metavar="FILE", type=Path, help="write the plan; an edited one that is there stays")
    parser.add_argument("--force", action="store_true", help="with --plan: write over any file that is there")
    parser.add_argument("--apply", metavar="PLAN", type=Path, help="do what a plan says")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Shows, writes or applies; the exit code of the help."""
    from cli.adoption.rules import DEFAULT

    if args.print_rules:
        print(DEFAULT, end="")
        return 0
    if not args.env:
        return _refuse("--env is missing: name an environment of the configuration")
    if args.force and not args.plan:
        return _refuse("--force is for --plan FILE")
    if args.apply:
        if args.source or args.plan:
            return _refuse("--apply takes no --from and no --plan: the plan says which alarms")
        return _apply(args)
    return _show(args)


def _refuse(text: str) -> int:
    _note(text)
    return 2


def _note(text: str) -> None:
    print(f"alertrelay adopt: {text}", file=sys.stderr)


def rules_in(args: argparse.Namespace) -> AdoptionRules | int:
    """Returns the rules of --rules, of the folder's adopt.yml or the built-in ones; an exit code after a finding."""
    from cli.adoption.rules import FILE, AdoptionRules, rules_of
    from cli.report import refuse

    beside = args.config_dir / FILE
    found = rules_of(args.rules or (beside if beside.exists() else None))
    return found if isinstance(found, AdoptionRules) else refuse(found, unread=2)


def _show(args: argparse.Namespace) -> int:
    from cli.adoption.propose import AdoptionSetting, propose
    from cli.adoption.rules import FILE
    from cli.adoption.shown import as_json, lines
    from cli.adoption.sources import SourceRefused, read_source

    if fault := overwriting(args.plan, (args.source, args.rules, args.config_dir / FILE)):
        return _refuse(fault)
    rules = rules_in(args)
    if isinstance(rules, int):
        return rules
    try:
        found = read_source(args, say=_progress())
    except SourceRefused as error:
        return _refuse(str(error))
    setting = AdoptionSetting(
        region=found.region,
        topics=found.topics,
        rules=rules,
        replaced=frozenset(args.replace),
        also=frozenset(args.also),
        puts=found.puts,
    )
    proposals = propose(found.alarms, setting)
    # Before the table: who closes its pipe (`| head`) still asked for the plan.
    written = not args.plan or _write(args, found, proposals)
    if args.output == "table":
        print("\n".join(lines(proposals)))
    else:
        print(dumped([as_json(one) for one in proposals], args.output))
    for fault in (*found.faults, *found.unread, *_unmatched(proposals, setting)):
        _note(fault)
    return int(bool(found.unread)) if written else 2


def _progress() -> Any:
    from local.stack.progress import ProgressLine

    return ProgressLine("alertrelay adopt").say


def _unmatched(proposals: Sequence[Proposal], setting: AdoptionSetting) -> list[str]:
    """Returns a sentence about each topic of --replace that no alarm has: a slip of the pen."""
    there = {action for one in proposals for action in one.alarm.every_action}
    return [f"--replace {topic}: no alarm has an action on it" for topic in sorted(setting.replaced - there)]


def _write(args: argparse.Namespace, found: AlarmSource, proposals: Sequence[Proposal]) -> bool:
    from datetime import UTC, datetime

    from cli.adoption.plan_file import PlanHead, is_remade, written

    made = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    head = PlanHead(environment=args.env, source=found.source, made_at=made)
    try:
        edited = args.plan.exists() and not is_remade(
            args.plan.read_text("utf-8", "replace"), head, proposals, args.plan
        )
        if edited and not args.force:
            _note(f"{args.plan} is there, and another plan or edited: name another file, or write over it with --force")
            return False
        args.plan.write_text(written(head, proposals, args.plan), encoding="utf-8")
    except OSError as error:
        _note(unwritable(error, args.plan))
        return False
    if found.is_account:
        _note(f"written: {args.plan}; review it, then: alertrelay adopt --env {args.env} --apply {args.plan}")
    else:
        _note(f"written: {args.plan}; it is for reading: change the alarms where {found.source} comes from")
    return True


def _apply(args: argparse.Namespace) -> int:
    from cli.adoption.plan_file import ACCOUNT, AdoptionPlan
    from cli.adoption.plan_reading import read_plan
    from cli.report import refuse

    found = read_plan(args.apply)
    if not isinstance(found, AdoptionPlan):
        return refuse(found, unread=2)
    if found.head.source != ACCOUNT:
        return _refuse(f"{args.apply} is a plan for {found.head.source}: change the alarms there, and deploy")
    if found.head.environment != args.env:
        return _refuse(f"{args.apply} is a plan for --env {found.head.environment}, not {args.env}")
    return _applied(args, found.head, found.alarms)


def _applied(args: argparse.Namespace, head: PlanHead, alarms: Sequence[PlannedAlarm]) -> int:
    from cli.adoption import sources
    from cli.adoption.apply import UNREACHED, apply
    from cli.adoption.plan_file import undo_of
    from cli.adoption.undo_file import add_undo
    from cli.cloud import CloudNotLoggedIn

    undo, say = undo_of(args.apply, head), _progress()
    done: list[Applied] = []
    stopped = ""
    try:
        for one in apply(alarms, sources.clients_of(), lambda one: add_undo(undo, head, one)):
            done.append(one)
            say(f"{len(done)} of {len(alarms)}")
            if args.output == "table" and (one.why or one.result == "changed"):
                print(f"{one.result}: {one.alarm.name}" + (f": {one.why}" if one.why else ""), flush=True)
    except BrokenPipeError:
        changed = sum(one.result == "changed" for one in done)
        _note(f"nothing more is changed: what read the output closed it after {changed} changed: apply the plan again")
        with suppress(OSError):  # else Python would try the closed pipe once more at its exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _refuse(f"nothing more is changed: {unwritable(error, undo)}")
    except CloudNotLoggedIn as error:
        if not done:
            return _refuse(str(error))
        stopped = str(error)
    if left := len(alarms) - len(done):
        why = stopped or f"AWS was not reached for the last {UNREACHED} alarms"
        stopped = f"{why}: {left} are left, not tried; apply the plan again"
    return _say_applied(args, done, stopped, f"alertrelay adopt --env {head.environment} --apply {undo}")


def _say_applied(args: argparse.Namespace, done: Sequence[Applied], stopped: str, undo: str) -> int:
    """Says what became of the alarms, why it `stopped` before the last one, and the command that takes it back."""
    from cli.adoption.apply import RESULTS

    counts = Counter(one.result for one in done)
    if args.output == "table":
        said = ", ".join(f"{counts[result]} {result}" for result in RESULTS if counts[result])
        print(said or "the plan changes nothing")
    else:
        print(dumped([one.as_json() for one in done], args.output))
    if stopped:
        _note(stopped)
    if counts["changed"]:
        _note(f"to take it back: {undo}")
    if fires := sum(one.fires for one in done):
        _note(f"{fires} of them fire now, unknown to the relay: alertrelay reconcile --env {args.env} --send")
    return int(bool(stopped or counts["refused"] or counts["failed"]))
