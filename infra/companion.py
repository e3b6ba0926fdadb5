"""The companion: a function that writes annotations and starts allowed runbooks, by a queue of its own on each topic.

What it waits for, or fails at, delays no message: no forwarder knows of it.
"""

from __future__ import annotations

from alertrelay.config.model import Config
from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.assets import CONFIG_FILE
from infra.functions import dead_letter_queue, log_group
from infra.permissions import allow, function_role
from infra.relay import Relay, own_function
from infra.topics import topic_prefix

NAME = "companion"
TIMEOUT = Duration.seconds(60)
BATCH, BATCH_SECONDS = 100, 20
"""Messages of one run, and how long it waits for them: an incident that ends within it is one annotation."""
MAX_RECEIVES = 6
MEMORY_MB = 256


class CompanionConstruct(Construct):
    """One `function` without an alias, its queue, and `expired`: what Grafana has not taken within half an hour."""

    def __init__(self, scope: Construct, construct_id: str, relay: Relay, config: Config) -> None:
        super().__init__(scope, construct_id)
        self.name = topic_prefix(relay.environment.name) + NAME
        self.expired = dead_letter_queue(self, "Expired", f"{self.name}-lapsed")
        self.queue = sqs.Queue(
            self,
            "Arrivals",
            queue_name=f"{self.name}-arrivals",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(6 * TIMEOUT.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.expired, max_receive_count=MAX_RECEIVES),
        )
        self.logs = log_group(self, relay.environment)
        self.function = self._function(relay, self._role(relay, config))
        for topic in relay.topics.values():
            topic.add_subscription(subscriptions.SqsSubscription(self.queue))
        lambda_.EventSourceMapping(
            self.function,
            "Queue",
            target=self.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=BATCH,
            max_batching_window=Duration.seconds(BATCH_SECONDS),
            max_concurrency=2,
            report_batch_item_failures=True,
        )

    def _role(self, relay: Relay, config: Config) -> iam.Role:
        polling = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        statements = [
            allow("Poll", polling, [self.queue.queue_arn]),
            allow("Silences", ["dynamodb:GetItem"], [relay.table.table_arn]),
            allow("Keys", ["secretsmanager:GetSecretValue"], [relay.secret.secret_arn]),
            allow("Ops", ["sns:Publish"], [relay.ops.topic_arn]),
            *automation_statements(config),
        ]
        reason = "Of each named document all versions: a document of AWS's own has no account, and new versions come."
        wildcards = dict.fromkeys(_documents(config, "<AWS::Partition>", "<AWS::Region>"), reason)
        return function_role(self, "Own", self.logs, statements, wildcards=wildcards)

    def _function(self, relay: Relay, role: iam.Role) -> lambda_.Function:
        return own_function(
            self,
            relay,
            NAME,
            role=role,
            memory_mb=MEMORY_MB,
            timeout=TIMEOUT,
            environment={
                "ALERTRELAY_ENV": relay.environment.name,
                "ALERTRELAY_CONFIG": CONFIG_FILE,
                "ALERTRELAY_TABLE": relay.table.table_name,
                "ALERTRELAY_SECRET_ARN": relay.secret.secret_arn,
                "ALERTRELAY_OPS_TOPIC_ARN": relay.ops.topic_arn,
                "POWERTOOLS_SERVICE_NAME": NAME,
            },
            log_group=self.logs,
        )


def automation_statements(config: Config) -> list[iam.PolicyStatement]:
    """Returns the permission to start the documents that delivery.yml names, and no other, and to hand them their
    roles. A document of AWS's own has no account in its ARN."""
    if not config.automations:
        return []
    roles = sorted({one.role for one in config.automations if one.role})
    statements = [
        allow("Start", ["ssm:StartAutomationExecution"], _documents(config, Aws.PARTITION, Aws.REGION)),
    ]
    if roles:
        handing = allow("Hand", ["iam:PassRole"], roles)
        handing.add_condition("StringEquals", {"iam:PassedToService": "ssm.amazonaws.com"})
        statements.append(handing)
    return statements


def _documents(config: Config, partition: str, region: str) -> list[str]:
    names = sorted({one.document for one in config.automations})
    return [f"arn:{partition}:ssm:{region}:*:automation-definition/{name}:*" for name in names]
