"""The intake: an HTTP API in front of one function, which publishes to the alert topics, and its tick."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import Aws, Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import console
from infra.assets import CONFIG_FILE, ORIGINAL_FILE
from infra.forwarding import ForwarderConstruct
from infra.functions import ALIAS, dead_letter_queue, live_alias, log_group, run_every
from infra.permissions import allow, allow_items, function_role
from infra.relay import Relay, own_environment, own_function
from infra.topics import topic_prefix

NAME = "intake"
SEVERITIES = ("critical", "warning", "info")
"""Topics that it publishes to, by their own names."""
TIMEOUT = Duration.seconds(25)
"""Below the 30 s after which an HTTP API gives up, so that the function itself answers 503."""
MEMORY_MB = 1024
RETRIES = 2
MAX_AGE = Duration.minutes(10)
RATE, BURST = 10_000, 5_000
"""Requests a second of the gateway: the account's own quota, above any concurrency of Lambda. So overload is a 503 of
Lambda, which clients repeat, and no 429 of the gateway, which they drop."""
KEYS = ("P#*", "S", "H#*", "L#*", "B#*", "A#*", "M#*", "F", "V#*")
"""Keys of the state table that it writes: posted alerts, the list of silences; of groups that an operator clears the
headers, the chunks of a large ledger, and the buckets of their receiver; who is on an alert, and so in its groups; and
what people think of anomalies, for the scorer and for messages."""
_LOGGED: Mapping[str, str] = {
    "at": "$context.requestTimeEpoch",
    "request": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "ms": "$context.responseLatency",
    "error": "$context.error.message",
}
COUNTED: Mapping[str, str] = {
    "IntakeNotAllowed": "{ $.status = 401 || $.status = 403 }",
    "IntakeLost": "{ $.status = 413 || $.status = 429 }",
    "IntakeUnavailable5xx": "{ $.status >= 500 }",
}
"""What the access log counts, also where the gateway itself answered: metric by name, and its filter."""


class IntakeConstruct(Construct):
    """`function` with its alias `live`, the `api` whose address clients post to, `refused` (bodies that are no alert),
    `failed` (ticks that Lambda gave up), and the `namespace` of what the access log counts.
    /stats counts in the logs of the `forwarders`; the console shows their dead letters, and those of `letters`; `slack`
    is the queue of the one that sends to Slack, which shows there what was done by a button."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        relay: Relay,
        *,
        key: kms.IKey,
        forwarders: Sequence[ForwarderConstruct],
        letters: console.DeadLetters,
        slack: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        self._slack = slack
        self.name = topic_prefix(relay.environment.name) + NAME
        self.namespace = f"alertrelay/{relay.environment.name}/intake"
        self.refused = dead_letter_queue(self, "Refused", f"{self.name}-refused")
        self.failed = dead_letter_queue(self, "Failed", f"{self.name}-failed")
        self.logs = log_group(self, relay.environment)
        own = {
            f"{self.name}-failed": ("runs", self.failed),
            f"{self.name}-refused": ("refused", self.refused),
        }
        self.function = self._function(relay, key, forwarders, {**letters, **own})
        self.live = live_alias(self.function, failed=self.failed, retry_attempts=RETRIES, max_event_age=MAX_AGE)
        self.tick = run_every(
            self,
            "Tick",
            self.live,
            Duration.minutes(1),
            name=f"{self.name}-tick",
            description="alertrelay resolves posted alerts whose end has passed",
            failures=relay.rule_failures,
        )
        self.api = self._api(relay)

    @property
    def address(self) -> str:
        """Returns the address that clients post to."""
        return f"https://{self.api.ref}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"

    def _function(
        self, relay: Relay, key: kms.IKey, forwarders: Sequence[ForwarderConstruct], letters: console.DeadLetters
    ) -> lambda_.Function:
        topics = {name: relay.topics[name] for name in SEVERITIES}
        outcomes = [*(each.logs for each in forwarders), self.logs]  # what people did is in its own
        role = self._role(relay, topics, key, outcomes, console.statements(relay.table, forwarders, letters))
        objectives = relay.environment.objectives is not None
        return own_function(
            self,
            relay,
            NAME,
            role=role,
            memory_mb=MEMORY_MB,
            timeout=TIMEOUT,
            environment=self._environment(relay, topics, outcomes)
            | console.variables(forwarders, letters, objectives=objectives),
            log_group=self.logs,
            retry_attempts=RETRIES,
            max_event_age=MAX_AGE,
            failed=self.failed,
        )

    def _role(
        self,
        relay: Relay,
        topics: Mapping[str, sns.ITopic],
        key: kms.IKey,
        outcomes: Sequence[logs.ILogGroup],
        further: Sequence[iam.PolicyStatement],
    ) -> iam.Role:
        reads = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")
        statements = [
            allow("Read", reads, [relay.table.table_arn]),
            allow_items("Write", ["dynamodb:PutItem", "dynamodb:UpdateItem"], relay.table, KEYS),
            allow("Keys", ["secretsmanager:GetSecretValue"], [relay.secret.secret_arn]),
            allow("Publish", ["sns:Publish"], [topic.topic_arn for topic in topics.values()]),
            allow("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [key.key_arn]),
            # Of itself, for what Slack must not wait for.
            allow("Later", ["lambda:InvokeFunction"], [self._own_arn()]),
            allow("Count", ["logs:StartQuery"], [group.log_group_arn for group in outcomes]),
            # It knows no resource: a query is named by an id that only who started it has.
            allow("Counted", ["logs:GetQueryResults"], ["*"]),
            allow("Send", ["sqs:SendMessage"], [self.refused.queue_arn, self.failed.queue_arn, self._slack.queue_arn]),
            *further,
        ]
        reason = "GetQueryResults knows no resource; StartQuery names the log groups of the forwarders alone"
        return function_role(self, NAME, self.logs, statements, wildcards={"*": reason})

    def _own_arn(self) -> str:
        """Returns the alias's ARN in words: a reference to the function would make a circle of it and its role."""
        return cdk.Stack.of(self).format_arn(
            service="lambda",
            resource="function",
            resource_name=f"{self.name}:{ALIAS}",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

    def _environment(
        self, relay: Relay, topics: Mapping[str, sns.ITopic], outcomes: Sequence[logs.ILogGroup]
    ) -> dict[str, str]:
        """What alertrelay.runtime.intake reads."""
        return own_environment(relay, NAME) | {
            "ALERTRELAY_CONFIG": CONFIG_FILE,
            "ALERTRELAY_ORIGINAL": ORIGINAL_FILE,
            # Not read by the function: `alertrelay check --live` compares it with the files.
            "ALERTRELAY_CONFIG_HASH": relay.config_hash,
            "ALERTRELAY_TABLE": relay.table.table_name,
            "ALERTRELAY_SECRET_ARN": relay.secret.secret_arn,
            "ALERTRELAY_TOPICS": cdk.Stack.of(self).to_json_string({n: t.topic_arn for n, t in topics.items()}),
            "ALERTRELAY_REFUSED_URL": self.refused.queue_url,
            "ALERTRELAY_SLACK_QUEUE_URL": self._slack.queue_url,
            "ALERTRELAY_SELF": f"{self.name}:{ALIAS}",
            "ALERTRELAY_LOG_GROUPS": cdk.Stack.of(self).to_json_string([group.log_group_name for group in outcomes]),
        }

    def _api(self, relay: Relay) -> apigateway.CfnApi:
        api = apigateway.CfnApi(
            self, "Api", name=self.name, protocol_type="HTTP", description="alertrelay takes alerts by HTTPS"
        )
        alias = f"{self.function.function_arn}:live"
        integration = apigateway.CfnIntegration(
            self,
            "Integration",
            api_id=api.ref,
            integration_type="AWS_PROXY",
            integration_uri=alias,
            payload_format_version="2.0",
            timeout_in_millis=29_000,
        )
        route = apigateway.CfnRoute(
            self, "Route", api_id=api.ref, route_key="$default", target=f"integrations/{integration.ref}"
        )
        self.live.add_permission(
            "Gateway",
            principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
            source_arn=f"arn:{Aws.PARTITION}:execute-api:{Aws.REGION}:{Aws.ACCOUNT_ID}:{api.ref}/*",
        )
        self._stage(relay, api)
        cdk.Validations.of(route).acknowledge(
            cdk.Acknowledgment(
                id="AwsSolutions::AwsSolutions-APIG4",
                reason="Prometheus and Alertmanager sign no request: the function checks a token of the secret, in "
                "constant time, before anything else.",
            )
        )
        return api

    def _stage(self, relay: Relay, api: apigateway.CfnApi) -> None:
        access = log_group(self, relay.environment, "AccessLogs")
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=api.ref,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=access.log_group_arn, format=json.dumps(_LOGGED)
            ),
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=RATE, throttling_burst_limit=BURST
            ),
        )
        for metric, pattern in COUNTED.items():
            logs.MetricFilter(
                self,
                metric,
                log_group=access,
                filter_pattern=logs.FilterPattern.literal(pattern),
                metric_namespace=self.namespace,
                metric_name=metric,
                metric_value="1",
            )
