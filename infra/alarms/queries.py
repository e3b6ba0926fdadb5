"""Makes CloudWatch alarms on queries: PromQL over OpenTelemetry metrics, and Logs Insights over a log.

Neither has a level 2 construct that takes all of it, and CloudFormation alone would find what is wrong:
compiler.alarms.check holds their limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import Aws, CfnTag
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from compiler.alarms.alarm import MetricAlarm

_OPERATORS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}
EVALUATED_EVERY = 60  # seconds


def promql_alarm(
    scope: Construct, alarm: MetricAlarm, actions: Sequence[str], tags: Sequence[CfnTag], sent_tags: Any
) -> cloudwatch.CfnAlarm:
    """Make an alarm that fires for each series that its query returns, once it has done so for the rule's duration.

    Neither a threshold nor an action for INSUFFICIENT_DATA is taken: each series is a contributor, which is OK or not.
    """
    pending = alarm.of * alarm.period
    criteria = cloudwatch.CfnAlarm.EvaluationCriteriaProperty(
        prom_ql_criteria=cloudwatch.CfnAlarm.AlarmPromQLCriteriaProperty(
            query=alarm.query, pending_period=pending, recovery_period=pending
        )
    )
    return cloudwatch.CfnAlarm(
        scope,
        alarm.name,
        alarm_name=alarm.name,
        alarm_description=alarm.description,
        alarm_actions=list(actions),
        ok_actions=list(actions),
        evaluation_criteria=criteria,
        evaluation_interval=EVALUATED_EVERY,
        tags=list(tags),
        action_configuration=sent_tags,
    )


def log_alarm(
    scope: Construct,
    alarm: MetricAlarm,
    actions: Sequence[str],
    tags: Sequence[CfnTag],
    sent_tags: Any,
    role: iam.IRole,
) -> cloudwatch.CfnLogAlarm:
    """Make an alarm on how many lines a query finds in a log, each time over the time since the last run."""
    minutes = alarm.period // 60
    return cloudwatch.CfnLogAlarm(
        scope,
        alarm.name,
        alarm_name=alarm.name,
        alarm_description=alarm.description,
        alarm_actions=list(actions),
        ok_actions=list(actions),
        comparison_operator=_OPERATORS[alarm.operator],
        threshold=alarm.threshold or 0,
        query_results_to_alarm=alarm.datapoints,
        query_results_to_evaluate=alarm.of,
        treat_missing_data=alarm.missing,
        scheduled_query_configuration=cloudwatch.CfnLogAlarm.ScheduledQueryConfigurationProperty(
            query_string=alarm.query,
            aggregation_expression="count(*)",
            log_group_identifiers=[alarm.log_group],
            schedule_configuration=cloudwatch.CfnLogAlarm.ScheduleConfigurationProperty(
                schedule_expression=f"rate({minutes} minutes)", start_time_offset=alarm.period
            ),
            scheduled_query_role_arn=role.role_arn,
        ),
        tags=list(tags),
        action_configuration=sent_tags,
    )


def query_role(scope: Construct, construct_id: str, log_groups: Sequence[str]) -> iam.Role:
    """Make the role as which CloudWatch Logs runs the queries of alarms on these logs, and reads nothing else."""
    role = iam.Role(
        scope,
        construct_id,
        description="alertrelay: CloudWatch Logs runs the queries of log alarms",
        assumed_by=iam.ServicePrincipal(
            "logs.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        ),
    )
    arns = [f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{name}" for name in log_groups]
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery"],
            resources=[found for arn in arns for found in (arn, f"{arn}:*")],
        )
    )
    for name in log_groups:
        resource = f"arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:{name}:*"
        cdk.Validations.of(role).acknowledge(
            cdk.Acknowledgment(
                id=f"AwsSolutions::AwsSolutions-IAM5[Resource::{resource}]",
                reason="The streams of this one log: IAM names a log group with and without them.",
            )
        )
    return role
