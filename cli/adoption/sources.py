"""Finds the alarms that are to be adopted, and the topics that they shall notify: of an account, or of a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alertrelay.values.arn import partition_of

from cli.adoption.account import Say, put_parameters, read_region
from cli.adoption.alarm import ReadAlarm
from cli.adoption.plan_file import ACCOUNT
from cli.adoption.stated import ForeignFile, stated
from cli.cloud import Client, CloudUnreadable, clients, stack_of
from cli.files import unreadable
from compiler.config_files import environment_fault, read_environment

_NO_ACCOUNT = "ACCOUNT"
"""Stands in the ARN of a topic where a template's account is not known."""


def clients_of() -> Callable[[str], Client]:
    """Returns what gives the clients of a region: patient ones, since 5,000 alarms are throttled."""
    return cache(lambda region: clients(region, patience=10))


class SourceRefused(Exception):
    """There is nothing to show. The text says what was expected, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSource:
    """The alarms, and what holds for all. `topics` is how the ARNs of the environment's topics begin; `unread` are
    sentences about regions that could not be read, `faults` about all else; `puts` as AdoptionSetting has it."""

    alarms: Sequence[ReadAlarm]
    region: str
    topics: str
    source: str
    puts: Mapping[str, Sequence[str]] | None = None
    faults: Sequence[str] = ()
    unread: Sequence[str] = ()

    @property
    def is_account(self) -> bool:
        """Returns whether a plan of these alarms can be applied."""
        return self.source == ACCOUNT


def read_source(args: argparse.Namespace, *, say: Say) -> AlarmSource:
    """Returns the alarms that `args` name. Raises SourceRefused."""
    region = region_of(args)
    return _of_file(args, region) if args.source else _of_account(args, region, say)


def region_of(args: argparse.Namespace) -> str:
    """Returns the region of the environment, whose alarms alone can notify its topics. Raises SourceRefused."""
    if missing := environment_fault(args.config_dir, args.env):
        raise SourceRefused(str(missing))
    environment, findings = read_environment(args.config_dir, args.env)
    if environment is None:
        faults = [str(finding) for finding in findings if finding.severity == "error"]
        raise SourceRefused("\n".join(["the environment's file has to be sound first:", *faults]))
    return environment.region


def _of_file(args: argparse.Namespace, region: str) -> AlarmSource:
    try:
        raw = sys.stdin.buffer.read() if args.source == "-" else Path(args.source).read_bytes()
        found = stated(raw, region)
    except (OSError, ValueError) as error:
        raise SourceRefused(f"--from {unreadable(error, args.source)}") from None
    except ForeignFile as error:
        raise SourceRefused(f"--from {args.source} {error}") from None
    account = args.account or next((alarm.arn.split(":")[4] for alarm in found.alarms if alarm.arn), _NO_ACCOUNT)
    name = "standard input" if args.source == "-" else args.source
    none = [] if found.alarms else [f"{name} is {found.what} without an alarm of CloudWatch"]
    return AlarmSource(
        alarms=found.alarms,
        region=region,
        topics=topics_of(args.env, region, account),
        source=f"{found.what} ({name})",
        faults=[*found.faults, *none],
    )


def topics_of(environment: str, region: str, account: str) -> str:
    """Returns how the ARNs of an environment's topics begin."""
    return f"arn:{partition_of(region)}:sns:{region}:{account}:alertrelay-{environment}-"


def _of_account(args: argparse.Namespace, region: str, say: Say) -> AlarmSource:
    of_region = clients_of()
    alarms: list[ReadAlarm] = []
    unread, faults = [], []
    try:
        topics = topics_of(args.env, region, args.account) if args.account else _topics(args.env, of_region(region))
        puts = put_parameters(of_region(region)("cloudwatch"))
    except CloudUnreadable as error:
        raise SourceRefused(str(error)) from None
    for name in dict.fromkeys([region, *args.region]):
        try:
            found = read_region(name, of_region(name), say)
        except CloudUnreadable as error:
            unread.append(f"{name}: {error}; nothing is planned there")
            continue
        alarms += found.alarms
        faults += [f"{name}: this boto3 sees no {kind}: install a newer one" for kind in found.unknown]
    if unread and not alarms:
        raise SourceRefused("\n".join(unread))
    return AlarmSource(
        alarms=alarms, region=region, topics=topics, source=ACCOUNT, puts=puts, faults=faults, unread=unread
    )


def _topics(environment: str, client: Client) -> str:
    """Returns how the ARNs of the topics of a deployed stack begin. Raises CloudUnreadable, SourceRefused."""
    deployed = stack_of(environment, client)
    if deployed is None or "TopicCritical" not in deployed.outputs:
        raise SourceRefused(
            f"there is no stack alertrelay-{environment} here, whose topics the alarms would notify: deploy it first, "
            "name the --account that it is deployed in, or show the alarms of a file with --from"
        )
    return deployed.outputs["TopicCritical"].removesuffix("critical")
