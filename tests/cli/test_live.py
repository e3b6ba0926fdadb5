"""`alertrelay check --live` against the template deployed to moto: each fault is made, and named."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from alertrelay.config.model import Config
from botocore.parsers import ResponseParserError
from moto.core.responses import ActionResult
from moto.sns.responses import SNSResponse

from cli import cloud
from cli.live import examine
from cli.probes import run
from cli.probes.row import LiveRow
from compiler.load import load
from compiler.reading.finding import Finding
from local.stack.day import DayRun
from local.stack.deployed import deploy
from local.standins import Fault
from tests.example import CONFIG as SHIPPED


@pytest.fixture(scope="module")
def config() -> Config:
    loaded = load(SHIPPED, "prod")
    assert loaded.config is not None
    return loaded.config


SMS_ALARM = "prod-alertrelay-sms-AlertrelaySmsSpend"


@pytest.fixture
def deployed(begin: Callable[..., DayRun], monkeypatch: pytest.MonkeyPatch) -> DayRun:
    """The stack with everything that a person has to do after a deploy done."""
    in_sandbox(monkeypatch, False)
    run = begin(deployment=deploy)
    role = "arn:aws:iam::123456789012:role/alertrelay-sms-delivery-logs"
    set_sms(run, MonthlySpendLimit="20", DeliveryStatusIAMRole=role, DeliveryStatusSuccessSamplingRate="100")
    alarm_at(run, 16.0)
    return run


def in_sandbox(monkeypatch: pytest.MonkeyPatch, yes: bool, *verified: str) -> None:
    """moto knows no sandbox."""
    numbers = [{"PhoneNumber": number, "Status": "Verified"} for number in verified]
    answers: dict[str, Any] = {
        "get_sms_sandbox_account_status": {"IsInSandbox": yes},
        "list_sms_sandbox_phone_numbers": {
            "PhoneNumbers": [*numbers, {"PhoneNumber": "+15555550199", "Status": "Pending"}]
        },
    }
    for name, answer in answers.items():
        monkeypatch.setattr(SNSResponse, name, lambda _, answer=answer: ActionResult(answer), raising=False)


def set_sms(run: DayRun, **attributes: str) -> None:
    run.stack.emulator.client("sns").set_sms_attributes(attributes=attributes)


def alarm_at(run: DayRun, usd: float) -> None:
    """The alarm as it is deployed for another limit than the one that every account has."""
    run.stack.emulator.client("cloudwatch").put_metric_alarm(
        AlarmName=SMS_ALARM,
        Namespace="AWS/SNS",
        MetricName="SMSMonthToDateSpentUSD",
        Statistic="Maximum",
        Period=300,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=usd,
    )


def codes(findings: tuple[Finding, ...]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.code, []).append(finding)
    return found


def outputs(run: DayRun) -> dict[str, str]:
    stack = cloud.stack_of("prod", run.stack.emulator.client)
    assert stack is not None
    return dict(stack.outputs)


def test_a_stack_as_deployed_with_its_keys_is_clean(deployed: DayRun, config: Config) -> None:
    assert examine(config, deployed.stack.emulator.client) == ()


def test_what_keeps_sms_from_arriving_is_named_with_the_commands_that_mend_it(
    deployed: DayRun, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_sandbox(monkeypatch, True)
    set_sms(deployed, MonthlySpendLimit="1", DeliveryStatusIAMRole="")
    found = codes(examine(config, deployed.stack.emulator.client))
    assert set(found) == {"sms-not-logged", "sms-spend-limit", "sms-alarm", "sms-sandbox"}
    assert "set-sms-attributes --attributes DeliveryStatusIAMRole=arn:aws:iam::" in found["sms-not-logged"][0].mend
    assert "set-sms-attributes --attributes MonthlySpendLimit=" in found["sms-spend-limit"][0].mend
    assert "-c alertrelay:sms_spend_limit_usd=1," in found["sms-alarm"][0].mend
    (finding,) = found["sms-sandbox"]
    assert (finding.severity, finding.key) == ("error", "+15555550100")
    assert "verify-sms-sandbox-phone-number --phone-number +15555550100" in finding.mend


def test_a_number_that_is_verified_gets_its_sms_in_the_sandbox(
    deployed: DayRun, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_sandbox(monkeypatch, True, "+15555550100")
    assert examine(config, deployed.stack.emulator.client) == ()


def test_an_alarm_on_the_cost_of_sms_that_is_missing_is_named(deployed: DayRun, config: Config) -> None:
    deployed.stack.emulator.client("cloudwatch").delete_alarms(AlarmNames=[SMS_ALARM])
    (finding,) = examine(config, deployed.stack.emulator.client)
    assert (finding.code, finding.key) == ("sms-alarm", SMS_ALARM)
    assert "is missing" in finding.message


def test_sms_is_not_looked_at_where_nobody_is_notified_by_it(
    deployed: DayRun, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_sms(deployed, MonthlySpendLimit="1", DeliveryStatusIAMRole="")
    in_sandbox(monkeypatch, True)
    sns, arn = deployed.stack.emulator.client("sns"), outputs(deployed)["TopicLastResort"]
    for each in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
        if each["Protocol"] == "sms":
            sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    without = tuple(r for r in config.receivers if not any(t.integration.channel == "sns" for t in r.targets))
    assert examine(dataclasses.replace(config, receivers=without), deployed.stack.emulator.client) == ()


def test_a_missing_and_an_empty_key_are_named_and_no_value_is(deployed: DayRun, config: Config) -> None:
    client = deployed.stack.emulator.client
    values = {name: f"FAKE-value-of-{name}" for name in config.secret_keys()}
    values.pop("pagerduty_key")
    values["slack_bot_token"] = "  "
    client("secretsmanager").put_secret_value(
        SecretId=deployed.stack.deployed.secret_arn, SecretString=json.dumps(values)
    )
    found = examine(config, client)
    assert {f.key for f in codes(found)["secret-key-missing"]} == {"pagerduty_key", "slack_bot_token"}
    assert "pagerduty-oncall" in next(f.message for f in found if f.key == "pagerduty_key")
    assert "FAKE-value" not in json.dumps([dataclasses.asdict(f) for f in found])


@pytest.mark.parametrize("text", ["no json FAKE-value", "[]", '"FAKE-value"', "{"])
def test_a_secret_that_is_no_object_is_one_finding_that_shows_nothing_of_it(
    deployed: DayRun, config: Config, text: str
) -> None:
    client = deployed.stack.emulator.client
    client("secretsmanager").put_secret_value(SecretId=deployed.stack.deployed.secret_arn, SecretString=text)
    found = examine(config, client)
    assert [f.code for f in found] == ["secret-not-json"]
    assert "FAKE-value" not in str(found)


def test_an_address_that_has_not_confirmed_is_named(
    deployed: DayRun, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    sns = deployed.stack.emulator.client("sns")
    listed = sns.get_paginator

    class Pending:
        """moto confirms every subscription at once; AWS says this until the link was opened."""

        def paginate(self, **arguments: str) -> Any:
            for page in listed("list_subscriptions_by_topic").paginate(**arguments):
                for each in page["Subscriptions"]:
                    if each["Protocol"] == "email":
                        each["SubscriptionArn"] = "PendingConfirmation"
                yield page

    monkeypatch.setattr(sns, "get_paginator", lambda _: Pending())
    found = codes(examine(config, deployed.stack.emulator.client))
    assert list(found) == ["unconfirmed"]
    assert {f.key for f in found["unconfirmed"]} == {"alertrelay-prod-ops", "alertrelay-prod-last-resort"}


def test_a_topic_that_nobody_hears_is_named(deployed: DayRun, config: Config) -> None:
    sns, arn = deployed.stack.emulator.client("sns"), outputs(deployed)["TopicLastResort"]
    for each in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    (finding,) = examine(config, deployed.stack.emulator.client)
    assert (finding.code, finding.severity, finding.key) == ("topic-unheard", "error", "alertrelay-prod-last-resort")
    assert finding.mend == "add last_resort of config/delivery.yml and deploy"


def without(statement: str) -> Callable[[dict[str, Any]], None]:
    def change(policy: dict[str, Any]) -> None:
        policy["Statement"] = [s for s in policy["Statement"] if s.get("Sid") != statement]

    return change


def of_another_account(policy: dict[str, Any]) -> None:
    for statement in policy["Statement"]:
        if statement.get("Sid") == "Cloudwatch":
            statement["Condition"] = {"StringEquals": {"aws:SourceAccount": ["444455556666"]}}


@pytest.mark.parametrize("change", [without("Cloudwatch"), of_another_account])
def test_a_topic_whose_policy_shuts_cloudwatch_out_is_named(
    deployed: DayRun, config: Config, change: Callable[[dict[str, Any]], None]
) -> None:
    sns, arn = deployed.stack.emulator.client("sns"), outputs(deployed)["TopicWarning"]
    policy = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
    change(policy)
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy))
    (finding,) = examine(config, deployed.stack.emulator.client)
    assert (finding.code, finding.key) == ("topic-closed", "alertrelay-prod-warning")


@pytest.mark.parametrize("change", [without("Cloudwatch"), of_another_account])
def test_a_key_whose_policy_shuts_cloudwatch_out_is_named(
    deployed: DayRun, config: Config, change: Callable[[dict[str, Any]], None]
) -> None:
    client = deployed.stack.emulator.client
    arn = outputs(deployed)["TopicWarning"]
    key = client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["KmsMasterKeyId"]
    policy = json.loads(client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    change(policy)
    client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    (finding,) = examine(config, client)
    assert finding.code == "topic-key"
    assert "alertrelay-prod-critical" in finding.message


def test_the_key_of_aws_and_a_disabled_key_are_named(deployed: DayRun, config: Config) -> None:
    client = deployed.stack.emulator.client
    arns = outputs(deployed)
    client("sns").set_topic_attributes(
        TopicArn=arns["TopicInfo"], AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
    )
    key = client("sns").get_topic_attributes(TopicArn=arns["TopicWarning"])["Attributes"]["KmsMasterKeyId"]
    client("kms").disable_key(KeyId=key.rpartition("/")[2])
    messages = [f.message for f in codes(examine(config, client))["topic-key"]]
    assert any("alertrelay-prod-info: encrypted with the key of AWS" in m for m in messages)
    assert any("Disabled" in m for m in messages)


def test_dead_letters_are_counted_by_queue(deployed: DayRun, config: Config) -> None:
    client = deployed.stack.emulator.client
    for name in ("alertrelay-prod-slack-forwarder-failed", "alertrelay-prod-slack-forwarder-timers"):
        url = deployed.stack.deployed.queues[name]
        for number in range(2):
            client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
    (finding,) = examine(config, client)
    assert (finding.code, finding.key) == ("dead-letters", "alertrelay-prod-slack-forwarder-failed")
    assert finding.message.startswith("2 messages")


def test_functions_that_run_with_another_configuration_are_named(deployed: DayRun, config: Config) -> None:
    found = examine(dataclasses.replace(config, hash="0" * 64), deployed.stack.emulator.client)
    assert {f.code for f in found} == {"configuration-differs"}
    assert {f.severity for f in found} == {"warning"}
    assert len(found) == len(deployed.stack.deployed.functions)


def test_an_environment_that_is_not_deployed_is_one_finding(deployed: DayRun, config: Config) -> None:
    (finding,) = examine(dataclasses.replace(config, environment="elsewhere"), deployed.stack.emulator.client)
    assert finding.code == "not-deployed"


def test_what_may_not_be_read_is_said_and_hides_nothing_else(deployed: DayRun, config: Config) -> None:
    client = deployed.stack.emulator.client
    url = deployed.stack.deployed.queues["alertrelay-prod-slack-forwarder-failed"]
    client("sqs").send_message(QueueUrl=url, MessageBody="x")
    emulator = deployed.stack.emulator
    emulator.faults["secretsmanager"] = Fault.named("403")

    def refused(service: str) -> Any:
        """A client of somebody else: the stack's own are spared by faults."""
        session = botocore.session.get_session()
        return session.create_client(service, region_name=emulator.region, endpoint_url=emulator.url)

    assert set(codes(examine(config, refused))) == {"unreadable", "dead-letters"}


@pytest.mark.parametrize("service", ["cloudformation", "secretsmanager", "lambda", "sns"])
def test_a_page_of_a_proxy_is_no_answer_of_aws(deployed: DayRun, config: Config, service: str) -> None:
    client = deployed.stack.emulator.client

    class Proxied:
        """A client each of whose calls is answered by a page of HTML."""

        def __getattr__(self, _: str) -> Any:
            return self

        def __call__(self, *_: Any, **__: Any) -> Any:
            raise ResponseParserError("Unable to parse response, invalid XML received: <!doctype html>")

    found = examine(config, lambda name: Proxied() if name == service else client(name))
    assert {one.code for one in found} == {"unreadable"}
    assert all("something other than AWS answered" in one.message for one in found)


@pytest.mark.parametrize("arguments", [["--live"], ["--live", "--env", "prod", "--config", "x.yml"]])
def test_live_wants_an_environment_of_the_folder(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from cli.command import main

    assert main(["check", *arguments]) == 2
    assert "--env NAME was expected" in capsys.readouterr().err


def test_the_command_shows_what_is_live_beside_the_files_and_its_exit_code_follows(
    deployed: DayRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cli.command import main

    client = deployed.stack.emulator.client
    monkeypatch.setattr(cloud, "clients", lambda _: client)
    rows = [LiveRow(what="Slack", who="slack-critical/slack[0]", outcome="ok", text="the webhook lives")]
    monkeypatch.setattr(run, "tried", lambda probes: rows if probes else [])  # nothing outside is reached from a test
    assert main(["check", "--env", "prod", "--live"]) == 0
    assert "Slack    ok       slack-critical/slack[0]  the webhook lives" in capsys.readouterr().out
    rows[0] = LiveRow(
        what="Slack", who="slack-critical/slack[0]", outcome="refused", text="no_service", mend="a new one"
    )
    assert main(["check", "--env", "prod", "--live"]) == 1
    rows.clear()
    client("secretsmanager").put_secret_value(SecretId=deployed.stack.deployed.secret_arn, SecretString="{}")
    assert main(["check", "--env", "prod", "--live", "--json"]) == 1
    shown = capsys.readouterr().out
    found = json.loads(shown[shown.index("\n[") :] if "\n[" in shown else shown)
    missing = [f for f in found if f["code"] == "secret-key-missing"]
    assert {f["key"] for f in missing} == set(check_keys())
    monkeypatch.setattr(cloud, "clients", _without_credentials)
    assert main(["check", "--env", "prod", "--live"]) == 2


def check_keys() -> tuple[str, ...]:
    loaded = load(SHIPPED, "prod")
    assert loaded.config is not None
    return loaded.config.secret_keys()


def _without_credentials(region: str) -> Any:
    from botocore.exceptions import NoCredentialsError

    def client(service: str) -> Any:
        raise NoCredentialsError

    return client
