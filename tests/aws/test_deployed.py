"""What the auditor asks of a deployment, of moto's SNS, EventBridge, Lambda and Secrets Manager."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import boto3
from alertrelay.aws.clients import Clients
from alertrelay.aws.deployed import ALIAS, HASH_VARIABLE, deployment
from alertrelay.dispatch.audit.drift import SECRET_AGE, Expected, drifts

from tests.aws.conftest import REGION

FUNCTION = "alertrelay-prod-slack-forwarder"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}


def deploy(aws: Clients) -> tuple[Expected, str]:
    """Makes a function with its alias and tick, two topics and a secret: what is expected, and the secret's ARN."""
    iam = boto3.client("iam", region_name=REGION)
    role = iam.create_role(RoleName="forwarder", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as code:
        code.writestr("handler.py", "")
    function = aws.lambda_().create_function(
        FunctionName=FUNCTION,
        Runtime="python3.13",
        Role=role,
        Handler="handler.handler",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {HASH_VARIABLE: "c0ffee"}},
        Publish=True,
    )
    live = aws.lambda_().create_alias(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion=function["Version"])
    critical, ops = (aws.sns().create_topic(Name=f"alertrelay-prod-{name}")["TopicArn"] for name in ("critical", "ops"))
    aws.sns().subscribe(TopicArn=critical, Protocol="lambda", Endpoint=live["AliasArn"])
    aws.sns().subscribe(TopicArn=ops, Protocol="email", Endpoint="ops@example.com")
    aws.events().put_rule(Name=f"{FUNCTION}-tick", ScheduleExpression="rate(1 minute)")
    secret = aws.secretsmanager().create_secret(Name="keys", SecretString="{}")["ARN"]
    return Expected(topics=[critical], ops=ops, functions=[FUNCTION], config_hash="c0ffee"), secret


def test_a_deployment_is_asked_whether_it_is_as_it_was_made(aws: Clients) -> None:
    expected, secret = deploy(aws)
    found = deployment(aws, secret)
    changed = found.changed()
    assert changed is not None
    assert list(drifts(found, expected, now=changed)) == []

    for topic in (*expected.topics, expected.ops):
        for one in aws.sns().list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
            aws.sns().unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    aws.events().disable_rule(Name=f"{FUNCTION}-tick")
    version = aws.lambda_().update_function_configuration(
        FunctionName=FUNCTION, Environment={"Variables": {HASH_VARIABLE: "0ther"}}
    )
    # What counts is the version that the alias names, not the newest.
    assert found.config_hash(FUNCTION) == "c0ffee"
    version = aws.lambda_().publish_version(FunctionName=FUNCTION)["Version"]
    aws.lambda_().update_alias(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion=version)

    said = list(drifts(found, expected, now=changed + SECRET_AGE + timedelta(days=1)))
    assert [sentence.partition(":")[0] for sentence in said] == [
        f"{FUNCTION} is not subscribed to alertrelay-prod-critical",
        "nobody has confirmed a subscription to alertrelay-prod-ops",
        f"the rule {FUNCTION}-tick is disabled",
        f"{FUNCTION} runs with another configuration than the last deployment's",
        f"the secret was last changed on {changed:%Y-%m-%d}",
    ]
