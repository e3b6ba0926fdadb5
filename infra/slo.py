"""The slo function: works out the error budgets on a schedule, and keeps them for the messages."""

from __future__ import annotations

from alertrelay.config.slo import EVERY, SloConfig
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.assets import SLO_FILE
from infra.functions import dead_letter_queue, live_alias, log_group, run_every
from infra.permissions import allow, allow_items, function_role
from infra.relay import Relay, own_environment, own_function
from infra.topics import topic_prefix

NAME = "slo"
TIMEOUT = Duration.seconds(120)
MEMORY_MB = 512
RETRIES = 2
MAX_AGE = Duration.minutes(5)
KEYS = ("B#*",)
"""Keys of the state table that it writes: the state of error budgets."""


class SloFunction(Construct):
    """`function` with its alias `live`, the `schedule` that runs it, the queue of what `failed` to the last, its
    `logs`."""

    def __init__(self, scope: Construct, construct_id: str, relay: Relay, config: SloConfig) -> None:
        super().__init__(scope, construct_id)
        self.name = topic_prefix(relay.environment.name) + NAME
        self.logs = log_group(self, relay.environment)
        self.failed = dead_letter_queue(self, "Failed", f"{self.name}-failed")
        self.function = self._function(relay, config)
        self.live = live_alias(self.function, failed=self.failed, retry_attempts=RETRIES, max_event_age=MAX_AGE)
        self.schedule = run_every(
            self,
            "Schedule",
            self.live,
            Duration.seconds(EVERY),
            name=f"{self.name}-schedule",
            description="alertrelay works out the error budgets",
            failures=relay.rule_failures,
        )

    def _function(self, relay: Relay, config: SloConfig) -> lambda_.Function:
        return own_function(
            self,
            relay,
            NAME,
            role=self._role(relay),
            memory_mb=MEMORY_MB,
            timeout=TIMEOUT,
            environment=_environment(relay, config),
            log_group=self.logs,
            retry_attempts=RETRIES,
            max_event_age=MAX_AGE,
            failed=self.failed,
        )

    def _role(self, relay: Relay) -> iam.Role:
        statements = [
            # It knows no resource.
            allow("Metrics", ["cloudwatch:GetMetricData"], ["*"]),
            allow_items("Budgets", ["dynamodb:UpdateItem"], relay.table, KEYS),
            allow("Send", ["sqs:SendMessage"], [self.failed.queue_arn]),
        ]
        reason = "metrics know no resource: it reads them, and nothing else"
        return function_role(self, NAME, self.logs, statements, wildcards={"*": reason})


def _environment(relay: Relay, config: SloConfig) -> dict[str, str]:
    """What alertrelay.runtime.slo reads."""
    return own_environment(relay, NAME) | {
        "ALERTRELAY_SLO_CONFIG": SLO_FILE,
        # Not read by the function: other objectives make another version of it.
        "ALERTRELAY_CONFIG_HASH": config.hash,
        "ALERTRELAY_TABLE": relay.table.table_name,
    }
