"""Pages when the relay itself is unwell, without any code of ours and without SNS: EventBridge calls PagerDuty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws, Duration, SecretValue
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.permissions import allow
from infra.topics import topic_prefix

ENDPOINT = "https://events.pagerduty.com/v2/enqueue"


class OpsPage(Construct):
    """Triggers an incident for each alarm of the relay on itself whose name begins with one of `alarms`, and resolves
    it. `rules` are by what they do.

    The routing key is `key` of the environment's secret. CloudFormation reads it by a dynamic reference when it deploys
    and hands it to the connection, which keeps it in a secret of EventBridge: neither template nor rule holds it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: str,
        *,
        secret: secretsmanager.ISecret,
        key: str,
        alarms: Sequence[str],
        failures: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        routing_key = SecretValue.secrets_manager(secret.secret_arn, json_field=key)
        connection = events.Connection(
            self,
            "Connection",
            description=f"alertrelay {environment}: PagerDuty's Events API, version 2",
            # A connection must have one; PagerDuty reads the key of the body, which is added to that of the target.
            authorization=events.Authorization.api_key("X-Routing-Key", routing_key),
            body_parameters={"routing_key": events.HttpParameter.from_secret(routing_key)},
        )
        self._destination = events.ApiDestination(
            self,
            "PagerDuty",
            connection=connection,
            endpoint=ENDPOINT,
            http_method=events.HttpMethod.POST,
            rate_limit_per_second=10,
        )
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("events.amazonaws.com"),
            inline_policies={
                "page": iam.PolicyDocument(
                    statements=[allow("Page", ["events:InvokeApiDestination"], [self._destination.api_destination_arn])]
                )
            },
        )
        self._failures = failures
        name = f"{topic_prefix(environment)}ops-page"
        self.rules: Mapping[str, events.Rule] = {
            "trigger": self._rule(f"{name}-trigger", alarms, "ALARM", _trigger(environment)),
            "resolve": self._rule(f"{name}-resolve", alarms, "OK", _resolve()),
        }

    def _rule(self, name: str, alarms: Sequence[str], state: str, body: Mapping[str, Any]) -> events.Rule:
        rule = events.Rule(
            self,
            state.capitalize(),
            rule_name=name,
            description="alertrelay pages by EventBridge when it is unwell",
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                account=[Aws.ACCOUNT_ID],
                detail_type=["CloudWatch Alarm State Change"],
                detail={"alarmName": [{"prefix": prefix} for prefix in alarms], "state": {"value": [state]}},
            ),
        )
        rule.add_target(
            targets.ApiDestination(
                self._destination,
                event=events.RuleTargetInput.from_object(body),
                event_role=self._role.without_policy_updates(),
                dead_letter_queue=self._failures,
                max_event_age=Duration.hours(6),
                retry_attempts=185,
            )
        )
        return rule


def _trigger(environment: str) -> Mapping[str, Any]:
    """Return the alarm's own words. A field of the event is a whole value: within a text it would not be escaped."""
    field = events.EventField.from_path
    return {
        "event_action": "trigger",
        "dedup_key": field("$.resources[0]"),
        "payload": {
            "summary": field("$.detail.alarmName"),
            "source": f"alertrelay-{environment}",
            "severity": "critical",
            "timestamp": field("$.time"),
            "custom_details": {
                "reason": field("$.detail.state.reason"),
                "description": field("$.detail.configuration.description"),
            },
        },
    }


def _resolve() -> Mapping[str, Any]:
    return {"event_action": "resolve", "dedup_key": events.EventField.from_path("$.resources[0]")}
