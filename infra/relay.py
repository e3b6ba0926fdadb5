"""What the functions of an environment share, and one of them made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from compiler.resources.environment import Environment
from infra.functions import acknowledge_runtime, depend_by_reference
from infra.served import handler_of
from infra.topics import topic_prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The parts that all forwarders of an environment share."""

    environment: Environment
    topics: Mapping[str, sns.Topic]
    ops: sns.Topic
    last_resort: sns.Topic
    table: dynamodb.ITable
    secret: secretsmanager.ISecret
    code: lambda_.Code
    layer: lambda_.ILayerVersion
    architecture: lambda_.Architecture
    config_hash: str
    rule_failures: sqs.IQueue


def own_environment(relay: Relay, name: str) -> dict[str, str]:
    """Return the variables of every function of ours: its environment, its name, and how it logs and counts."""
    # An empty one that `sam local invoke --env-vars` can fill: it sets only what the template declares.
    local = {"AWS_ENDPOINT_URL": ""} if relay.environment.name == "dev" else {}
    return local | {
        "ALERTRELAY_ENV": relay.environment.name,
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": "alertrelay",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def own_function(
    scope: Construct,
    relay: Relay,
    name: str,
    *,
    role: iam.Role,
    memory_mb: int,
    timeout: Duration,
    environment: Mapping[str, str],
    log_group: logs.ILogGroup,
    failed: sqs.IQueue | None = None,
    **more: Any,
) -> lambda_.Function:
    """Return a function of ours, with the environment's code and layer. `failed` takes the events that Lambda gives up,
    and goes with an alias, whose older versions are kept. `more` are arguments of lambda_.Function."""
    if failed:
        more["on_failure"] = destinations.SqsDestination(failed)
        more["current_version_options"] = lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN)
    function = lambda_.Function(
        scope,
        "Function",
        function_name=topic_prefix(relay.environment.name) + name,
        description=f"alertrelay {relay.environment.name}: {name}",
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=relay.architecture,
        handler=handler_of(name),
        code=relay.code,
        layers=[relay.layer],
        # What the function may do stands in its role, all of it: constructs add nothing.
        role=role.without_policy_updates(),
        memory_size=memory_mb,
        timeout=timeout,
        environment=environment,
        log_group=log_group,
        **more,
    )
    acknowledge_runtime(function)
    depend_by_reference(function)
    return function
