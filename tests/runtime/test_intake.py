"""The function of the intake as Lambda builds it: from its environment, over an emulated AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alertrelay.alert import Integration
from alertrelay.aws.scorer.notes import DynamoNotebook
from alertrelay.aws.state.store import DynamoStore
from alertrelay.channels.slack.buttons import Button, JudgedAnomaly, element
from alertrelay.intake.slack.signature import signature_of
from alertrelay.nflog.group_state import GroupHeader, GroupIdentity
from alertrelay.runtime.container import SystemClock
from alertrelay.runtime.intake import IntakeHandler

from compiler.load import load
from local.stack.emulator import Emulator
from tests.aws.state import TABLE, create
from tests.example import CONFIG
from tests.intake.door import Answer, event
from tests.serve.conftest import until

SIGNED_BY = "a-signing-secret-of-a-test"
TOKEN = "an-admin-token-of-a-test"
REGION = "eu-west-1"


class Context:
    """What Lambda passes on."""

    aws_request_id = "r"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(region=REGION, now=lambda: datetime.now(UTC)) as found:
        yield found


@pytest.fixture(scope="module")
def environ(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables that infra/intake.py sets, with what they name."""
    folder = tmp_path_factory.mktemp("task")
    loaded = load(CONFIG, "prod")
    assert loaded.config is not None
    (folder / "config.json").write_text(json.dumps(loaded.config.to_json()))
    (folder / "alertmanager.yml").write_text("route: {receiver: oncall}\n")
    create(emulator.client("dynamodb"))
    secret = emulator.client("secretsmanager").create_secret(
        Name="keys", SecretString=json.dumps({"intake_admin_token": TOKEN})
    )
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topics = {
        name: sns.create_topic(Name=f"alertrelay-prod-{name}")["TopicArn"] for name in ("critical", "warning", "info")
    }
    inbox = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    for arn in topics.values():
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:123456789012:inbox")
    return {
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": emulator.url,
        "LAMBDA_TASK_ROOT": str(folder),
        "ALERTRELAY_CONFIG": "config.json",
        "ALERTRELAY_ORIGINAL": "alertmanager.yml",
        "ALERTRELAY_TABLE": TABLE,
        "ALERTRELAY_SECRET_ARN": secret["ARN"],
        "ALERTRELAY_TOPICS": json.dumps(topics),
        "ALERTRELAY_REFUSED_URL": sqs.create_queue(QueueName="refused")["QueueUrl"],
        "ALERTRELAY_LOG_GROUPS": "[]",
        "ALERTRELAY_FORWARDERS": '["slack-forwarder"]',
        "ALERTRELAY_DEAD_LETTERS": '{"refused": "refused"}',
        "ALERTRELAY_SLACK_QUEUE_URL": sqs.create_queue(QueueName="slack")["QueueUrl"],
        "inbox": inbox,
    }


def test_it_publishes_absorbs_and_keeps_what_is_no_alert(emulator: Emulator, environ: dict[str, str]) -> None:
    handle = IntakeHandler().bound(environ, clock=SystemClock())

    def ask(method: str, target: str, body: object = None, *, token: str = TOKEN) -> Answer:
        return Answer(handle(event(method, target, body, token=token), Context()))

    def queued(name: str) -> list[Any]:
        return emulator.queued(environ[name])

    alert = {"labels": {"alertname": "Down", "severity": "critical"}}
    for _ in range(3):
        assert ask("POST", "/api/v2/alerts", [alert]).status == 200
    until(lambda: len(queued("inbox")) == 1)
    assert ask("POST", "/api/v1/alertmanager", {"text": "none"}).status == 400
    assert len(queued("ALERTRELAY_REFUSED_URL")) == 1
    assert [one["labels"]["alertname"] for one in ask("GET", "/api/v2/alerts").json] == [
        "Down"
    ]  # no forwarder runs here
    made = {"matchers": [{"name": "a", "value": "b"}], "endsAt": "2199-01-01T00:00:00Z"}
    assert ask("POST", "/api/v2/silences", made).json["silenceID"]
    assert ask("GET", "/api/v2/status").json["config"]["original"] == "route: {receiver: oncall}\n"
    assert ask("GET", "/health").json["healthy"]
    (listed,) = ask("GET", "/api/v1/overview").json["alerts"]
    page = ask("GET", f"/api/v1/alert/{listed['fingerprint']}").json
    assert {each["state"] for each in page["notifications"]} == {"pending"}
    assert ask("GET", "/api/v1/budgets").json["budgets"] == []
    letters = {each["queue"]: each for each in ask("GET", "/api/v1/undelivered").json["deadLetters"]}
    assert letters["refused"] == {"queue": "refused", "messages": 1}
    assert letters["slack-forwarder-failed"]["messages"] is None  # there is no such queue here
    assert ask("POST", "/api/v1/redrive", {"queue": "refused"}).json["handled"][0]["done"] == "left"
    assert ask("GET", "/health", token="not-the-admin-token").status == 401
    assert handle({"detail-type": "Scheduled Event"}, Context()) == {"expired": 0}
    assert handle({"do": "self_test"}, Context())["self_test"]
    emulator.client("sns").delete_topic(TopicArn=json.loads(environ["ALERTRELAY_TOPICS"])["critical"])
    assert ask("POST", "/api/v2/alerts", [{"labels": {"alertname": "New", "severity": "critical"}}]).status == 503


def test_it_does_what_was_pressed_in_slack_in_an_invocation_of_its_own(
    emulator: Emulator, environ: dict[str, str]
) -> None:
    secret = emulator.client("secretsmanager").create_secret(
        Name="signed", SecretString=json.dumps({"slack_signing_secret": SIGNED_BY})
    )
    handle = IntakeHandler().bound({**environ, "ALERTRELAY_SECRET_ARN": secret["ARN"]}, clock=SystemClock())
    store = DynamoStore(lambda: emulator.client("dynamodb"), environ["ALERTRELAY_TABLE"], SystemClock())
    integration = Integration(receiver="slack-critical", channel="slack", index=0)
    identity = GroupIdentity(integration=integration, route_id="0", group_key="{}", group_labels={"service": "orders"})
    gid, now = "slack-" + "0" * 32, datetime.now(UTC)
    store.arm(gid, GroupHeader(identity=identity), due=now + timedelta(minutes=5))

    def press(button: Button) -> Any:
        shown = element(button, "press")
        asked = {"id": gid, "kind": "press", "action": shown["action_id"], "value": shown["value"]}
        person = {"user": "U1", "name": "ana", "reply": "", "at": now.timestamp()}
        return handle({"do": "slack", "asked": {**asked, **person}}, Context())

    for _ in range(2):
        assert press(Button(deed="silence", group=gid, span="4h")) is None
    (made,) = (one for one in store.silences()[0] if one.created_by == "ana (Slack)")
    assert made.ends_at - made.starts_at <= timedelta(hours=4)
    flushes = emulator.queued(environ["ALERTRELAY_SLACK_QUEUE_URL"])
    assert {json.loads(one.body)["gid"] for one in flushes} == {gid}
    press(Button(deed="helpful", judged=JudgedAnomaly(fingerprint="a" * 16, started=1, watch="orders")))
    notes = DynamoNotebook(lambda: emulator.client("dynamodb"), environ["ALERTRELAY_TABLE"], SystemClock())
    assert [(vote.fingerprint, vote.helpful) for vote in notes.votes(0)] == [("a" * 16, True)]
    body, stamp = "payload=%7B%7D", str(int(now.timestamp()))
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signature_of(SIGNED_BY.encode(), stamp, body.encode()),
    }
    signed = event("POST", "/slack/interactions", body, headers=headers)
    assert Answer(handle(signed, Context())).status == 200
    command = "command=%2Falerts&user_id=U1"
    headers["x-slack-signature"] = signature_of(SIGNED_BY.encode(), stamp, command.encode())
    lost = event("POST", "/slack/commands", command, headers=headers)
    assert Answer(handle(lost, Context())).status == 503  # here is no function that could be invoked
