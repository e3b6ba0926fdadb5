"""Gives each function its logs, the alias and the schedule that its events come by, and a queue for what it could not
handle."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from compiler.resources.environment import Environment
from infra.assets import Asset

ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}
ALIAS = "live"
"""The alias of each function that its events come by."""

RETENTION = Duration.days(14)
"""Of queues: as long as SQS keeps a message at all."""

LOG_RETENTION: Mapping[int, logs.RetentionDays] = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    120: logs.RetentionDays.FOUR_MONTHS,
    150: logs.RetentionDays.FIVE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    400: logs.RetentionDays.THIRTEEN_MONTHS,
    545: logs.RetentionDays.EIGHTEEN_MONTHS,
    731: logs.RetentionDays.TWO_YEARS,
    1096: logs.RetentionDays.THREE_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
    2192: logs.RetentionDays.SIX_YEARS,
    2557: logs.RetentionDays.SEVEN_YEARS,
    2922: logs.RetentionDays.EIGHT_YEARS,
    3288: logs.RetentionDays.NINE_YEARS,
    3653: logs.RetentionDays.TEN_YEARS,
}


def live_alias(
    function: lambda_.Function, *, failed: sqs.IQueue, retry_attempts: int, max_event_age: Duration
) -> lambda_.Alias:
    """Return the alias of a function that its events come by. What Lambda gives up goes to `failed`: the retries of
    asynchronous events are set for each alias anew.

    The versions before it are kept: `aws lambda update-alias` goes back to one within seconds.
    """
    return lambda_.Alias(
        function,
        "Live",
        alias_name=ALIAS,
        version=function.current_version,
        retry_attempts=retry_attempts,
        max_event_age=max_event_age,
        on_failure=destinations.SqsDestination(failed),
    )


def run_every(
    scope: Construct,
    construct_id: str,
    function: lambda_.IFunction,
    every: Duration,
    *,
    name: str,
    description: str,
    failures: sqs.IQueue,
    event: Mapping[str, object] | None = None,
) -> events.Rule:
    """Return the rule that runs a function. What EventBridge cannot hand over within five minutes goes to `failures`:
    by then the next run does the same. Without an `event` the function gets EventBridge's own."""
    rule = events.Rule(
        scope, construct_id, rule_name=name, description=description, schedule=events.Schedule.rate(every)
    )
    rule.add_target(
        targets.LambdaFunction(
            function,
            event=events.RuleTargetInput.from_object(event) if event else None,
            retry_attempts=2,
            max_event_age=Duration.minutes(5),
            dead_letter_queue=failures,
        )
    )
    return rule


def dead_letter_queue(scope: Construct, construct_id: str, name: str, *, of_queue: bool = False) -> sqs.Queue:
    """Return a queue for what could not be handled. Not encrypted with the topics' key: it must work without it.

    cdk-nag takes it for what it is only where it is the dead-letter queue `of_queue`.
    """
    queue = sqs.Queue(
        scope,
        construct_id,
        queue_name=name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=RETENTION,
    )
    if not of_queue:
        cdk.Validations.of(queue).acknowledge(
            cdk.Acknowledgment(
                id="AwsSolutions::AwsSolutions-SQS3",
                reason="This is itself a dead-letter queue, with alarms of its own.",
            )
        )
    return queue


def log_group(scope: Construct, environment: Environment, construct_id: str = "Logs") -> logs.LogGroup:
    """The function's logs, which are also the history of notifications."""
    return logs.LogGroup(
        scope,
        construct_id,
        retention=LOG_RETENTION[environment.log_retention_days],
        removal_policy=RemovalPolicy.RETAIN if environment.retain else RemovalPolicy.DESTROY,
    )


def acknowledge_runtime(function: lambda_.Function) -> None:
    """Accept that the runtime is not the newest Python, for which cdk-nag asks."""
    cdk.Validations.of(function).acknowledge(
        cdk.Acknowledgment(
            id="AwsSolutions::AwsSolutions-L1",
            reason="Python 3.13 is supported until 2029; the layer's wheels and .pyc are made for it.",
        )
    )


def depend_by_reference(function: lambda_.Function) -> None:
    """Leave out the dependency that the CDK writes beside the reference to the role: cfn-lint calls it redundant."""
    resource = function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.add_deletion_override("DependsOn")


def layer_version(scope: Construct, layer: Asset, arch: str) -> lambda_.LayerVersion:
    """Return the layer of a built folder."""
    return lambda_.LayerVersion(
        scope,
        "Layer",
        code=lambda_.Code.from_asset(str(layer.path), asset_hash=layer.hash),
        description="alertrelay and its third-party packages",
        compatible_architectures=[ARCHITECTURES[arch]],
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
    )
