"""The auditor's function: what its schedules ask for, what it sends, counts and mails."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from alertrelay.channels.transport.connection import Network
from alertrelay.dispatch.audit.drift import SECRET_AGE, DeployedNow, Expected
from alertrelay.dispatch.audit.ports import AuditedAccount
from alertrelay.memory.ports import ManualClock, MemorySecrets
from alertrelay.ports import DeliveryFailure, Key, Retryable, SelfAlert
from alertrelay.runtime import auditor, audits
from alertrelay.runtime.auditor import DRILL, HEARTBEAT, RECONCILE, WEEKLY, handle
from alertrelay.runtime.audits import Audited, AuditIncomplete, Drilling
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import SELF_TEST
from alertrelay.sources import Envelope
from alertrelay.state import StoreFailure

from local.standins import Fault, StandIns
from tests.audit.cloudwatch import CloudWatch
from tests.audit.test_reconcile import account
from tests.aws.test_alarms_survey import NOW, TOPIC, described
from tests.dispatch.world import World, alarm
from tests.runtime.test_sent_back import handle as forward
from tests.runtime.test_sent_back import sqs_event

SLACK = "alertrelay-prod-slack-forwarder"
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 600_000, aws_request_id="r")
ENVIRON = {
    "AWS_REGION": "eu-central-1",
    "ALERTRELAY_ENV": "prod",
    "ALERTRELAY_TABLE": "state",
    "ALERTRELAY_QUEUES": json.dumps(["https://sqs.example.com/a-timers"]),
    "ALERTRELAY_TOPICS": json.dumps([TOPIC]),
    "ALERTRELAY_OPS_TOPIC_ARN": TOPIC.replace("critical", "ops"),
    "ALERTRELAY_ACCOUNT_ID": "111122223333",
    "ALERTRELAY_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:keys",
    "ALERTRELAY_FUNCTIONS": json.dumps([SLACK]),
    "ALERTRELAY_CONFIG_HASH": "c0ffee",
    "ALERTRELAY_AUDIT_ROLES": json.dumps(["arn:aws:iam::444455556666:role/alertrelay-audit"]),
}


@pytest.fixture
def world() -> World:
    return World(clock=ManualClock(NOW))


EXPECTED = Expected(topics=[TOPIC], ops=TOPIC.replace("critical", "ops"), functions=[SLACK], config_hash="c0ffee")


def sound(**other: Any) -> DeployedNow:
    """A deployment that is as it was made, save for `other`."""
    alias = f"arn:aws:lambda:eu-central-1:111122223333:function:{SLACK}:live"
    return replace(
        DeployedNow(
            subscribers=lambda topic: ["ops@example.com"] if topic.endswith("-ops") else [alias],
            enabled=lambda _rule: True,
            config_hash=lambda _function: "c0ffee",
            changed=lambda: NOW,
        ),
        **other,
    )


class Ran:
    """One auditor beside the relay in memory, with what it sent and mailed."""

    def __init__(self, world: World, *accounts: AuditedAccount) -> None:
        self.bodies: list[str] = []
        self.mails: list[SelfAlert] = []
        self.pinged: list[str] = []
        self.deployed = sound()
        self.answers: int | DeliveryFailure = 200
        self.audited = Audited(
            environment="prod",
            accounts=lambda: accounts,
            table=world.memory,
            queues=[self.bodies.append],
            topics=[TOPIC],
            clock=world.clock,
            observer=Observer(service="auditor", level="", namespace="alertrelay", also=None, environment="prod"),
            alert_ops=self.mails.append,
            drilling=None,
            secrets=MemorySecrets({"heartbeat": ["https://dead.example.com/s3cr3t"]}),
            heartbeat_key="heartbeat",
            ping=self.ping,
            deployed=self.deployed,
            expected=EXPECTED,
        )

    def ping(self, key: Key) -> int:
        """Answers 200, or as `answers` says."""
        self.pinged.append(key.value)
        if isinstance(self.answers, DeliveryFailure):
            raise self.answers
        return self.answers

    def go(self, event: Any = RECONCILE) -> Any:
        return handle(self.audited, event, CONTEXT)


def metrics(out: str) -> dict[str, float]:
    """The metrics that were written, by name."""
    lines = [json.loads(line) for line in out.splitlines()]
    found = [
        (line, one["Name"])
        for line in lines
        for d in line.get("_aws", {}).get("CloudWatchMetrics", ())
        for one in d["Metrics"]
    ]
    return {name: line[name][0] if isinstance(line[name], list) else line[name] for line, name in found}


def test_what_was_missed_is_sent_to_the_forwarders_and_counted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(world, account(CloudWatch(described("disk"))))
    ran.go()
    found = metrics(capsys.readouterr().out)
    assert found == {"TimersOverdue": 0, "AlarmsMissed": 1, "AccountsNotRead": 0, "AuditsDone": 1, "Drifts": 0}
    (body,) = ran.bodies
    forward(world, sqs_event(body))
    world.run(400)
    assert [action for action, _ in world.pages()] == ["trigger"]
    ran.go()
    assert metrics(capsys.readouterr().out)["AlarmsMissed"] == 0
    assert len(ran.bodies) == 1


def test_an_account_that_is_not_read_is_counted_and_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    throttled = CloudWatch(described("disk"), fails=lambda _op, _n: "Throttling")
    Ran(world, account(throttled), account(CloudWatch(), "444455556666")).go()
    out = capsys.readouterr().out
    assert metrics(out) == {"TimersOverdue": 0, "AlarmsMissed": 0, "AccountsNotRead": 1, "AuditsDone": 1, "Drifts": 0}
    assert "account_not_read" in out


def test_where_the_table_fails_nothing_is_sent_and_the_run_is_not_counted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing:
        def due(self, *_args: Any, **_given: Any) -> Any:
            raise StoreFailure("the table: secret words")

    ran = Ran(world, account(CloudWatch(described("disk"))))
    ran.audited = replace(ran.audited, table=Failing())  # type: ignore[arg-type] # it never gets further
    with pytest.raises(AuditIncomplete, match=r"^StoreFailure$"):
        ran.go()
    out = capsys.readouterr().out
    assert (ran.bodies, metrics(out), "secret words" in out) == ([], {}, False)


def test_the_weekly_list_names_each_alarm_with_its_reasons_and_no_more_than_fit(world: World) -> None:
    useless = [described(f"a{number:03}", state="OK", OKActions=[]) for number in range(audits.LISTED + 2)]
    ran = Ran(world, account(CloudWatch(*useless)))
    ran.go(WEEKLY)
    (mail,) = ran.mails
    lines = mail.text.splitlines()
    assert (mail.name, len(lines)) == ("AlarmsNeverHelp", audits.LISTED + 2)
    why = "it has no action for OK, so its alert is resolved by the next audit, or before its repeat"
    assert lines[1] == f"- a000 (111122223333): {why}"
    assert lines[-1] == "and 2 more: alertrelay reconcile lists all"


def test_where_every_alarm_can_help_there_is_no_mail(world: World) -> None:
    ran = Ran(world, account(CloudWatch(described("cpu"))))
    ran.go(WEEKLY)
    assert ran.mails == []


def test_the_root_builds_an_account_for_the_stack_and_for_each_role() -> None:
    built = auditor.build(ENVIRON, clock=ManualClock(NOW))
    accounts: Sequence[AuditedAccount] = built.accounts()
    assert [one.prefix for one in accounts] == [
        "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:",
        "arn:aws:cloudwatch:eu-central-1:444455556666:alarm:",
    ]
    assert handle(built, SELF_TEST, CONTEXT) == {"self_test": "passed", "accounts": 2}


def test_an_event_of_nobody_changes_nothing(world: World) -> None:
    ran = Ran(world, account(CloudWatch(described("disk", StateTransitionedTimestamp=NOW - timedelta(days=1)))))
    assert ran.go({"do": "something"}) is None
    assert (ran.bodies, ran.mails) == ([], [])


def test_the_heartbeat_is_sent_while_nothing_is_overdue(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(world)
    ran.go(HEARTBEAT)
    assert ran.pinged == ["https://dead.example.com/s3cr3t"]
    assert metrics(capsys.readouterr().out) == {"TimersOverdue": 0}
    world.publish(alarm("cpu", at=world.clock.now()))
    world.clock.sleep(5 * 3600)  # its repeat is due, and no tick comes
    ran.go(HEARTBEAT)
    out = capsys.readouterr().out
    assert (len(ran.pinged), metrics(out)["TimersOverdue"] > 0) == (1, True)
    assert "groups are overdue" in out


@pytest.mark.parametrize(
    ("answers", "said"),
    [(Retryable("the heartbeat did not answer in time"), "did not answer in time"), (503, "the address answers 503")],
    ids=["it hangs", "it refuses"],
)
def test_an_address_that_fails_stops_nothing_and_is_not_shown(
    world: World, answers: int | DeliveryFailure, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(world)
    ran.answers = answers
    assert ran.go(HEARTBEAT) is None
    out = capsys.readouterr().out
    assert (said in out, "s3cr3t" in out) == (True, False)


def test_a_heartbeat_without_its_key_is_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(world)
    ran.audited = replace(ran.audited, heartbeat_key="missing")
    ran.go(HEARTBEAT)
    assert "the secret has no key 'missing'" in capsys.readouterr().out


@pytest.mark.parametrize("fault", ["timeout", "trickle"])
def test_an_address_that_hangs_or_trickles_is_given_up_in_time(fault: str) -> None:
    with StandIns(kinds=["webhook"]) as peers:
        peers.fail("webhook", Fault.named(fault))
        ping = auditor.pinging(Network(endpoints=peers.endpoints, haste=50.0))
        with pytest.raises(Retryable, match="the heartbeat"):
            ping(Key("heartbeat", f"{next(iter(peers.endpoints.values()))}/s3cr3t", "0"))


def drilled(world: World, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, float], str]:
    """The metrics and the log of a drill in a relay whose clock moves while the drill waits."""
    ran = Ran(world)

    def publish(message: str) -> None:
        world.publish(Envelope(text=message, topic_arn=TOPIC))

    drilling = Drilling(config=world.config, severity="critical", within=60, publish=publish)
    ran.audited = replace(ran.audited, drilling=drilling, clock=Ticking(world))
    ran.go(DRILL)
    out = capsys.readouterr().out
    return metrics(out), out


class Ticking:
    """A clock that lives through what is due while somebody sleeps."""

    def __init__(self, world: World) -> None:
        self.world = world

    def now(self) -> Any:
        return self.world.clock.now()

    def sleep(self, seconds: float) -> None:
        self.world.run(seconds)


def test_a_drill_measures_the_way_to_each_channel_and_resolves(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    found, _ = drilled(world, capsys)
    assert found["DrillsLate"] == 0
    assert found["DrillLatency"] < 60
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_a_drill_that_a_channel_does_not_accept_is_late(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.senders["pagerduty"].always = Retryable("it answered 503")
    found, out = drilled(world, capsys)
    assert found["DrillsLate"] == 1
    lines = [json.loads(line) for line in out.splitlines() if '"drilled"' in line]
    assert [one["integration"] for one in lines if "seconds" not in one] == ["pager/pagerduty/0"]


def test_a_drill_never_joins_a_real_group(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.publish(alarm("cpu", at=world.clock.now(), service="alertrelay-drill"))
    before = len(world.pages())
    found, out = drilled(world, capsys)
    assert (found["DrillsLate"], len(world.pages())) == (0, before)
    assert "its group holds HighCPU" in out


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"subscribers": lambda topic: ["ops@example.com"] if topic.endswith("-ops") else []}, "is not subscribed"),
        (
            {"subscribers": lambda topic: [""] if topic.endswith("-ops") else [f":function:{SLACK}:live"]},
            "confirmed",
        ),
        ({"enabled": lambda _rule: False}, f"the rule {SLACK}-tick is disabled"),
        ({"config_hash": lambda _function: "other"}, "another configuration"),
        ({"changed": lambda: NOW - SECRET_AGE - timedelta(days=1)}, "was last changed on 2025"),
    ],
)
def test_what_is_not_as_it_was_deployed_is_counted_and_named(
    world: World, other: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(world)
    ran.audited = replace(ran.audited, deployed=sound(**other))
    ran.go()
    out = capsys.readouterr().out
    assert (metrics(out)["Drifts"], said in out) == (1, True)


def test_where_aws_does_not_say_what_is_deployed_alarms_are_compared(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def denied(*_asked: Any) -> Any:
        raise PermissionError("secret words")

    ran = Ran(world, account(CloudWatch(described("disk"))))
    ran.audited = replace(ran.audited, deployed=sound(enabled=denied))
    ran.go()
    out = capsys.readouterr().out
    assert (len(ran.bodies), metrics(out)["Drifts"], "secret words" in out) == (1, 0, False)
