"""`alertrelay reconcile` on the relay in memory, beside a CloudWatch that answers as its service model says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from alertrelay.memory.ports import ManualClock
from botocore.model import ServiceModel

from cli import reconcile
from cli.cloud import CloudUnreadable, DeployedStack
from cli.command import parser
from cli.recovery.alarms import FOUND, NO_DATA_FOR, never_help
from tests.aws.test_alarm_states import MODEL, OLD
from tests.aws.test_alarm_survey import ARN, NOW, TOPIC, CloudWatch, described
from tests.dispatch.world import World, alarm
from tests.runtime.test_sent_back import handle, sqs_event

DEPLOYED = DeployedStack(
    stack="alertrelay-prod",
    status="UPDATE_COMPLETE",
    outputs={"TopicCritical": TOPIC, "FunctionSlack": "alertrelay-prod-slack-forwarder"},
)
ARGS = ["reconcile", "--env", "prod", "-o", "json"]


class Account(CloudWatch):
    """The alarms of an account, by state and by name; `missing` is the number of the page that is throttled."""

    def __init__(self, *alarms: Mapping[str, Any], model: ServiceModel = MODEL, missing: int = 0) -> None:
        super().__init__(model=model)
        self.alarms, self.missing, self.calls = alarms, missing, 0

    def describe_alarms(self, **asked: Any) -> dict[str, Any]:
        self.calls += 1
        self.throttles = self.calls == self.missing
        names = asked.get("AlarmNames")
        self.pages = (
            {
                "MetricAlarms": [
                    one
                    for one in self.alarms
                    if one["StateValue"] == asked.get("StateValue", one["StateValue"])
                    and (names is None or one["AlarmName"] in names)
                ]
            },
        )
        return super().describe_alarms(**asked)


class Sent:
    """SQS that keeps what is sent."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def get_queue_url(self, **given: str) -> dict[str, str]:
        return {"QueueUrl": given["QueueName"]}

    def send_message(self, **given: str) -> None:
        self.bodies.append(given["MessageBody"])


def go(world: World, account: Account, *words: str, sqs: Sent | None = None) -> int:
    services = {"cloudwatch": account, "sqs": sqs}
    args = parser().parse_args([*ARGS, *words])
    return reconcile.reconcile(args, DEPLOYED, lambda name: services[name], world.memory, world.clock)


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
    assert go(world, Account(described("cpu"))) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_an_alarm_that_fires_and_is_not_known_was_missed_and_is_sent(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    account, sqs = Account(described("cpu"), described("disk")), Sent()
    assert go(world, account, "--send", sqs=sqs) == 1
    assert kinds(capsys.readouterr().out) == {"disk": "missed"}
    (body,) = sqs.bodies
    before = len(world.pages())
    handle(world, sqs_event(body))
    handle(world, sqs_event(body))
    world.run(400)
    assert len(world.pages()) == before + 1
    assert FOUND.strip() in json.dumps(world.sent("pagerduty")[-1])
    assert go(world, account) == 0


def test_an_alarm_that_fires_since_a_moment_may_be_on_its_way(world: World) -> None:
    young = described("disk", StateTransitionedTimestamp=NOW - timedelta(minutes=2))
    assert go(world, Account(described("cpu"), young)) == 0


def test_an_open_alert_whose_alarm_is_ok_is_over_and_its_resolve_is_sent(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs = Sent()
    assert go(world, Account(described("cpu", state="OK")), "--send", sqs=sqs) == 1
    assert kinds(capsys.readouterr().out) == {"cpu": "over"}
    (body,) = sqs.bodies
    handle(world, sqs_event(body))
    world.run(400)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_a_deleted_alarm_is_over_only_where_every_kind_was_answered(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert go(world, Account()) == 1
    assert kinds(capsys.readouterr().out) == {"cpu": "over"}
    assert go(world, Account(model=OLD)) == 0


@pytest.mark.parametrize("missing", [1, 2])
def test_where_a_page_is_missing_nothing_is_known(world: World, missing: int) -> None:
    with pytest.raises(CloudUnreadable, match="Throttling"):
        go(world, Account(missing=missing))


def test_an_answer_by_name_that_is_missing_ends_nothing(world: World) -> None:
    assert go(world, Account(missing=3)) == 0


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"state": "INSUFFICIENT_DATA", "StateTransitionedTimestamp": NOW - NO_DATA_FOR}, "no data since"),
        ({"ActionsEnabled": False}, "disabled"),
        ({"AlarmActions": []}, "no action for ALARM"),
        ({"OKActions": []}, "no action for OK"),
        ({"EvaluationState": "EVALUATION_ERROR"}, "EVALUATION_ERROR"),
        ({"EvaluationState": "IN_WARM_UP"}, ""),
        ({"state": "INSUFFICIENT_DATA", "StateTransitionedTimestamp": NOW - timedelta(days=6)}, ""),
    ],
)
def test_an_alarm_that_can_never_help_is_named_with_the_reason(more: dict[str, Any], why: str) -> None:
    found = [one.why for one in never_help([described("cpu", **more)], now=NOW)]
    assert (len(found), why in "".join(found)) == (bool(why), True)


def test_an_alarm_without_an_action_for_ok_is_not_said_to_help_never() -> None:
    (late,) = never_help([described("cpu", OKActions=[])], now=NOW)
    (never,) = never_help([described("cpu", OKActions=[], EvaluationState="EVALUATION_ERROR")], now=NOW)
    assert (late.kind, never.kind) == ("resolves late", "never helps")


def test_only_alarms_of_the_environment_are_listed() -> None:
    foreign = described("cpu", topic="arn:aws:sns:eu-central-1:111122223333:theirs", OKActions=[])
    own = described("prod-orders-cpu", AlarmActions=[], OKActions=[])
    answer: dict[str, Any] = {"MetricAlarms": [foreign, own]}
    account: Any = SimpleNamespace(meta=SimpleNamespace(service_model=MODEL), describe_alarms=lambda **_: answer)
    assert [one["AlarmName"] for one in reconcile.described(account, "prod")] == ["prod-orders-cpu"]
