"""`alertrelay reconcile` on the relay in memory, beside a CloudWatch that answers as its service model says."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.dispatch.audit.reconcile import FOUND
from alertrelay.memory.ports import ManualClock
from botocore.exceptions import ClientError

from cli import cloud, reconcile
from cli.cloud import DeployedStack
from cli.command import parser
from tests.audit.cloudwatch import CloudWatch
from tests.aws.test_alarms_ended import OLD
from tests.aws.test_alarms_survey import ARN, NOW, TOPIC, described
from tests.dispatch.world import World, alarm
from tests.runtime.test_sent_back import handle, sqs_event

DEPLOYED = DeployedStack(
    stack="alertrelay-prod",
    status="UPDATE_COMPLETE",
    outputs={"TopicCritical": TOPIC, "FunctionSlack": "alertrelay-prod-slack-forwarder"},
)
ARGS = ["reconcile", "--env", "prod", "-o", "json"]
ROLE = "arn:aws:iam::444455556666:role/alertrelay-audit"


class Sent:
    """SQS that keeps what is sent."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def get_queue_url(self, **given: str) -> dict[str, str]:
        return {"QueueUrl": given["QueueName"]}

    def send_message(self, **given: str) -> None:
        self.bodies.append(given["MessageBody"])


class Denied:
    """STS of an account whose role does not trust us."""

    def assume_role(self, **_given: str) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorised"}}, "AssumeRole")


def go(world: World, cloudwatch: CloudWatch, *words: str, sqs: Sent | None = None, roles: tuple[str, ...] = ()) -> int:
    services = {"cloudwatch": cloudwatch, "sqs": sqs, "sts": Denied()}
    args = parser().parse_args([*ARGS, *words])
    client = services.__getitem__
    accounts = reconcile.audited("prod", DEPLOYED, client, world.clock, roles=roles)
    return reconcile.reconcile(args, DEPLOYED, accounts, client, world.memory, world.clock)


@pytest.fixture
def world() -> World:
    """An hour after an alarm of CPU was notified."""
    found = World(clock=ManualClock(NOW - timedelta(hours=1)))
    found.publish(alarm("cpu", at=found.clock.now()))
    found.clock.sleep(3600)
    return found


def kinds(text: str) -> dict[str, str]:
    return {one["alarm"].removeprefix(ARN): one["kind"] for one in json.loads(text)}


def test_what_both_know_agrees(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert go(world, CloudWatch(described("cpu"))) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_an_alarm_that_fires_and_is_not_known_was_missed_and_is_sent(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    cloudwatch, sqs = CloudWatch(described("cpu"), described("disk")), Sent()
    assert go(world, cloudwatch, "--send", sqs=sqs) == 1
    said = capsys.readouterr()
    assert kinds(said.out) == {"disk": "missed"}
    assert said.err == "alertrelay reconcile: 1 of 1 update sent to 1 forwarder\n"
    (body,) = sqs.bodies
    before = len(world.pages())
    handle(world, sqs_event(body))
    handle(world, sqs_event(body))
    world.run(400)
    assert len(world.pages()) == before + 1
    assert FOUND.strip() in json.dumps(world.sent("pagerduty")[-1])
    assert go(world, cloudwatch) == 0


def test_an_open_alert_whose_alarm_is_ok_is_over_and_its_resolve_is_sent(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs = Sent()
    assert go(world, CloudWatch(described("cpu", state="OK")), "--send", sqs=sqs) == 1
    assert kinds(capsys.readouterr().out) == {"cpu": "over"}
    (body,) = sqs.bodies
    handle(world, sqs_event(body))
    world.run(400)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_a_deleted_alarm_is_over_also_for_a_botocore_that_knows_no_log_alarms(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs = Sent()
    assert go(world, CloudWatch(model=OLD), "--send", sqs=sqs) == 1
    assert kinds(capsys.readouterr().out) == {"cpu": "over"}
    handle(world, sqs_event(sqs.bodies[0]))
    world.run(400)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_an_account_of_which_a_page_is_missing_is_named_and_nothing_of_it_is_known(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = CloudWatch(described("a"), described("b"), page=1, fails=lambda _, n: "Throttling" if n == 2 else "")
    assert go(world, missing) == 2
    said = capsys.readouterr()
    assert json.loads(said.out) == []
    assert "111122223333 were not all read (Throttling)" in said.err


def test_a_role_that_is_denied_is_named_and_the_own_account_is_compared(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert go(world, CloudWatch(described("cpu"), described("disk")), roles=(ROLE,)) == 2
    said = capsys.readouterr()
    assert kinds(said.out) == {"disk": "missed"}
    assert "444455556666 were not all read (AccessDenied)" in said.err


def test_an_alarm_that_can_never_help_is_listed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    found = CloudWatch(described("cpu"), described("prod-orders-cpu", state="OK", AlarmActions=[], OKActions=[]))
    assert go(world, found) == 1
    assert kinds(capsys.readouterr().out) == {"prod-orders-cpu": "never helps"}


def test_a_client_of_an_assumed_role_signs_with_its_credentials() -> None:
    create: Any = cloud.client_with("cloudwatch", "eu-west-1")
    client = create(aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example", aws_session_token="t")
    found = client._request_signer._credentials
    assert (found.access_key, found.token, client.meta.region_name) == ("AKIAEXAMPLE", "t", "eu-west-1")
