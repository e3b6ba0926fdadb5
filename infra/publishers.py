"""Lists who may publish to the topics: one table, from which both the topic policy and the key policy are made.

A publisher that may use the topic but not its key fails in silence (CloudWatch shows it only in the alarm's history),
so the two policies are never written apart. What the table does not name is denied, whatever its own IAM allows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

Conditions = Mapping[str, Mapping[str, Any]]
VIA_SNS = f"sns.{Aws.REGION}.{Aws.URL_SUFFIX}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """One publisher. `topic_conditions` and `key_conditions` narrow the two policies.

    They differ only where the service is known by different keys at SNS and at KMS. `why` says what publishes, and why
    the conditions are what they are.
    """

    sid: str
    principal: iam.IPrincipal
    topic_conditions: Conditions
    key_conditions: Conditions
    why: str
    topic_actions: tuple[str, ...] = ("sns:Publish",)


def publishers(accounts: Sequence[str], named: Sequence[str]) -> tuple[Publisher, ...]:
    """Return the table. The services of `accounts` may publish here beside those of the own account; `named` are ARNs
    of roles and users, of whichever account."""
    sources = [Aws.ACCOUNT_ID, *accounts]
    from_accounts: Conditions = {"StringEquals": {"aws:SourceAccount": sources}}
    own_account: Conditions = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    return (
        _service("cloudwatch", from_accounts, "alarm actions; also from the further accounts"),
        _service(
            "events",
            {},
            "EventBridge rules; the SNS guide (key management): source conditions are not supported for EventBridge",
        ),
        _service("events.rds", own_account, "RDS event subscriptions"),
        _service("budgets", own_account, "budget notifications"),
        _service("backup", {}, "backup vault notifications; AWS Backup's own example has no condition"),
        # docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-receiver-AMPpermission.html has both actions.
        dataclasses.replace(
            _service("aps", from_accounts, "Amazon Managed Prometheus' alert manager"),
            topic_actions=("sns:Publish", "sns:GetTopicAttributes"),
        ),
        _auto_scaling(),
        _elasticache(),
        *([_named(named)] if named else []),
    )


def topic_statement(publisher: Publisher, topic_arn: str) -> iam.PolicyStatement:
    """Lets the publisher publish to the topic."""
    return iam.PolicyStatement(
        sid=publisher.sid,
        principals=[publisher.principal],
        actions=list(publisher.topic_actions),
        resources=[topic_arn],
        conditions=dict(publisher.topic_conditions) or None,
    )


def key_statement(publisher: Publisher) -> iam.PolicyStatement:
    """Lets SNS use the key for what the publisher sends. In a key policy, `*` is this key."""
    return iam.PolicyStatement(
        sid=publisher.sid,
        principals=[publisher.principal],
        actions=["kms:Decrypt", "kms:GenerateDataKey*"],
        resources=["*"],
        conditions=dict(publisher.key_conditions) or None,
    )


def deny_statements(topic_arn: str, *, accounts: Sequence[str], but: Sequence[str]) -> list[iam.PolicyStatement]:
    """Deny publishing to everybody but AWS services, `but` (ARNs of roles and users) and ElastiCache.

    Three statements, since the conditions of one are joined by "and":

    - Of AWS services, those that act for another account. A service that names no source is left to the statement that
      allows it: EventBridge and Backup have none.
    - Of everybody else, who is not in `but`, save those for whom AWS:SourceOwner names this account. ElastiCache has
      no service principal and is known by that alone.
    - Of those, the principals of this account: AWS:SourceOwner names this account for them too, as for ElastiCache.

    `Bool` and not `BoolIfExists`: where the key is absent nothing is denied, and the Allow statements decide alone. A
    caller whose request lacks it is anonymous, and no statement allows that.
    """
    service = "aws:PrincipalIsAWSService"
    unnamed: Conditions = {"Bool": {service: "false"}, "ArnNotLike": {"aws:PrincipalArn": list(but)}}
    foreign: Conditions = {
        "Bool": {service: "true"},
        "Null": {"aws:SourceAccount": "false"},
        "StringNotEquals": {"aws:SourceAccount": [Aws.ACCOUNT_ID, *accounts]},
    }
    conditions: Mapping[str, Conditions] = {
        "OtherAccountsServices": foreign,
        "Unnamed": {**unnamed, "StringNotEquals": {"AWS:SourceOwner": Aws.ACCOUNT_ID}},
        "UnnamedOfThisAccount": {**unnamed, "StringEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID}},
    }
    return [
        iam.PolicyStatement(
            sid=f"Deny{sid}",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["sns:Publish"],
            resources=[topic_arn],
            conditions=dict(condition),
        )
        for sid, condition in conditions.items()
    ]


def auto_scaling_role() -> str:
    """Return the ARN of Auto Scaling's service-linked role: the one service that publishes by a role of the account."""
    return (
        f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/aws-service-role/"
        "autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    )


def _service(name: str, conditions: Conditions, why: str) -> Publisher:
    return Publisher(
        sid="".join(part.capitalize() for part in name.split(".")),
        principal=iam.ServicePrincipal(f"{name}.amazonaws.com"),
        topic_conditions=conditions,
        key_conditions=conditions,
        why=why,
    )


def _auto_scaling() -> Publisher:
    by_role: Conditions = {"ArnEquals": {"aws:PrincipalArn": auto_scaling_role()}}
    return Publisher(
        sid="AutoScaling",
        principal=iam.AnyPrincipal(),
        topic_conditions=by_role,
        key_conditions=by_role,
        why="Auto Scaling publishes as its service-linked role. It is named by a condition: a policy whose principal "
        "is a role that does not exist is refused, and an account that never used Auto Scaling has no such role",
    )


def _elasticache() -> Publisher:
    return Publisher(
        sid="ElastiCache",
        principal=iam.AnyPrincipal(),
        topic_conditions={"StringEquals": {"AWS:SourceOwner": Aws.ACCOUNT_ID}},
        key_conditions={
            "StringEquals": {
                "kms:CallerAccount": Aws.ACCOUNT_ID,
                "kms:ViaService": VIA_SNS,
            }
        },
        why="ElastiCache has no service principal: its guide asks for AWS:SourceOwner, and not SourceAccount. At KMS "
        "the same callers are those of this account that come through SNS, as in AWS's own key for SNS; that also "
        "serves the named publishers of this account. (ElastiCache refuses encrypted topics today: docs/deploy.md.)",
    )


def _named(arns: Sequence[str]) -> Publisher:
    by_arn: Conditions = {"ArnLike": {"aws:PrincipalArn": list(arns)}}
    return Publisher(
        sid="Publishers",
        principal=iam.AnyPrincipal(),
        topic_conditions=by_arn,
        key_conditions={**by_arn, "StringEquals": {"kms:ViaService": VIA_SNS}},
        why="`publishers:` of the environment, say the role of an Alertmanager. They are named by a condition: a "
        "policy whose principal does not exist is refused, and a role that is made anew has another id",
    )
