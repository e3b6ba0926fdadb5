"""`alertrelay reconcile`: the alarms of a deployed environment in CloudWatch, beside what the relay has open."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cli.config_dir import add_config_dir
from cli.on_table import on_table
from cli.output import add_output, dumped
from cli.table import aligned

if TYPE_CHECKING:
    from alertrelay.ports import Clock
    from alertrelay.state import Groups

    from cli.cloud import Client, DeployedStack
    from cli.recovery.alarms import Difference

_DESCRIPTION = """\
Ask CloudWatch for the alarms that notify the topics of a deployed environment, of every type, and compare them with the
alerts that the relay has open: alarms that fire and were missed, alerts whose alarm is over, alarms that can never
help (no data for a week, no actions, an evaluation that fails), and alarms without an action for OK, whose alerts are
resolved late.

Nothing is changed. With --send a missed alarm, and the OK of one that is over, is sent to the forwarders as its topic
would have; what they know already they do not notify again. Where CloudWatch does not answer for all alarms, nothing
is taken for over or deleted.
"""
_EPILOG = """\
examples:
  alertrelay reconcile --env prod
  alertrelay reconcile --env prod --send

exit code: 0 they agree, 1 they do not (with --send: it was sent), 2 usage, or AWS did not answer
"""
_ASKED = 10
"""Alarms a question: of so many the contributors are asked for too."""


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
    return on_table(
        "reconcile", args, lambda table: reconcile(args, table.deployed, table.client, table.store, table.clock)
    )


def reconcile(args: argparse.Namespace, deployed: DeployedStack, client: Client, groups: Groups, clock: Clock) -> int:
    """Prints what does not agree, and sends it where that is asked for. Raises CloudUnreadable, StoreFailure."""
    found = list(differences(args.env, deployed, client, groups, clock))
    if args.output == "table":
        print("\n".join(_lines(found)))
    else:
        print(dumped([one.as_json() for one in found], args.output))
    if args.send:
        send([one for one in found if one.envelope], deployed, client, clock)
    return int(bool(found))


def differences(
    environment: str, deployed: DeployedStack, client: Client, groups: Groups, clock: Clock
) -> Iterator[Difference]:
    """Yields what does not agree. Raises CloudUnreadable, also where a page of alarms is missing: then nothing is
    known of those that are not in the others."""
    from alertrelay.aws.alarm_survey import surveyed_alarms
    from alertrelay.aws.cloudwatch import ended_alarms
    from alertrelay.channels import KINDS

    from cli.cloud import CloudUnreadable
    from cli.recovery import alarms

    _, _, _, region, account, _ = deployed.outputs["TopicCritical"].split(":", 5)
    said: list[str] = []

    def log(_event: str, **fields: Any) -> None:
        said.append(str(fields.get("failure", "")))

    topics, now = f"alertrelay-{environment}-", clock.now()
    cloudwatch = client("cloudwatch")
    ask = surveyed_alarms(lambda: cloudwatch, account=account, region=region, topics=topics, now=clock.now, log=log)
    try:
        fires, fine = alarms.states(ask, "ALARM"), alarms.states(ask, "OK")
    except alarms.AlarmsNotAnswered:
        raise CloudUnreadable(f"CloudWatch did not answer for all alarms ({said[-1]}): nothing is known") from None
    known = alarms.open_alarms(groups, KINDS, now=now)
    ended = ended_alarms(lambda: cloudwatch, account=account, region=region, log=log)
    asked = sorted(known.keys() - fires.keys())
    batches = [asked[start : start + _ASKED] for start in range(0, len(asked), _ASKED)]
    over = {key for batch in batches for key in ended(dict.fromkeys(batch, ""))}
    yield from alarms.missed(fires, known, now=now)
    yield from alarms.over(known, over, fine, now=now)
    yield from alarms.never_help(described(cloudwatch, environment), now=now)


def described(cloudwatch: Any, environment: str) -> Iterator[Mapping[str, Any]]:
    """Yields the alarms that notify a topic of the environment, or are named as those that it deploys, of every type
    that this botocore knows. Raises CloudUnreadable."""
    from cli.cloud import UNREADABLE, unreadable

    kinds = list(cloudwatch.meta.service_model.shape_for("AlarmType").enum)
    token: dict[str, str] = {}
    while True:
        try:
            page = cloudwatch.describe_alarms(AlarmTypes=kinds, MaxRecords=100, **token)
        except UNREADABLE as error:
            raise unreadable("the alarms", error) from None
        for listed in page.values():
            for alarm in listed if isinstance(listed, list) else ():
                actions = [*alarm.get("AlarmActions", ()), *alarm.get("OKActions", ())]
                named = alarm.get("AlarmName", "").startswith(f"{environment}-")
                if named or any(f":alertrelay-{environment}-" in action for action in actions):
                    yield alarm
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def send(found: Sequence[Difference], deployed: DeployedStack, client: Client, clock: Clock) -> None:
    """Sends each update to every forwarder, by way of its own queue, five a second. Raises CloudUnreadable."""
    from alertrelay.alert import rfc3339

    from cli.cloud import UNREADABLE, unreadable
    from cli.recovery.alarms import notification

    sqs = client("sqs")
    for one in found:
        assert one.envelope
        body = notification(one.envelope, rfc3339(clock.now()))
        for function in sorted(deployed.named("Function").values()):
            clock.sleep(0.2)
            try:
                url = sqs.get_queue_url(QueueName=f"{function}-timers")["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody=body)
            except UNREADABLE as error:
                raise unreadable(f"the queue {function}-timers", error) from None


def _lines(found: Sequence[Difference]) -> list[str]:
    if not found:
        return ["CloudWatch and the relay agree"]
    return aligned([("WHAT", "ALARM", "WHY"), *((one.kind, one.alarm, one.why) for one in found)])
