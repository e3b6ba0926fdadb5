"""The anomaly-scorer: a function on a schedule, the bucket of its state, and the deployments that it learns of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from alertrelay.config.watch import AnomalyConfig, PrometheusServer
from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.assets import ANOMALY_FILE
from infra.functions import dead_letter_queue, live_alias, log_group, run_every
from infra.permissions import allow, allow_items, function_role
from infra.relay import Relay, own_environment, own_function
from infra.topics import topic_prefix

NAME = "anomaly-scorer"
SEVERITIES = ("critical", "warning", "info")
"""Topics that it publishes to, by their own names."""
TIMEOUT = Duration.seconds(240)
"""Less than the five minutes between two runs; what is not done by then is done by the next one."""
MEMORY_MB = 1769
"""One whole core, by Lambda's own measure: the work is all computing."""
RETRIES = 2
MAX_AGE = Duration.minutes(10)
STATE_PREFIX = "scorer/"
NOTES = ("R", "D", "N#*")
"""Keys of the state table that it writes, and so it can harm no group: its lease, deployments, what other alerts say of
anomalies."""

# What each publishes while it changes a service; who has changed something first is who is asked at night.
_DEPLOYMENTS: Mapping[str, Mapping[str, list[str]]] = {
    "CodeDeploy": {
        "source": ["aws.codedeploy"],
        "detail-type": ["CodeDeploy Deployment State-change Notification"],
    },
    "Ecs": {"source": ["aws.ecs"], "detail-type": ["ECS Deployment State Change"]},
    "CloudFormation": {"source": ["aws.cloudformation"], "detail-type": ["CloudFormation Stack Status Change"]},
}


class AnomalyScorer(Construct):
    """`function` with its alias `live`, the `schedule` that runs it, the `bucket` of its state, the queue of what
    `failed` to the last, and its `logs`: the record of all that it found, also in shadow."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        relay: Relay,
        config: AnomalyConfig,
        *,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = topic_prefix(relay.environment.name) + NAME
        self.topics = {name: relay.topics[name] for name in SEVERITIES}
        self.bucket = self._bucket()
        self.logs = log_group(self, relay.environment)
        self.failed = dead_letter_queue(self, "Failed", f"{self.name}-failed")
        self.function = self._function(relay, config, key)
        self.live = live_alias(self.function, failed=self.failed, retry_attempts=RETRIES, max_event_age=MAX_AGE)
        self.schedule = run_every(
            self,
            "Schedule",
            self.live,
            Duration.seconds(config.every),
            name=f"{self.name}-schedule",
            description="alertrelay scores the new points of the watched metrics",
            failures=relay.rule_failures,
        )
        self._hear_of_deployments(relay.rule_failures)

    def _function(self, relay: Relay, config: AnomalyConfig, key: kms.IKey) -> lambda_.Function:
        role = _role(
            self,
            logs=self.logs,
            bucket=self.bucket,
            table=relay.table,
            topics=self.topics,
            key=key,
            failed=self.failed,
            extra=_of_prometheus(config.prometheus, relay.secret),
        )
        return own_function(
            self,
            relay,
            NAME,
            role=role,
            memory_mb=MEMORY_MB,
            timeout=TIMEOUT,
            environment=self._environment(relay, config),
            log_group=self.logs,
            # A run that failed is tried again after one minute and after two more; the next one does the same work.
            retry_attempts=RETRIES,
            max_event_age=MAX_AGE,
            failed=self.failed,
        )

    def _bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "State",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            # A stack cannot delete a bucket that holds something.
            removal_policy=RemovalPolicy.RETAIN,
        )
        cdk.Validations.of(bucket).acknowledge(
            cdk.Acknowledgment(
                id="AwsSolutions::AwsSolutions-S1",
                reason="It holds statistics of metrics, learned anew where they are lost; one function uses it.",
            )
        )
        return bucket

    def _hear_of_deployments(self, failures: sqs.IQueue) -> None:
        for name, pattern in _DEPLOYMENTS.items():
            events.Rule(
                self,
                name,
                rule_name=f"{self.name}-{name.lower()}",
                description=f"alertrelay keeps deployments of {name}, to name them in anomalies",
                event_pattern=events.EventPattern(source=pattern["source"], detail_type=pattern["detail-type"]),
                targets=[
                    targets.LambdaFunction(
                        self.live, retry_attempts=2, max_event_age=Duration.hours(1), dead_letter_queue=failures
                    )
                ],
            )

    def _environment(self, relay: Relay, config: AnomalyConfig) -> dict[str, str]:
        """What alertrelay.runtime.scorer reads."""
        stack = cdk.Stack.of(self)
        keyed = config.prometheus and config.prometheus.secret_key
        return (
            own_environment(relay, NAME)
            | ({"ALERTRELAY_SECRET_ARN": relay.secret.secret_arn} if keyed else {})
            | {
                "ALERTRELAY_ANOMALY_CONFIG": ANOMALY_FILE,
                # Not read by the function: `alertrelay check --live` compares it with the files.
                "ALERTRELAY_CONFIG_HASH": config.hash,
                "ALERTRELAY_TABLE": relay.table.table_name,
                "ALERTRELAY_BUCKET": self.bucket.bucket_name,
                "ALERTRELAY_TOPICS": stack.to_json_string({name: t.topic_arn for name, t in self.topics.items()}),
                "ALERTRELAY_ACCOUNT_ID": Aws.ACCOUNT_ID,
            }
        )


def _role(
    scope: Construct,
    *,
    logs: logs.ILogGroup,
    bucket: s3.IBucket,
    table: dynamodb.ITable,
    topics: Mapping[str, sns.ITopic],
    key: kms.IKey,
    failed: sqs.IQueue,
    extra: Sequence[iam.PolicyStatement],
) -> iam.Role:
    statements = [
        allow("State", ["s3:GetObject", "s3:PutObject"], [bucket.arn_for_objects(f"{STATE_PREFIX}*")]),
        # Without it S3 says "denied" of an object that is not there.
        allow("Absent", ["s3:ListBucket"], [bucket.bucket_arn]),
        # None of these knows a resource.
        allow("Metrics", ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "tag:GetResources"], ["*"]),
        allow_items("Notes", ["dynamodb:PutItem", "dynamodb:UpdateItem"], table, NOTES),
        allow_items("Read", ["dynamodb:Query"], table, ("D", "F")),
        allow("Tell", ["sns:Publish"], [topic.topic_arn for topic in topics.values()]),
        allow("Send", ["sqs:SendMessage"], [failed.queue_arn]),
        allow("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [key.key_arn]),
        *extra,
    ]
    wildcards = {
        "*": "metrics and tags know no resource: it reads them, and nothing else",
        f"<{_logical_id(bucket)}.Arn>/{STATE_PREFIX}*": "all objects of its state, and of no other bucket",
    }
    return function_role(scope, "scorer", logs, statements, wildcards=wildcards)


def _of_prometheus(server: PrometheusServer | None, secret: secretsmanager.ISecret) -> list[iam.PolicyStatement]:
    """Lets it ask the workspace that the address names, or read the key of another server."""
    if server is None:
        return []
    if server.secret_key:
        return [allow("Keys", ["secretsmanager:GetSecretValue"], [secret.secret_arn])]
    if server.authentication != "sigv4":
        return []
    workspace = server.address.rpartition("/")[2]
    arn = f"arn:{Aws.PARTITION}:aps:{server.region}:{Aws.ACCOUNT_ID}:workspace/{workspace}"
    return [allow("Prometheus", ["aps:QueryMetrics"], [arn])]


def _logical_id(bucket: s3.IBucket) -> str:
    stack = cdk.Stack.of(bucket)
    return str(stack.get_logical_id(bucket.node.default_child))  # type: ignore[arg-type] # a bucket's is a CfnElement
