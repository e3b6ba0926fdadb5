"""Where `check --live` looks for phones, and what it says of limits. A client of canned answers stands for AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from alertrelay.channels.sns import SnsSettings
from alertrelay.config.model import Config
from botocore.exceptions import ClientError

from cli.cloud import DeployedStack
from cli.live_sms import sms
from tests.dispatch.world import config

TOPIC = "arn:aws:sns:eu-central-1:111122223333:"
OUTPUTS = {"TopicLastResort": f"{TOPIC}last-resort", "TopicOps": f"{TOPIC}ops"}
PHONE = "+15555550123"


class Account:
    """Each client of an account in the sandbox. `phones`: the number that is subscribed to each topic."""

    def __init__(self, limit: str, phones: dict[str, str], *, missing: str = "") -> None:
        self._limit, self._phones, self._missing, self._operation = limit, phones, missing, ""

    def get_sms_attributes(self) -> dict[str, Any]:
        return {"attributes": {"MonthlySpendLimit": self._limit, "DeliveryStatusIAMRole": "arn:aws:iam::1:role/r"}}

    def get_sms_sandbox_account_status(self) -> dict[str, Any]:
        return {"IsInSandbox": True}

    def describe_alarms(self, **_: Any) -> dict[str, Any]:
        return {"MetricAlarms": [{"Threshold": 0.8}]}

    def get_paginator(self, operation: str) -> Account:
        self._operation = operation
        return self

    def paginate(self, **asked: str) -> Iterator[dict[str, Any]]:
        topic = asked.get("TopicArn", "")
        if topic and topic == self._missing:
            raise ClientError({"Error": {"Code": "NotFound", "Message": ""}}, "ListSubscriptionsByTopic")
        phone = self._phones.get(topic)
        found = [{"Protocol": "sms", "Endpoint": phone}] if phone else []
        yield {"Subscriptions": [*found, {"Protocol": "email", "Endpoint": "a@example.com"}], "PhoneNumbers": []}


def found(account: Account, topic: str) -> dict[str, tuple[str, str]]:
    """The findings by code, as (key, message); one receiver publishes to a topic."""
    with_topic = SnsSettings(topic_arn=topic, phone_number="", target_arn="")
    old: Config = config()
    receivers = tuple(
        replace(r, targets=tuple(replace(t, settings=with_topic) for t in r.targets)) if r.name == "mail" else r
        for r in old.receivers
    )
    deployed = cast(DeployedStack, type("Deployed", (), {"stack": "alertrelay-prod", "outputs": OUTPUTS}))
    findings = sms(replace(old, receivers=receivers), deployed, lambda _: cast(Any, account))
    return {each.code: (each.key, each.message) for each in findings}


@pytest.mark.parametrize("name", ["last-resort", "ops", "pager"])
def test_a_phone_that_is_subscribed_to_a_topic_is_found(name: str) -> None:
    account = Account("50", {TOPIC + name: PHONE}, missing=f"{TOPIC}other")
    assert found(account, f"{TOPIC}pager" if name == "pager" else f"{TOPIC}other")["sms-sandbox"][0] == PHONE


def test_a_topic_of_another_account_is_not_asked_about() -> None:
    other = "arn:aws:sns:eu-central-1:444455556666:pager"
    assert found(Account("1", {other: PHONE}), other) == {}


@pytest.mark.parametrize(
    ("limit", "shown"), [("0", "cost this account 0 USD"), ("", "1 USD"), ("x", "1 USD"), ("0.5", "0.5 USD")]
)
def test_a_limit_that_lets_nothing_or_little_through_is_named_as_it_is(limit: str, shown: str) -> None:
    assert shown in found(Account(limit, {OUTPUTS["TopicOps"]: PHONE}), "")["sms-spend-limit"][1]
