"""The alarms of an account beside the open alerts: what was missed, what is over, and what is not known."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.aws.alarms.inventory import audited_account
from alertrelay.channels import KINDS
from alertrelay.dispatch.audit import run
from alertrelay.dispatch.audit.ports import AuditedAccount
from alertrelay.dispatch.audit.reconcile import FOUND, MUTES_UNKNOWN, Difference
from alertrelay.dispatch.audit.run import reconciled, send
from alertrelay.memory.ports import ManualClock
from botocore.exceptions import ClientError

from tests.audit.cloudwatch import CloudWatch
from tests.aws.test_alarms_ended import CONTRIBUTORS, OLD, model_without
from tests.aws.test_alarms_survey import ARN, NOW, TOPIC, described
from tests.dispatch.world import World, alarm
from tests.runtime.test_sent_back import handle, sqs_event

TOPICS = TOPIC.removesuffix("critical")
QUERY: Mapping[str, Any] = {"Metrics": [{"Id": "q", "Expression": "SELECT MAX(Errors) FROM Shop GROUP BY Shop"}]}
BEFORE = NOW - timedelta(hours=1)


def account(cloudwatch: CloudWatch, number: str = "111122223333") -> AuditedAccount:
    return asked(lambda: cloudwatch, number)


def asked(client: Callable[[], Any], number: str, *, now: Callable[[], datetime] = lambda: NOW) -> AuditedAccount:
    return audited_account(
        client,
        account=number,
        region="eu-central-1",
        topics=TOPICS,
        now=now,
        client_of=lambda _service: client(),
    )


def found(world: World, *accounts: AuditedAccount, log: list[str] | None = None) -> list[Difference]:
    said: list[str] = [] if log is None else log
    results = reconciled(
        accounts,
        world.memory,
        KINDS,
        now=world.clock.now,
        log=lambda event, **fields: said.append(f"{event} {fields.get('account', '')} {fields.get('failure', '')}"),
    )
    return [one for result in results for one in result.found]


def names(differences: list[Difference]) -> dict[str, str]:
    return {one.alarm.removeprefix(ARN): one.kind for one in differences}


def contributor(name: str, since: Any = BEFORE) -> dict[str, Any]:
    return {
        "ContributorId": name,
        "ContributorAttributes": {"Shop": name},
        "StateReason": "crossed",
        "StateTransitionedTimestamp": since,
    }


def opened(world: World, one: Difference) -> None:
    """Sends the update of a difference to the relay, as the queue of a forwarder brings it."""
    bodies: list[str] = []
    assert send([one], [bodies.append], world.clock, deadline=None) == 1
    handle(world, sqs_event(bodies[0]))
    world.run(400)


@pytest.fixture
def empty() -> World:
    return World(clock=ManualClock(NOW))


@pytest.fixture
def world() -> World:
    """An hour after an alarm of CPU was notified."""
    made = World(clock=ManualClock(BEFORE))
    made.publish(alarm("cpu", at=made.clock.now()))
    made.clock.sleep(3600)
    return made


@pytest.mark.parametrize("kind", ["MetricAlarm", "CompositeAlarm", "LogAlarm"])
def test_an_alarm_of_any_type_that_fires_in_no_group_was_missed(empty: World, kind: str) -> None:
    own: dict[str, Any] = described("disk")
    if kind != "MetricAlarm":
        own = {name: own[name] for name in own if name.startswith(("Alarm", "State", "OK"))}
    one = CloudWatch(other={kind: [own]}) if kind != "MetricAlarm" else CloudWatch(own)
    assert names(found(empty, account(one))) == {"disk": "missed"}


def test_each_contributor_is_compared_by_itself(empty: World) -> None:
    cloudwatch = CloudWatch(
        described("errors", **QUERY), contributors={"errors": [contributor("a"), contributor("b")]}, page=1
    )
    differences = found(empty, account(cloudwatch))
    assert names(differences) == {"errors#a": "missed", "errors#b": "missed"}
    opened(empty, differences[0])
    assert names(found(empty, account(cloudwatch))) == {"errors#b": "missed"}


def test_a_contributor_that_vanished_without_an_ok_is_resolved(empty: World) -> None:
    firing = CloudWatch(described("errors", **QUERY), contributors={"errors": [contributor("a"), contributor("b")]})
    for one in found(empty, account(firing)):
        opened(empty, one)
    empty.run(1200)
    left = CloudWatch(described("errors", **QUERY), contributors={"errors": [contributor("b")]})
    (over,) = reconciled_now(empty, left)
    assert (over.kind, over.alarm.removeprefix(ARN), over.why) == (
        "over",
        "errors#a",
        "its contributor is no longer there",
    )
    opened(empty, over)
    assert reconciled_now(empty, left) == []


def reconciled_now(world: World, cloudwatch: CloudWatch) -> list[Difference]:
    return found(world, asked(lambda: cloudwatch, "111122223333", now=world.clock.now))


def test_contributors_that_cannot_be_asked_for_are_neither_missed_nor_over(empty: World) -> None:
    firing = CloudWatch(described("errors", **QUERY), contributors={"errors": [contributor("a")]})
    (missed,) = found(empty, account(firing))
    opened(empty, missed)
    empty.run(1200)
    old = CloudWatch(described("errors", **QUERY), model=model_without(*CONTRIBUTORS))
    throttled = CloudWatch(
        described("errors", **QUERY), fails=lambda op, _: "Throttling" if op == "DescribeAlarmContributors" else ""
    )
    assert reconciled_now(empty, old) == reconciled_now(empty, throttled) == []


def test_an_alarm_of_a_type_that_cannot_be_asked_for_is_not_deleted(empty: World) -> None:
    own = {n: v for n, v in described("disk").items() if n.startswith(("Alarm", "State", "OK"))}
    (missed,) = found(empty, account(CloudWatch(other={"LogAlarm": [own]})))
    opened(empty, missed)
    empty.run(1200)
    assert reconciled_now(empty, CloudWatch(model=OLD)) == []
    assert names(reconciled_now(empty, CloudWatch())) == {"disk": "over"}


def test_what_a_mute_rule_holds_back_was_not_missed(empty: World) -> None:
    rule = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm-mute-rule:night"
    assert found(empty, account(CloudWatch(described("disk"), mutes={"disk": [rule]}))) == []


def test_where_mute_rules_may_not_be_read_an_alarm_is_sent_and_says_so(empty: World) -> None:
    denied = CloudWatch(described("disk"), fails=lambda op, _: "AccessDenied" if op == "ListAlarmMuteRules" else "")
    (one,) = found(empty, account(denied))
    assert one.envelope
    assert json.loads(one.envelope.text)["NewStateReason"].startswith(FOUND + MUTES_UNKNOWN)


@pytest.mark.parametrize(
    "more",
    [
        {"ActionsEnabled": False},
        {"AlarmActions": ["arn:aws:sns:eu-central-1:111122223333:other"]},
        {"StateTransitionedTimestamp": NOW - timedelta(minutes=2)},
    ],
    ids=["its actions are disabled", "it notifies another topic", "it fires since a moment"],
)
def test_what_nobody_was_to_be_notified_of_yet_was_not_missed(empty: World, more: dict[str, Any]) -> None:
    assert found(empty, account(CloudWatch(described("disk", **more)))) == []


def test_a_composite_alarm_that_is_suppressed_was_not_missed(empty: World) -> None:
    own = {n: v for n, v in described("disk").items() if n.startswith(("Alarm", "State", "OK"))}
    suppressed = CloudWatch(other={"CompositeAlarm": [{**own, "ActionsSuppressedBy": "Alarm"}]})
    assert found(empty, account(suppressed)) == []


def test_an_ok_that_is_a_moment_old_may_be_on_its_way(world: World) -> None:
    young = described("cpu", state="OK", StateTransitionedTimestamp=NOW - timedelta(minutes=2))
    assert found(world, account(CloudWatch(young))) == []


def test_what_fires_after_an_alarm_was_taken_for_deleted_is_newer(world: World) -> None:
    (over,) = found(world, account(CloudWatch()))
    opened(world, over)
    world.publish(alarm("cpu", at=NOW + timedelta(seconds=1)))
    world.run(400)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve", "trigger"]


def test_a_resolve_of_nobody_hides_no_alarm_that_fires(world: World) -> None:
    """A forged one, or one that was found by an audit before the alarm fired again."""
    world.publish(alarm("cpu", "OK", at=NOW - timedelta(minutes=30)))
    world.run(400)
    (missed,) = reconciled_now(world, CloudWatch(described("cpu", StateTransitionedTimestamp=BEFORE)))
    assert missed.kind == "missed"
    opened(world, missed)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve", "trigger"]
    assert reconciled_now(world, CloudWatch(described("cpu", StateTransitionedTimestamp=BEFORE))) == []


def test_one_denied_account_of_ten_is_named_and_changes_nothing_for_the_others(world: World) -> None:
    def denied() -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")

    others = []
    for number in range(9):
        foreign = f"44445555000{number}"
        one = described(f"disk{number}")
        arn = one["AlarmArn"].replace("111122223333", foreign)
        others.append(account(CloudWatch({**one, "AlarmArn": arn}), foreign))
    closed = asked(denied, "111122223333")
    log: list[str] = []
    differences = found(world, closed, *others, log=log)
    # The open alert of the account that is closed is neither deleted nor over.
    assert [one.kind for one in differences] == ["missed"] * 9
    assert log == ["account_not_read 111122223333 AccessDenied"]


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_page_that_is_missing_ends_and_announces_nothing(world: World, page: int) -> None:
    alarms = [described(f"disk{number}") for number in range(3)]
    cloudwatch = CloudWatch(*alarms, page=1, fails=lambda _, number: "InternalFailure" if number == page else "")
    log: list[str] = []
    assert found(world, account(cloudwatch), log=log) == []
    assert log == ["account_not_read 111122223333 InternalFailure"]


def test_of_an_account_that_was_read_in_part_nothing_is_known(world: World) -> None:
    whole = account(CloudWatch(*(described(f"disk{number}") for number in range(3))))
    part = replace(whole, read=lambda: replace(whole.read(), unread="InternalFailure"))
    assert len(found(world, whole)) == 4
    assert found(world, part) == []


def test_thousands_of_alarms_are_read_in_pages_of_a_hundred(empty: World) -> None:
    alarms = [described(f"a{number}", state="ALARM" if number % 1000 == 0 else "OK") for number in range(3000)]
    cloudwatch = CloudWatch(*alarms)
    assert len(found(empty, account(cloudwatch))) == 3
    assert cloudwatch.calls.count("DescribeAlarms") == 30


def test_sending_stops_before_the_deadline_and_the_next_run_finds_the_rest(empty: World) -> None:
    alarms = CloudWatch(*(described(f"a{number}") for number in range(30)))
    differences = found(empty, account(alarms))
    bodies: list[str] = []
    deadline = empty.clock.now() + run.ENOUGH + timedelta(seconds=2)
    assert send(differences, [bodies.append], empty.clock, deadline=deadline) == len(bodies) == 10
    for body in bodies:
        handle(empty, sqs_event(body))
    assert len(found(empty, account(alarms))) == 20
