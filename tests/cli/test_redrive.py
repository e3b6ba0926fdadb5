"""`alertrelay redrive`: what is done with each dead letter, on queues in memory and once on the deployed stack."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.alert import rfc3339
from alertrelay.groups.dead_letters import DeadLetterQueue, Letter, judge
from alertrelay.memory.ports import ManualClock
from botocore.exceptions import ClientError

from cli import cloud, redrive
from cli.command import parser
from cli.recovery.queues import Handled, Redrive, queues_of
from local.stack.day import DayRun
from local.stack.deployed import deploy
from tests.cli.aws import outputs_client
from tests.dispatch.world import START, alarm
from tests.runtime.test_sent_back import failed, notification, sns_event

SLACK = "alertrelay-prod-slack-forwarder"
FUNCTIONS = ("alertrelay-prod-email-forwarder", "alertrelay-prod-pagerduty-forwarder", SLACK)
COMPANION = "alertrelay-prod-companion"
EXPIRED = DeadLetterQueue(name=f"{SLACK}-expired", holder="forwarder", function=SLACK)
RULES = DeadLetterQueue(name="alertrelay-prod-rule-failures", holder="rules")
SCORER = DeadLetterQueue(name="alertrelay-prod-anomaly-scorer-failed", holder="scorer")
TICKS = DeadLetterQueue(name="alertrelay-prod-intake-failed", holder="runs")
REFUSED = DeadLetterQueue(name="alertrelay-prod-intake-refused", holder="refused")
LAPSED = DeadLetterQueue(name="alertrelay-prod-companion-lapsed", holder="companion", function=COMPANION)
CPU = notification(alarm("cpu"))
ECS = {"version": "0", "id": "e1", "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {}}
TOPIC, FUNCTION = "arn:aws:sns:eu-west-1:1:alertrelay-prod-warning", "arn:aws:lambda:eu-west-1:1:function:f:live"
FLUSH = {"do": "flush", "gid": "slack-0", "at": START.isoformat()}
RECEIVE = {"do": "receive", "envelope": alarm("cpu").to_json(), "told": {}}


def letter(body: object, **attributes: str) -> Letter:
    text = body if isinstance(body, str) else json.dumps(body)
    return Letter(message_id="m-1", body=text, sent_at=START, attributes=attributes)


@pytest.mark.parametrize(
    ("queue", "found", "action", "about"),
    [
        (EXPIRED, letter(CPU), "replay", "HighCPU firing"),
        (EXPIRED, letter(failed(sns_event(CPU))), "replay", "HighCPU firing"),
        (EXPIRED, letter(RECEIVE), "replay", "HighCPU firing"),
        (EXPIRED, letter(FLUSH), "replay", "slack-0"),
        (EXPIRED, letter({"do": "bury", "gid": "slack-0", "alerts": ["HighCPU 0 firing"]}), "replay", "HighCPU 0"),
        (EXPIRED, letter("\x00 disk is full"), "replay", "RawMessage firing: disk is full"),
        (EXPIRED, letter({"do": "tick"}), "delete", "a tick"),
        (EXPIRED, letter(failed({"do": "tick"})), "delete", "a tick"),
        (EXPIRED, letter({"do": "record", "gid": "slack-0"}), "leave", "'record'"),
        (EXPIRED, letter({**FLUSH, "at": "soon"}), "leave", "'flush'"),
        (EXPIRED, letter({"do": "hibernate", "gid": "slack-0"}), "leave", "'hibernate'"),
        (RULES, letter(ECS, TARGET_ARN=TOPIC, RULE_ARN="r"), "replay", ""),
        (RULES, letter(ECS, TARGET_ARN=FUNCTION, RULE_ARN="r"), "delete", "function:f"),
        (RULES, letter(ECS, TARGET_ARN="arn:aws:events:eu-west-1:1:api-destination/x"), "leave", "api-destination"),
        (RULES, letter(ECS), "leave", "unnamed"),
        (TICKS, letter({}), "delete", "a run of alertrelay-prod-intake"),
        (REFUSED, letter("no alert"), "leave", "a post to the intake: no alert"),
        (SCORER, letter(failed({"do": "score"})), "delete", "anomaly-scorer"),
        (LAPSED, letter(CPU), "replay", "to be annotated: HighCPU firing"),
    ],
)
def test_each_dead_letter_is_sent_deleted_or_left_for_a_reason(
    queue: DeadLetterQueue, found: Letter, action: str, about: str
) -> None:
    judged = judge(queue, found, functions=FUNCTIONS)
    assert judged.action == action
    assert about in judged.about
    assert judged.why
    assert bool(judged.to) == bool(judged.body) == (action == "replay")


def test_the_queues_of_every_function_of_a_stack_are_known() -> None:
    outputs = {f"Function{n}": f"alertrelay-prod-{n.lower()}-forwarder" for n in ("Slack", "Email")}
    outputs |= {"FunctionIntake": "alertrelay-prod-intake", "SloFunction": "alertrelay-prod-slo"}
    outputs |= {"CompanionFunction": COMPANION}
    found = queues_of(cloud.DeployedStack(stack="alertrelay-prod", status="", outputs=outputs))
    assert [one.name.removeprefix("alertrelay-prod-") for one in found if one.holder != "forwarder"] == [
        "rule-failures",
        "slo-failed",
        "intake-failed",
        "intake-refused",
        "companion-lapsed",
    ]
    assert {one.function for one in found if one.holder == "forwarder"} == {
        "alertrelay-prod-email-forwarder",
        "alertrelay-prod-slack-forwarder",
    }


def test_an_event_for_a_topic_goes_to_every_forwarder() -> None:
    judged = judge(RULES, letter(ECS, TARGET_ARN=TOPIC), functions=FUNCTIONS)
    sent = json.loads(judged.body)
    assert (judged.to, sent["TopicArn"], json.loads(sent["Message"])) == (FUNCTIONS, TOPIC, ECS)
    assert (sent["MessageId"], sent["Timestamp"]) == ("m-1", rfc3339(START))


class Queues:
    """SQS in memory, as far as it is asked here. `refuse` fails an operation on a queue."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.held: dict[str, list[dict[str, Any]]] = {}
        self.hidden: dict[str, set[str]] = {}
        self.sent_at: list[float] = []
        self.refuse: set[tuple[str, str]] = set()
        self.ids = itertools.count()

    def put(self, queue: str, body: object) -> None:
        number = f"m-{next(self.ids)}"
        message = {"MessageId": number, "ReceiptHandle": f"h-{number}", "Body": json.dumps(body)}
        message["Attributes"] = {"SentTimestamp": str(int(START.timestamp() * 1000))}  # type: ignore[assignment]
        self.held.setdefault(queue, []).append(message)

    def visible(self, queue: str) -> list[dict[str, Any]]:
        return [m for m in self.held.get(queue, []) if m["ReceiptHandle"] not in self.hidden.get(queue, ())]

    def _allow(self, operation: str, queue: str) -> None:
        if (operation, queue) in self.refuse:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)

    def get_queue_url(self, **given: str) -> dict[str, str]:
        self._allow("GetQueueUrl", given["QueueName"])
        return {"QueueUrl": given["QueueName"]}

    def get_queue_attributes(self, **given: Any) -> dict[str, dict[str, str]]:
        (name,), queue = given["AttributeNames"], given["QueueUrl"]
        self._allow("GetQueueAttributes", queue)
        return {"Attributes": {name: str(len(self.held.get(queue, [])) - len(self.visible(queue)))}}

    def receive_message(self, **given: Any) -> dict[str, Any]:
        queue = given["QueueUrl"]
        found = self.visible(queue)[: given["MaxNumberOfMessages"]]
        self.hidden.setdefault(queue, set()).update(m["ReceiptHandle"] for m in found)
        return {"Messages": found} if found else {}

    def send_message(self, **given: str) -> None:
        self._allow("SendMessage", given["QueueUrl"])
        self.sent_at.append(self.clock.now().timestamp())
        self.put(given["QueueUrl"], json.loads(given["MessageBody"]))

    def delete_message(self, **given: str) -> None:
        queue = given["QueueUrl"]
        self._allow("DeleteMessage", queue)
        self.held[queue] = [m for m in self.held[queue] if m["ReceiptHandle"] != given["ReceiptHandle"]]

    def change_message_visibility_batch(self, **given: Any) -> None:
        self.hidden[given["QueueUrl"]] -= {entry["ReceiptHandle"] for entry in given["Entries"]}


@pytest.fixture
def sqs() -> Queues:
    return Queues(ManualClock())


def go(sqs: Queues, *, replay: bool, per_second: float = 5.0) -> list[Handled]:
    client: Callable[[str], Any] = lambda _: sqs  # noqa: E731
    work = Redrive(client=client, clock=sqs.clock, functions=FUNCTIONS, replay=replay, per_second=per_second)
    return list(work.go(EXPIRED))


def test_the_dry_run_shows_everything_and_leaves_everything_visible(sqs: Queues) -> None:
    for body in (CPU, *[FLUSH] * 24, {"do": "tick"}):
        sqs.put(EXPIRED.name, body)
    assert [one.done for one in go(sqs, replay=False)] == ["would send"] * 25 + ["would delete"]
    assert len(sqs.visible(EXPIRED.name)) == 26
    assert sqs.sent_at == []


def test_a_replay_sends_what_is_to_be_sent_and_keeps_only_what_is_left(sqs: Queues) -> None:
    for body in (CPU, {"do": "tick"}, {"do": "hibernate"}):
        sqs.put(EXPIRED.name, body)
    assert [one.done for one in go(sqs, replay=True)] == ["sent", "deleted", "left"]
    assert [json.loads(m["Body"]) for m in sqs.held[f"{SLACK}-timers"]] == [CPU]
    assert [json.loads(m["Body"]) for m in sqs.visible(EXPIRED.name)] == [{"do": "hibernate"}]
    assert [one.done for one in go(sqs, replay=True)] == ["left"]


def test_what_lapsed_goes_to_the_companion_alone(sqs: Queues) -> None:
    sqs.put(LAPSED.name, CPU)
    client: Callable[[str], Any] = lambda _: sqs  # noqa: E731
    work = Redrive(client=client, clock=sqs.clock, functions=FUNCTIONS, replay=True, per_second=5.0)
    assert [one.done for one in work.go(LAPSED)] == ["sent"]
    assert sqs.held == {LAPSED.name: [], f"{COMPANION}-arrivals": sqs.held[f"{COMPANION}-arrivals"]}


def test_a_replay_keeps_to_its_rate(sqs: Queues) -> None:
    for _ in range(30):
        sqs.put(EXPIRED.name, FLUSH)
    go(sqs, replay=True, per_second=2.0)
    gaps = [b - a for a, b in itertools.pairwise(sqs.sent_at)]
    assert len(sqs.sent_at) == 30
    assert min(gaps) == pytest.approx(0.5)


def test_the_queue_of_the_help_s_example_is_one_that_a_stack_has(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["redrive", "--help"])
    (named,) = re.findall(r"--queue (\S+) +--replay", capsys.readouterr().out)
    deployed = cloud.stack_of("prod", outputs_client(FunctionSlack=SLACK))
    assert deployed is not None
    assert [one.name for one in queues_of(deployed, [named])] == [f"{SLACK}-failed"]


def test_what_another_redrive_holds_is_counted_and_neither_lost_nor_sent_twice(
    sqs: Queues, capsys: pytest.CaptureFixture[str]
) -> None:
    client = outputs_client(FunctionSlack=SLACK, sqs=sqs)
    sqs.put(EXPIRED.name, CPU)
    sqs.put(EXPIRED.name, FLUSH)
    held = sqs.receive_message(QueueUrl=EXPIRED.name, MaxNumberOfMessages=1)["Messages"]
    replay = ["redrive", "--env", "prod", "--queue", "expired", "--replay"]
    assert redrive.redrive(parser().parse_args(replay), client, sqs.clock) == 1
    out = capsys.readouterr().out
    assert ("1 sent" in out, f"{EXPIRED.name}: about 1 message held by another redrive" in out) == (True, True)
    assert redrive.redrive(parser().parse_args([*replay, "--json"]), client, sqs.clock) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["messages"], found["held"]) == ([], {EXPIRED.name: 1})
    entries = [{"Id": "0", "ReceiptHandle": held[0]["ReceiptHandle"], "VisibilityTimeout": 0}]
    sqs.change_message_visibility_batch(QueueUrl=EXPIRED.name, Entries=entries)
    assert redrive.redrive(parser().parse_args(replay), client, sqs.clock) == 0
    assert [json.loads(m["Body"]) for m in sqs.held[f"{SLACK}-timers"]] == [FLUSH, CPU]


def test_a_queue_whose_held_messages_may_not_be_counted_is_replayed(
    sqs: Queues, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs.put(EXPIRED.name, CPU)
    sqs.refuse.add(("GetQueueAttributes", EXPIRED.name))
    client = outputs_client(FunctionSlack=SLACK, sqs=sqs)
    words = ["redrive", "--env", "prod", "--queue", "expired", "--replay"]
    assert redrive.redrive(parser().parse_args(words), client, sqs.clock) == 2
    printed = capsys.readouterr()
    assert "1 sent" in printed.out
    assert f"what is held of the queue {EXPIRED.name}: GetQueueAttributes is not allowed" in printed.err


def test_a_slow_replay_takes_no_more_than_it_sends_while_it_holds_them(sqs: Queues) -> None:
    for _ in range(5):
        sqs.put(EXPIRED.name, FLUSH)
    client: Callable[[str], Any] = lambda _: sqs  # noqa: E731
    work = Redrive(client=client, clock=sqs.clock, functions=FUNCTIONS, replay=True, per_second=0.01)
    next(work.go(EXPIRED))
    assert len(sqs.visible(EXPIRED.name)) == 4


@pytest.mark.parametrize("operation", ["SendMessage", "DeleteMessage"])
def test_what_cannot_be_sent_or_deleted_stays_and_is_named(sqs: Queues, operation: str) -> None:
    sqs.put(EXPIRED.name, CPU)
    queue = EXPIRED.name if operation == "DeleteMessage" else f"{SLACK}-timers"
    sqs.refuse.add((operation, queue))
    (handled,) = go(sqs, replay=True)
    assert handled.done == "failed"
    assert "AccessDenied" in handled.fault
    assert len(sqs.visible(EXPIRED.name)) == 1


def test_a_replayed_alert_is_delivered_once_however_often_it_is_sent(
    begin: Callable[..., DayRun], capsys: pytest.CaptureFixture[str]
) -> None:
    stack = begin(deployment=deploy).stack
    deployed = cloud.stack_of("prod", stack.emulator.client)
    assert deployed is not None
    letters = {name for name in stack.deployed.queues if not name.endswith(("-timers", "-inbox"))}
    assert {one.name for one in queues_of(deployed)} == letters
    client, sqs = stack.emulator.client, stack.emulator.client("sqs")
    for _ in range(2):
        sqs.send_message(QueueUrl=stack.deployed.queues[f"{SLACK}-undelivered"], MessageBody=json.dumps(CPU))
    sqs.send_message(QueueUrl=stack.deployed.queues[f"{SLACK}-expired"], MessageBody='{"do": "hibernate"}')
    words = ["redrive", "--env", "prod", "--json"]
    assert redrive.redrive(parser().parse_args(words), client, stack.clock) == 1
    assert [one["done"] for one in json.loads(capsys.readouterr().out)["messages"]] == [
        "would send",
        "would send",
        "left",
    ]
    stack.clock.sleep(1)  # what was looked at is visible again
    assert redrive.redrive(parser().parse_args([*words, "--replay"]), client, stack.clock) == 1
    assert json.loads(capsys.readouterr().out)["replayed"]
    stack.run_until(stack.clock.now() + timedelta(minutes=2))
    posted = [
        one.body["channel"] for one in stack.received if one.channel == "slack" and "HighCPU" in json.dumps(one.body)
    ]
    assert posted
    assert sorted(posted) == sorted(set(posted))  # once for each of its receivers
    stack.clock.sleep(1)
    args = parser().parse_args(["redrive", "--env", "prod", "--queue", "undelivered"])
    assert redrive.redrive(args, client, stack.clock) == 0
    assert capsys.readouterr().out.strip() == "the dead-letter queues are empty"


def test_a_queue_that_may_not_be_read_hides_no_other(
    sqs: Queues, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs.refuse.add(("GetQueueUrl", f"{SLACK}-failed"))
    sqs.put(EXPIRED.name, CPU)
    client = outputs_client(FunctionSlack=SLACK, sqs=sqs)
    assert redrive.redrive(parser().parse_args(["redrive", "--env", "prod"]), client, sqs.clock) == 2
    printed = capsys.readouterr()
    assert "HighCPU firing" in printed.out
    assert f"{SLACK}-failed: GetQueueUrl is not allowed" in printed.err


def test_a_queue_that_is_not_there_is_refused_with_those_that_are(sqs: Queues) -> None:
    client = outputs_client(FunctionSlack=SLACK, sqs=sqs)
    args = parser().parse_args(["redrive", "--env", "prod", "--queue", "lost"])
    with pytest.raises(cloud.CloudUnreadable, match=f"there are: {SLACK}-undelivered"):
        redrive.redrive(args, client, sqs.clock)
