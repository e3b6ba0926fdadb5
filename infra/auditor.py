"""The auditor: a function that compares CloudWatch's alarms with the open alerts, where an environment has `audit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from alertrelay.channels import forwarders
from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from compiler.resources.audit import Audit, Drill
from infra.assets import CONFIG_FILE
from infra.forwarding import ForwarderConstruct
from infra.functions import ALIAS, log_group, run_every
from infra.permissions import allow, function_role
from infra.relay import Relay, own_environment, own_function
from infra.report import ReportParts
from infra.state import DUE_INDEX
from infra.topics import topic_prefix

NAME = "auditor"
TIMEOUT = Duration.minutes(15)
"""Thousands of alarms and of groups are read one after the other, updates are sent five a second, and a drill waits."""
MEMORY_MB = 512
EVENTS: Mapping[str, Mapping[str, str]] = {
    "Reconcile": {"do": "reconcile"},
    "Weekly": {"do": "list_useless_alarms"},
    "Drill": {"do": "drill"},
    "Heartbeat": {"do": "heartbeat"},
    "Report": {"do": "report"},
}
"""What the function gets by its rules: alertrelay.runtime.auditor."""
RESOURCES = (
    "dynamodb:DescribeTable",
    "ec2:DescribeInstances",
    "elasticache:DescribeCacheClusters",
    "lambda:GetFunctionConfiguration",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
)
"""What alertrelay.aws.alarms.resources asks: descriptions alone."""
WEEK, HEARTBEAT = Duration.days(7), Duration.minutes(5)


class AuditorConstruct(Construct):
    """One `function` and the rules that run it. It has no alias, and no queue of what it could not do: no alert comes
    by it, and the next run does the same."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        relay: Relay,
        audit: Audit,
        report: ReportParts | None,
        *,
        watched: Sequence[ForwarderConstruct],
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = topic_prefix(relay.environment.name) + NAME
        timers = [forwarder.timers for forwarder in watched]
        functions = [forwarder.function for forwarder in watched]
        logs = log_group(self, relay.environment)
        role = _role(self, relay, audit, report, logs=logs, timers=timers, functions=functions, key=key)
        self.function = own_function(
            self,
            relay,
            NAME,
            role=role,
            memory_mb=MEMORY_MB,
            timeout=TIMEOUT,
            environment=self._environment(relay, audit, report, timers, functions),
            log_group=logs,
            retry_attempts=0,
            max_event_age=Duration.minutes(5),
        )
        self._schedule("Reconcile", Duration.seconds(audit.every), relay.rule_failures)
        self._schedule("Weekly", WEEK, relay.rule_failures)
        if audit.drill:
            self._schedule("Drill", Duration.seconds(audit.drill.every), relay.rule_failures)
        if audit.heartbeat_key:
            self._schedule("Heartbeat", HEARTBEAT, relay.rule_failures)
        if report:
            self._schedule("Report", WEEK, relay.rule_failures)

    def _schedule(self, name: str, every: Duration, failures: sqs.IQueue) -> None:
        run_every(
            self,
            name,
            self.function,
            every,
            name=f"{self.name}-{name.lower()}",
            description=f"alertrelay {NAME}: {EVENTS[name]['do']}",
            failures=failures,
            event=EVENTS[name],
        )

    def _environment(
        self,
        relay: Relay,
        audit: Audit,
        report: ReportParts | None,
        timers: Sequence[sqs.IQueue],
        functions: Sequence[lambda_.IFunction],
    ) -> dict[str, str]:
        """What alertrelay.runtime.auditor reads."""
        stack = cdk.Stack.of(self)
        further: dict[str, str] = {}
        if audit.drill:
            drill = {"severity": audit.drill.severity, "within": audit.drill.within}
            further |= {"ALERTRELAY_CONFIG": CONFIG_FILE, "ALERTRELAY_DRILL": stack.to_json_string(drill)}
        if audit.heartbeat_key:
            further["ALERTRELAY_HEARTBEAT_KEY"] = audit.heartbeat_key
        if report:
            groups = stack.to_json_string([group.log_group_name for group in report.groups])
            further |= {**report.environment, "ALERTRELAY_LOG_GROUPS": groups}
        own = own_environment(relay, NAME) | {
            "ALERTRELAY_TABLE": relay.table.table_name,
            "ALERTRELAY_SECRET_ARN": relay.secret.secret_arn,
            "ALERTRELAY_FUNCTIONS": stack.to_json_string([function.function_name for function in functions]),
            # What the forwarders run with, as of this deployment.
            "ALERTRELAY_CONFIG_HASH": relay.config_hash,
            "ALERTRELAY_QUEUES": stack.to_json_string([queue.queue_url for queue in timers]),
            "ALERTRELAY_TOPICS": stack.to_json_string([topic.topic_arn for topic in relay.topics.values()]),
            "ALERTRELAY_OPS_TOPIC_ARN": relay.ops.topic_arn,
            "ALERTRELAY_ACCOUNT_ID": Aws.ACCOUNT_ID,
            "ALERTRELAY_AUDIT_ROLES": stack.to_json_string(list(audit.roles)),
        }
        return own | further


def _drill_statements(relay: Relay, drill: Drill, key: kms.IKey) -> list[iam.PolicyStatement]:
    """Lets a drill publish to the topic of its severity, and to no other."""
    return [
        allow("Drill", ["sns:Publish"], [relay.topics[drill.severity].topic_arn]),
        allow("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [key.key_arn]),
    ]


def _drift_statements(relay: Relay, functions: Sequence[lambda_.IFunction]) -> list[iam.PolicyStatement]:
    """Lets it ask what is deployed of the relay; no value of the secret is read."""
    rules = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:rule/{topic_prefix(relay.environment.name)}"
    names = [name for name, _ in sorted(relay.topics.items())]
    return [
        allow(
            "Subscribers",
            ["sns:ListSubscriptionsByTopic"],
            [*(relay.topics[name].topic_arn for name in names), relay.ops.topic_arn],
        ),
        allow("Rules", ["events:DescribeRule"], [f"{rules}{name}-tick" for name in sorted(forwarders())]),
        allow("Versions", ["lambda:GetFunctionConfiguration"], [f"{one.function_arn}:{ALIAS}" for one in functions]),
        allow("Age", ["secretsmanager:DescribeSecret"], [relay.secret.secret_arn]),
    ]


def _role(
    scope: Construct,
    relay: Relay,
    audit: Audit,
    report: ReportParts | None,
    *,
    logs: logs.ILogGroup,
    timers: Sequence[sqs.IQueue],
    functions: Sequence[lambda_.IFunction],
    key: kms.IKey,
) -> iam.Role:
    needs_keys = bool(audit.heartbeat_key or report)
    statements = [
        # It reads the table, and changes nothing there.
        allow("Read", ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"], [relay.table.table_arn]),
        allow("Due", ["dynamodb:Scan"], [f"{relay.table.table_arn}/index/{DUE_INDEX}"]),
        allow("Send", ["sqs:SendMessage"], [queue.queue_arn for queue in timers]),
        allow("Tell", ["sns:Publish"], [relay.ops.topic_arn]),
        # None of these knows a resource for alarms of every type.
        allow(
            "Verify",
            ["cloudwatch:DescribeAlarmContributors", "cloudwatch:DescribeAlarms", "cloudwatch:ListAlarmMuteRules"],
            ["*"],
        ),
        # Of an alarm without data, whether its resource still exists. A name in an alarm may be anybody's.
        allow("Resources", RESOURCES, ["*"]),
        *_drift_statements(relay, functions),
        *([allow("Accounts", ["sts:AssumeRole"], audit.roles)] if audit.roles else []),
        *(_drill_statements(relay, audit.drill, key) if audit.drill else []),
        *(report.statements if report else []),
        *([allow("Keys", ["secretsmanager:GetSecretValue"], [relay.secret.secret_arn])] if needs_keys else []),
    ]
    reason = (
        "DescribeAlarms leaves composite alarms out where it names resources, and what an alarm watches has any name; "
        "it reads states and descriptions alone"
    )
    return function_role(scope, NAME, logs, statements, wildcards={"*": reason})
