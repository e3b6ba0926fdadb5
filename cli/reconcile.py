"""`alertrelay reconcile`: the alarms of a deployed environment in CloudWatch, beside what the relay has open."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from alertrelay.values.text import how_many

from cli.config_dir import add_config_dir
from cli.on_table import on_table
from cli.output import add_output, dumped
from cli.table import aligned

if TYPE_CHECKING:
    from alertrelay.dispatch.audit.ports import AuditedAccount
    from alertrelay.dispatch.audit.reconcile import Difference
    from alertrelay.dispatch.audit.run import AlertTable
    from alertrelay.ports import Clock

    from cli.cloud import Client, DeployedStack
    from cli.on_table import OpenTable

_DESCRIPTION = """\
Ask CloudWatch for the alarms that notify the topics of a deployed environment, of every type, and compare them with the
alerts that the relay has open: alarms that fire and were missed, alerts whose alarm is over, alarms that can never
help (no data for a week, no actions, an evaluation that fails), and alarms without an action for OK, whose alerts are
resolved late.

Nothing is changed. With --send a missed alarm, and the OK of one that is over, is sent to the forwarders as its topic
would have; what they know already they do not notify again. Of an account that CloudWatch does not answer for whole,
nothing is taken for missed, over or deleted. With `audit` in the environment's file a function does the same on a
schedule, also for the accounts of `audit.roles`.
"""
_EPILOG = """\
examples:
  alertrelay reconcile --env prod
  alertrelay reconcile --env prod --send

exit code: 0 they agree, 1 they do not (with --send: it was sent), 2 usage, or AWS did not answer for an account
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "reconcile",
        help="compare CloudWatch's alarms with the open alerts",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", required=True, help="an environment of the configuration")
    parser.add_argument("--send", action="store_true", help="bring the relay up to date")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compares; the exit code of the help."""
    return on_table("reconcile", args, partial(_on, args))


def _on(args: argparse.Namespace, table: OpenTable) -> int:
    audit = table.environment.audit
    accounts = audited(
        table.environment.name, table.deployed, table.client, table.clock, roles=audit.roles if audit else ()
    )
    return reconcile(args, table.deployed, accounts, table.client, table.store, table.clock)


def audited(
    environment: str, deployed: DeployedStack, client: Client, clock: Clock, *, roles: Sequence[str]
) -> list[AuditedAccount]:
    """Returns the account of the stack, and those of `roles`, which the user's own credentials assume."""
    from alertrelay.aws.alarms.inventory import audited_account
    from alertrelay.aws.assumed import assumed

    from cli.cloud import client_with

    _, _, _, region, account, _ = deployed.outputs["TopicCritical"].split(":", 5)
    topics = deployed.outputs["TopicCritical"].rpartition(":")[0] + f":alertrelay-{environment}-"

    def asked(number: str, client_of: Callable[[str], Any]) -> AuditedAccount:
        return audited_account(
            lambda: client_of("cloudwatch"),
            account=number,
            region=region,
            topics=topics,
            now=clock.now,
            client_of=client_of,
        )

    def by(role: str, service: str) -> Any:
        return assumed(client("sts"), role, client_with(service, region))

    return [asked(account, client), *(asked(role.split(":")[4], partial(by, role)) for role in roles)]


def reconcile(
    args: argparse.Namespace,
    deployed: DeployedStack,
    accounts: Sequence[AuditedAccount],
    client: Client,
    table: AlertTable,
    clock: Clock,
) -> int:
    """Prints what does not agree, and sends it where that is asked for. Raises CloudUnreadable, StoreFailure."""
    from alertrelay.channels import KINDS
    from alertrelay.dispatch.audit.run import reconciled, useless

    results = reconciled(accounts, table, KINDS, now=clock.now, log=lambda _event, **_fields: None)
    topics = sorted(deployed.named("Topic").values())
    never = [
        one
        for account, result in zip(accounts, results, strict=True)
        for one in useless(result.inventory, topics, args.env, deleted=account.deleted)
    ]
    found = [*(one for result in results for one in result.found), *never]
    if args.output == "table":
        print("\n".join(_lines(found)))
    else:
        print(dumped([one.as_json() for one in found], args.output))
    if args.send:
        _send(found, deployed, client, clock)
    unread = [one for one in results if one.inventory.unread]
    for one in unread:
        print(
            f"alertrelay reconcile: the alarms of the account {one.account} were not all read "
            f"({one.inventory.unread}): nothing is known of them; try again, or see docs/operations.md",
            file=sys.stderr,
        )
    return 2 if unread else int(bool(found))


def _send(found: Sequence[Difference], deployed: DeployedStack, client: Client, clock: Clock) -> None:
    """Sends each update to every forwarder, by way of its own queue, and says how many were. Raises CloudUnreadable."""
    from alertrelay.dispatch.audit.run import send

    from local.stack.progress import ProgressLine

    queues = [_queue(function, client) for function in deployed.forwarders]
    updates, say, sent = [one for one in found if one.envelope], ProgressLine("alertrelay reconcile").say, 0
    try:
        for one in updates:
            sent += send([one], queues, clock, deadline=None)
            say(f"{sent} of {len(updates)} sent")
    finally:
        said = f"{sent} of {how_many(len(updates), 'update')} sent to {how_many(len(queues), 'forwarder')}"
        print(f"alertrelay reconcile: {said}", file=sys.stderr)


def _queue(function: str, client: Client) -> Callable[[str], None]:
    """Returns what sends a message to a forwarder's own queue."""
    from cli.cloud import UNREADABLE, unreadable

    def put(body: str) -> None:
        sqs = client("sqs")
        try:
            url = sqs.get_queue_url(QueueName=f"{function}-timers")["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=body)
        except UNREADABLE as error:
            raise unreadable(f"the queue {function}-timers", error) from None

    return put


def _lines(found: Sequence[Difference]) -> list[str]:
    if not found:
        return ["CloudWatch and the relay agree"]
    return aligned([("WHAT", "ALARM", "WHY"), *((one.kind, one.alarm, one.why) for one in found)])
