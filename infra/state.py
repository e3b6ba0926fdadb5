"""Keeps what outlives an invocation: the table of groups, and the secret with the keys of the channels."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

DUE_INDEX = "due"


class StateTable(Construct):
    """The one table: string keys `pk` and `sk`, paid by request, expiry by `ttl` (epoch seconds), and the index of the
    groups that are due (`shard`, `next_due` in microseconds)."""

    def __init__(self, scope: Construct, construct_id: str, *, retain: bool) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="ttl",
            deletion_protection=retain,
            removal_policy=_removal(retain),
        )
        # Sparse: only an armed group has both attributes. Each minute every forwarder asks it for what falls due.
        self.table.add_global_secondary_index(
            index_name=DUE_INDEX,
            partition_key=dynamodb.Attribute(name="shard", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="next_due", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )


class ChannelSecret(Construct):
    """One secret an environment, a JSON object of keys, filled by people.

    It is created with a placeholder and never set again: CloudFormation generates a value only at creation, so a deploy
    cannot undo what a person put there. The placeholder's name is no key of any configuration.
    """

    def __init__(self, scope: Construct, construct_id: str, environment: str, *, retain: bool) -> None:
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description=f"Keys of the channels of alertrelay {environment}: a JSON object, see docs/deploy.md",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 - no password: an empty JSON object
                generate_string_key="placeholder",
            ),
            removal_policy=_removal(retain),
        )
        cdk.Validations.of(self.secret).acknowledge(
            cdk.Acknowledgment(
                id="AwsSolutions::AwsSolutions-SMG4",
                reason="The keys are issued by PagerDuty, Slack and the mail server: nothing here could rotate them. "
                "A key changed by hand is picked up without a deploy, and the one before is tried as well.",
            )
        )


def _removal(retain: bool) -> RemovalPolicy:
    return RemovalPolicy.RETAIN if retain else RemovalPolicy.DESTROY
