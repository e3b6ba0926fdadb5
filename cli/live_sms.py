"""`check --live`, SMS: what of the account decides whether a message arrives.

SNS answers with a MessageId whether or not the message will be delivered: in the sandbox, beyond the monthly spend
limit and where a carrier refuses it nothing comes back. All of it is account-wide, so the stack changes none of it:
the commands that do are printed.
Source: SNS API reference, GetSMSAttributes, GetSMSSandboxAccountStatus, ListSMSSandboxPhoneNumbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alertrelay.channels.sns import SnsSettings
from alertrelay.config.model import Config
from botocore.exceptions import ClientError

from cli.cloud import Client, DeployedStack
from compiler.reading.finding import Finding, Severity

DEFAULT_LIMIT_USD = 1.0
"""What AWS gives an account that has not asked for more: some messages, of which a storm takes all."""
ALARM = "{environment}-alertrelay-sms-AlertrelaySmsSpend"
"""infra/sms_watch.py's."""
NEAR = 0.8
ROLE = "alertrelay-sms-delivery-logs"


def sms(config: Config, deployed: DeployedStack, client: Client) -> Iterator[Finding]:
    """Nothing where no receiver is a phone, and no topic that is notified has one."""
    sns = client("sns")
    numbers = _numbers(config, deployed, sns)
    if not numbers:
        return
    attributes = sns.get_sms_attributes().get("attributes", {})
    yield from _delivery_logs(deployed, attributes)
    yield from _spend_limit(config, deployed, client, attributes)
    yield from _sandbox(deployed, sns, numbers)


def _numbers(config: Config, deployed: DeployedStack, sns: Any) -> set[str]:
    settings = [target.settings for receiver in config.receivers for target in receiver.targets]
    numbers = {each.phone_number for each in settings if isinstance(each, SnsSettings) and each.phone_number}
    own = {deployed.outputs["TopicLastResort"], deployed.outputs["TopicOps"]}
    topics = own | {each.topic_arn for each in settings if isinstance(each, SnsSettings)}
    ours = deployed.outputs["TopicLastResort"].split(":")[:_NAME]
    return numbers.union(*(_subscribed(sns, arn) for arn in sorted(topics) if arn.split(":")[:_NAME] == ours))


_NAME = 5
"""Of arn:aws:sns:region:account:name. The topics of others cannot be asked about."""


def _subscribed(sns: Any, topic: str) -> set[str]:
    try:
        pages = list(sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "NotFound":
            raise
        return set()
    return {each["Endpoint"] for page in pages for each in page["Subscriptions"] if each["Protocol"] == "sms"}


def _delivery_logs(deployed: DeployedStack, attributes: dict[str, str]) -> Iterator[Finding]:
    if attributes.get("DeliveryStatusIAMRole"):
        return
    trust = '{"Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    allow = (
        '{"Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents",'
        '"logs:PutMetricFilter","logs:PutRetentionPolicy"],"Resource":"*"}]}'
    )
    account = deployed.outputs["TopicLastResort"].split(":")[4]
    mend = (
        f"aws iam create-role --role-name {ROLE} --assume-role-policy-document '{trust}'"
        f" && aws iam put-role-policy --role-name {ROLE} --policy-name logs --policy-document '{allow}'"
        f" && aws sns set-sms-attributes --attributes DeliveryStatusIAMRole=arn:aws:iam::{account}:role/{ROLE},"
        "DeliveryStatusSuccessSamplingRate=100"
    )
    message = "SMS counts as delivered when SNS takes it, and whether it arrived is logged nowhere"
    yield _finding(deployed, "DeliveryStatusIAMRole", "warning", "sms-not-logged", message, mend)


def _spend_limit(
    config: Config, deployed: DeployedStack, client: Client, attributes: dict[str, str]
) -> Iterator[Finding]:
    limit = _number(attributes.get("MonthlySpendLimit"))
    if limit <= DEFAULT_LIMIT_USD:
        message = f"SMS may cost this account {limit:g} USD a month: beyond it SNS drops them all, without an error"
        mend = (
            "ask AWS for a higher quota (Support Center, service limit, SNS text messaging), then"
            " aws sns set-sms-attributes --attributes MonthlySpendLimit=50"
        )
        yield _finding(deployed, "MonthlySpendLimit", "warning", "sms-spend-limit", message, mend)
    name = ALARM.format(environment=config.environment)
    found = client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"]).get("MetricAlarms", ())
    threshold = next((alarm["Threshold"] for alarm in found), None)
    if threshold is None or abs(threshold - NEAR * (limit or DEFAULT_LIMIT_USD)) > 0.001:
        at = "is missing" if threshold is None else f"fires at {threshold:g} USD"
        message = f"the alarm on what SMS costs {at}, and the account's limit is {limit:g} USD"
        context = f"alertrelay:sms_spend_limit_usd={limit or DEFAULT_LIMIT_USD:g}"
        mend = f"npx cdk deploy '{config.environment}/*' -c {context}, or keep it in cdk.json"
        yield _finding(deployed, name, "warning", "sms-alarm", message, mend)


def _sandbox(deployed: DeployedStack, sns: Any, numbers: set[str]) -> Iterator[Finding]:
    if not sns.get_sms_sandbox_account_status()["IsInSandbox"]:
        return
    pages = sns.get_paginator("list_sms_sandbox_phone_numbers").paginate()
    verified = {one["PhoneNumber"] for page in pages for one in page["PhoneNumbers"] if one["Status"] == "Verified"}
    for number in sorted(numbers - verified):
        message = f"SMS of this account is in the sandbox, and {number} is not verified there: it gets no SMS"
        mend = (
            f"aws sns create-sms-sandbox-phone-number --phone-number {number}, then aws sns"
            f" verify-sms-sandbox-phone-number --phone-number {number} --one-time-password CODE; or leave the sandbox"
            " by the SNS console, Text messaging (SMS)"
        )
        yield _finding(deployed, number, "error", "sms-sandbox", message, mend)


def _number(text: str | None) -> float:
    """Returns the limit in dollars, which may be 0; the usual one where it is not set."""
    try:
        return float(text or DEFAULT_LIMIT_USD)
    except ValueError:
        return DEFAULT_LIMIT_USD


def _finding(deployed: DeployedStack, key: str, severity: Severity, code: str, message: str, mend: str) -> Finding:
    return Finding(
        file=deployed.stack, line=0, column=0, key=key, severity=severity, code=code, message=message, mend=mend
    )
