"""Grants a forwarder its permissions, written out by hand: nothing is granted by a construct behind our back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from email.utils import parseaddr

import aws_cdk as cdk
from alertrelay.channels import channel
from alertrelay.channels.email import EmailSettings
from alertrelay.channels.sns import SnsSettings
from alertrelay.config.channel import Settings
from alertrelay.config.model import Config
from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.state import DUE_INDEX

TABLE_ACTIONS = (
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
)


def forwarder_role(
    scope: Construct,
    *,
    logs: logs.ILogGroup,
    poll: Iterable[sqs.IQueue],
    send_to: Iterable[sqs.IQueue],
    table: dynamodb.ITable,
    secret: secretsmanager.ISecret,
    publish_to: Iterable[sns.ITopic],
    extra: Sequence[iam.PolicyStatement],
) -> iam.Role:
    """The role of one forwarder: its own logs and queues, the items of the table, the one secret, topics, `extra`."""
    taking = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
    statements = [
        allow("Poll", taking, [queue.queue_arn for queue in poll]),
        allow("Send", ["sqs:SendMessage"], [queue.queue_arn for queue in send_to]),
        allow("State", TABLE_ACTIONS, [table.table_arn]),
        # Of the whole table only replaced chunks of large ledgers are ever deleted.
        allow_items("Chunks", ["dynamodb:DeleteItem"], table, ["L#*"]),
        # Query is what the version before this one asks: it still runs while a deployment is under way.
        allow("Due", ["dynamodb:Query", "dynamodb:Scan"], [f"{table.table_arn}/index/{DUE_INDEX}"]),
        allow("Keys", ["secretsmanager:GetSecretValue"], [secret.secret_arn]),
        allow("Tell", ["sns:Publish"], [topic.topic_arn for topic in publish_to]),
        # They know no resource (composite alarms are left out of an answer for one): asked by name which alarms still
        # fire, before they are repeated, and which fire at all, where the table is new or was lost.
        allow("Verify", ["cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmContributors"], ["*"]),
        *extra,
    ]
    reason = "DescribeAlarms leaves composite alarms out where it names resources; it reads states alone"
    return function_role(scope, "forwarder", logs, statements, wildcards={"*": reason})


def function_role(
    scope: Construct,
    policy: str,
    logs: logs.ILogGroup,
    statements: Sequence[iam.PolicyStatement],
    *,
    wildcards: Mapping[str, str],
    construct_id: str = "Role",
) -> iam.Role:
    """Return the role of a function: it writes its own logs, and may do what the statements say and nothing else.
    `wildcards` are the resources that end with one, each with the reason by which cdk-nag accepts it."""
    own = allow("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"], [logs.log_group_arn])
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={policy: iam.PolicyDocument(statements=[own, *statements])},
    )
    accept_wildcards(role, wildcards)
    return role


def accept_wildcards(role: iam.Role, wildcards: Mapping[str, str]) -> None:
    """Accept resources with a wildcard, each for its reason. cdk-nag names a resource by its text in the template."""
    for resource, reason in wildcards.items():
        cdk.Validations.of(role).acknowledge(
            cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-IAM5[Resource::{resource}]", reason=reason)
        )


def channel_statements(config: Config, channels: Collection[str]) -> list[iam.PolicyStatement]:
    """Returns the permissions of one forwarder beside the common ones: the topics, phones and SES senders that it may
    have to use, and the metrics that its messages chart."""
    settings = _sent_by(config, channels)
    statements = []
    if topics := _named_topics(settings):
        statements.append(allow("NamedTopics", ["sns:Publish"], topics))
    if any(isinstance(s, SnsSettings) and s.phone_number for s in settings):
        # A phone number has no ARN to name: this allows what is no topic at all.
        statements.append(
            iam.PolicyStatement(sid="Phones", actions=["sns:Publish"], not_resources=[f"arn:{Aws.PARTITION}:sns:*:*:*"])
        )
    if identities := ses_identities(settings):
        # SES checks SendRawEmail for a message that is sent as finished MIME.
        statements.append(allow("Mail", ["ses:SendEmail", "ses:SendRawEmail"], identities))
    if config.charts and any(channel(kind).charts for kind in channels):
        statements.append(allow("Charts", ["cloudwatch:GetMetricData"], ["*"]))
    return statements


def _sent_by(config: Config, channels: Collection[str]) -> list[Settings]:
    """A forwarder sends to the integrations of its channels, and to whatever a receiver of theirs falls back to."""
    sent = []
    for receiver in config.receivers:
        own = [target for target in receiver.targets if target.integration.channel in channels]
        sent += own
        if own:
            names = {name for stage in config.fallbacks.get(receiver.name, ()) for name in stage}
            sent += [target for other in config.receivers if other.name in names for target in other.targets]
    return [target.settings for target in sent]


def _named_topics(settings: Iterable[Settings]) -> list[str]:
    arns = {arn for s in settings if isinstance(s, SnsSettings) for arn in (s.topic_arn, s.target_arn) if arn}
    return sorted(arns)


def ses_identities(settings: Iterable[Settings]) -> list[str]:
    """Returns the identities by which mails are sent: an address's own, and that of its domain."""
    senders = {parseaddr(s.sender)[1] for s in settings if isinstance(s, EmailSettings) and s.transport == "ses"}
    names = {name for sender in senders if sender for name in (sender, sender.rpartition("@")[2])}
    prefix = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}:identity/"
    return [prefix + name for name in sorted(names)]


def allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    """One statement of a role."""
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources))


def allow_items(sid: str, actions: Sequence[str], table: dynamodb.ITable, keys: Sequence[str]) -> iam.PolicyStatement:
    """One statement about the items of a table whose partition keys are like one of the keys."""
    statement = allow(sid, actions, [table.table_arn])
    statement.add_condition("ForAllValues:StringLike", {"dynamodb:LeadingKeys": list(keys)})
    return statement
