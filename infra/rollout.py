"""Rolls a new version out: it is checked without traffic, gets a tenth of it, and goes back where alarms fire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import Aws, Duration, aws_logs
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.functions import acknowledge_runtime, depend_by_reference, log_group
from infra.permissions import accept_wildcards, allow, function_role
from infra.relay import Relay, own_environment
from infra.topics import topic_prefix

NAME = "pre-traffic"
CANARY = codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES


class Rollout(Construct):
    """The deployment of each alias of `aliases`, by name. Each is rolled back when one of its `alarms` fires.

    With `rollout: at_once` in the environment's file all traffic moves in one step and no alarm is asked, for a mend
    that must go out while alarms fire. A new version is checked in both cases.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        relay: Relay,
        *,
        aliases: Mapping[str, lambda_.Alias],
        alarms: Mapping[str, Sequence[cloudwatch.IAlarm]],
    ) -> None:
        super().__init__(scope, construct_id)
        application = codedeploy.LambdaApplication(self, "Application")
        self.hook = self._hook(relay, application, list(aliases.values()))
        role = _role(self, hook=self.hook, aliases=list(aliases.values()))
        canary = relay.environment.rollout == "canary"
        for name, alias in aliases.items():
            codedeploy.LambdaDeploymentGroup(
                self,
                name,
                application=application,
                alias=alias,
                # What the role may do stands below, all of it: constructs add nothing.
                role=role.without_policy_updates(),
                pre_hook=self.hook,
                deployment_config=CANARY if canary else codedeploy.LambdaDeploymentConfig.ALL_AT_ONCE,
                alarms=list(alarms[name]) if canary else [],
                auto_rollback=codedeploy.AutoRollbackConfig(
                    failed_deployment=True, stopped_deployment=True, deployment_in_alarm=canary
                ),
            )

    def _hook(
        self, relay: Relay, application: codedeploy.ILambdaApplication, aliases: Sequence[lambda_.Alias]
    ) -> lambda_.Function:
        name = topic_prefix(relay.environment.name) + NAME
        logs = log_group(self, relay.environment)
        role = self._hook_role(logs, application, aliases)
        function = lambda_.Function(
            self,
            "Hook",
            function_name=name,
            description=f"alertrelay {relay.environment.name}: checks new versions before they get traffic",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=relay.architecture,
            handler="lambdas.pre_traffic.handler",
            code=relay.code,
            layers=[relay.layer],
            role=role.without_policy_updates(),
            memory_size=512,
            timeout=Duration.minutes(3),
            environment=self._environment(relay, aliases),
            log_group=logs,
        )
        acknowledge_runtime(function)
        depend_by_reference(function)
        return function

    def _hook_role(
        self, logs: aws_logs.ILogGroup, application: codedeploy.ILambdaApplication, aliases: Sequence[lambda_.Alias]
    ) -> iam.Role:
        group = f"arn:{Aws.PARTITION}:codedeploy:{Aws.REGION}:{Aws.ACCOUNT_ID}:deploymentgroup:"
        groups = [f"{group}{application.application_name}/*"]
        statements = [
            allow("Check", ["lambda:InvokeFunction"], _versions(aliases)),
            allow("Report", ["codedeploy:PutLifecycleEventHookExecutionStatus"], groups),
        ]
        application_id = cdk.Stack.of(self).get_logical_id(application.node.default_child)  # type: ignore[arg-type] # a CfnApplication
        report = f"arn:<AWS::Partition>:codedeploy:<AWS::Region>:<AWS::AccountId>:deploymentgroup:<{application_id}>/*"
        wildcards = {**_of_versions(aliases), report: "the groups of this environment's application, and of no other"}
        return function_role(self, "hook", logs, statements, wildcards=wildcards, construct_id="HookRole")

    def _environment(self, relay: Relay, aliases: Sequence[lambda_.Alias]) -> dict[str, str]:
        """What alertrelay.runtime.pre_traffic reads."""
        versions = [alias.version.function_arn for alias in aliases]
        return own_environment(relay, NAME) | {"ALERTRELAY_VERSIONS": cdk.Stack.of(self).to_json_string(versions)}


def _versions(aliases: Sequence[lambda_.Alias]) -> list[str]:
    return [f"{alias.lambda_.function_arn}:*" for alias in aliases]


def _role(scope: Construct, *, hook: lambda_.IFunction, aliases: Sequence[lambda_.Alias]) -> iam.Role:
    """Return the role of CodeDeploy: AWSCodeDeployRoleForLambdaLimited, for these functions alone."""
    functions = [arn for alias in aliases for arn in (alias.lambda_.function_arn, f"{alias.lambda_.function_arn}:*")]
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
        inline_policies={
            "rollout": iam.PolicyDocument(
                statements=[
                    allow(
                        "Shift",
                        ["lambda:UpdateAlias", "lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig"],
                        functions,
                    ),
                    allow("Check", ["lambda:InvokeFunction"], [hook.function_arn]),
                    # DescribeAlarms knows no resource.
                    allow("Alarms", ["cloudwatch:DescribeAlarms"], ["*"]),
                ]
            )
        },
    )
    reason = "cloudwatch:DescribeAlarms knows no resource; it reads states of alarms, and nothing else"
    accept_wildcards(role, {"*": reason, **_of_versions(aliases)})
    return role


def _of_versions(aliases: Sequence[lambda_.Alias]) -> dict[str, str]:
    """Return the wildcards of the versions of each function, with their reason."""
    ids = [cdk.Stack.of(alias).get_logical_id(alias.lambda_.node.default_child) for alias in aliases]  # type: ignore[arg-type] # a CfnFunction
    return {f"<{one}.Arn>:*": "the versions of one function, whose numbers are not known before" for one in ids}
