"""Asks AWS for what is deployed: subscriptions, rules, the configuration of a function, the age of the secret."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from alertrelay.aws.clients import Clients
from alertrelay.dispatch.audit.drift import DeployedNow

ALIAS = "live"
"""The alias by which events reach each forwarder: infra/functions.py."""
HASH_VARIABLE = "ALERTRELAY_CONFIG_HASH"


def deployment(aws: Clients, secret: str) -> DeployedNow:
    """Returns the questions; `secret` is its ARN, whose value is not read."""
    return DeployedNow(
        subscribers=partial(_subscribers, aws),
        enabled=lambda rule: aws.events().describe_rule(Name=rule)["State"] == "ENABLED",
        config_hash=partial(_config_hash, aws),
        changed=partial(_changed, aws, secret),
    )


def _subscribers(aws: Clients, topic: str) -> Sequence[str]:
    pages = aws.sns().get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    return [
        one["Endpoint"] if one["SubscriptionArn"].startswith("arn:") else ""
        for page in pages
        for one in page["Subscriptions"]
    ]


def _config_hash(aws: Clients, function: str) -> str:
    answer = aws.lambda_().get_function_configuration(FunctionName=function, Qualifier=ALIAS)
    return str(answer.get("Environment", {}).get("Variables", {}).get(HASH_VARIABLE, ""))


def _changed(aws: Clients, secret: str) -> datetime | None:
    return aws.secretsmanager().describe_secret(SecretId=secret).get("LastChangedDate")
