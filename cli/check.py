"""`alertrelay check`: what is wrong with the configuration, where, and what to do about it."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.config_dir import add_config_dir, delivery_beside
from cli.output import add_output, dumped

if TYPE_CHECKING:
    from cli.probes.row import LiveRow
    from compiler.reading.finding import Finding
    from compiler.rules.examine import RuleText

_DESCRIPTION = """\
Check the configuration: every key, every name by which one file refers to another, every secret in plain text.

Also every alarm: its metric, statistic, unit, dimensions and runbook; and print a table of the alarms of each resource
with their monthly cost.

And the Prometheus rules of rules/, in the configuration folder or beside it: PromQL and its types, severity, `for`,
runbook, the services that they leave out, sources of inhibition that nothing raises. promtool is asked too where it is
installed; under CI=true it has to be.

Without an argument: alertmanager.yml, delivery.yml, anomaly.yml and all of environments/ of the configuration folder
(--config-dir). With --config or --delivery only the named files, so any Alertmanager file can be tried; --config alone
is checked with the delivery.yml beside it, if there is one, and --delivery alone against alertmanager.yml of the
configuration folder.
"""
_EPILOG = """\
examples:
  alertrelay check                        the project's own configuration
  alertrelay check --env prod --strict    one environment; warnings are errors
  alertrelay check --config-dir ../our-alerts
  alertrelay check --env prod --live      the deployment as well, and each service that the configuration names
  alertrelay check --config /etc/alertmanager/alertmanager.yml
  alertrelay check --config alertmanager.yml --rules rules/*.yml
  alertrelay check --config alertmanager.yml --fix --dry-run
  alertrelay check --json | jq -r '.[] | select(.severity == "error") | .message'

exit code: 0 clean or warnings, 1 errors (with --strict warnings too), 2 a file, or AWS, could not be read
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "check",
        help="check the configuration",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--config", metavar="F", type=Path, help="an Alertmanager file")
    parser.add_argument("--delivery", metavar="F", type=Path, help="a delivery.yml")
    parser.add_argument("--env", metavar="NAME", help="this environment alone")
    parser.add_argument(
        "--live",
        action="store_true",
        help="with --env: also what is deployed, read with your AWS credentials, and whether each service that the "
        "configuration names is reached and takes its key; nobody is notified",
    )
    parser.add_argument(
        "--rules",
        metavar="FILE",
        type=Path,
        nargs="+",
        default=[],
        help="rule files of Prometheus to check; also routes and inhibitions that none of their alerts reaches",
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="first rewrite the Alertmanager file: secrets become paths, deprecated keys today's; shows the change, "
        "asks on a terminal, then writes",
    )
    parser.add_argument("--dry-run", action="store_true", help="with --fix: show the change, and write nothing")
    parser.add_argument("--yes", action="store_true", help="with --fix: do not ask")
    parser.add_argument("--strict", action="store_true", help="warnings are errors")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the findings; the exit code of the help."""
    if args.live and (args.env is None or args.config or args.delivery):
        print(
            "alertrelay check: --live examines one environment: --env NAME was expected, and no single file",
            file=sys.stderr,
        )
        return 2
    if not args.fix and (args.dry_run or args.yes):
        flag = "--dry-run" if args.dry_run else "--yes"
        print(f"alertrelay check: {flag} goes with --fix: add --fix, or leave it out", file=sys.stderr)
        return 2
    if args.fix:
        from cli.check_fix import fix
        from compiler.config_files import ALERTMANAGER

        code = fix(args.config or args.config_dir / ALERTMANAGER, dry_run=args.dry_run, yes=args.yes)
        if code is not None:
            return code
    from cli.report import report
    from compiler.reading.finding import merged

    found, rows = _live(args.config_dir, args.env) if args.live else ((), ())
    findings = [*_known(_findings(args)), *found]
    rules = _rule_texts(args)
    findings += _promtool(rules, findings)
    if args.output != "table":
        print(dumped([dataclasses.asdict(finding) for finding in findings], args.output))
    else:
        for line in [*_alarms(args, findings), *_rules(rules), *_tries(rows)]:
            print(line)
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        findings = [finding for finding in findings if finding.code != "tried"]  # its row stands above
        for line in report(merged(findings, fold=not args.strict), colour=colour, counted=findings):
            print(line)
        for line in _strictly(findings) if args.strict else ():
            print(line)
    if any(finding.code == "unreadable" for finding in findings):
        return 2
    faults = ("error", "warning") if args.strict else ("error",)
    return int(any(finding.severity in faults for finding in findings))


def _strictly(findings: Sequence[Finding]) -> list[str]:
    """Returns why the exit code is 1 although no finding is called an error."""
    from compiler import placeholders

    codes = {finding.code for finding in findings if finding.severity == "warning"}
    lines = ["--strict: warnings are errors"] if codes else []
    if placeholders.CODE in codes:
        lines.append(f"those of the example's values are not, where {placeholders.VARIABLE}=1 says that they are meant")
    return lines


def _findings(args: argparse.Namespace) -> Sequence[Finding]:
    from compiler.config_files import ALERTMANAGER
    from compiler.examine import check_folder, examine

    today = datetime.now(UTC).date()
    if args.config is None and args.delivery is None:
        return check_folder(args.config_dir, environment=args.env, today=today, rules=args.rules)
    names = [args.env] if args.env is not None else []
    beside = args.config_dir / ALERTMANAGER
    alertmanager = args.config or (beside if beside.exists() else None)
    delivery = args.delivery or delivery_beside(args.config)
    return examine(
        alertmanager=alertmanager,
        delivery=delivery,
        folder=args.config_dir,
        names=names,
        today=today,
        rules=args.rules,
    )


def _rule_texts(args: argparse.Namespace) -> Sequence[RuleText]:
    """Returns the named rule files, and those of the folder where a whole configuration is checked."""
    from compiler.rules.folder import rules_folder

    whole = args.config is None and args.delivery is None
    folder = rules_folder(args.config_dir) if whole else None
    if not args.rules and folder is None:
        return ()
    from compiler.rules.examine import rule_texts

    return tuple(rule_texts(args.rules, folder))


def _promtool(rules: Sequence[RuleText], findings: Sequence[Finding]) -> Sequence[Finding]:
    if not rules:
        return ()
    from cli.promtool import ask_promtool

    return ask_promtool(rules, findings)


def _rules(rules: Sequence[RuleText]) -> list[str]:
    if not rules:
        return []
    from cli.promtool import summary

    return [summary(rules), ""]


def _known(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return them with example values as plain information, where the user says that they are meant."""
    from compiler import placeholders

    if not os.environ.get(placeholders.VARIABLE):
        return findings
    return [dataclasses.replace(one, severity="info") if one.code == placeholders.CODE else one for one in findings]


def _live(folder: Path, environment: str) -> tuple[Sequence[Finding], Sequence[LiveRow]]:
    """Only where the files are sound: there is nothing to hold the stack against otherwise."""
    from alertrelay.runtime.container import SystemClock

    from cli import cloud, live
    from cli.anomaly import live as scorer
    from cli.probes import run as probes
    from compiler import load

    loaded = load.load(folder, environment)
    if loaded.config is None or loaded.environment is None:
        return (), ()
    client = cloud.clients(loaded.environment.region)
    found = live.examine(loaded.config, client)
    intake, values = live.deployed_values(environment, client)
    if sys.stderr.isatty():
        print(f"trying what {environment} names, at most {probes.WITHIN:.0f} s", file=sys.stderr)
    tries = probes.of_receivers(loaded.config, values, client)
    rows = probes.tried([*tries, *probes.of_sources(loaded.environment.sources, intake, values)])
    rows += probes.of_tiers(loaded.config, rows)
    tried = probes.findings(rows, stack=f"alertrelay-{environment}")
    of_scorer = scorer.examine(loaded.anomaly, environment, client, SystemClock())
    return tuple(dict.fromkeys((*found, *of_scorer, *tried))), rows  # both name a stack that cannot be read


def _tries(rows: Sequence[LiveRow]) -> list[str]:
    if not rows:
        return []
    from cli.probes.run import table

    return table(rows)


def _alarms(args: argparse.Namespace, findings: Sequence[Finding]) -> list[str]:
    """The table of alarms, where a whole configuration is checked, of the environments without an error."""
    from cli.alarm_table import table
    from compiler.config_files import ENVIRONMENTS

    if args.config is not None or args.delivery is not None:
        return []
    place = str(args.config_dir / ENVIRONMENTS)
    if any(finding.severity == "error" and not finding.file.startswith(place) for finding in findings):
        return []
    return table(args.config_dir, environment=args.env)
