"""An alarm near the account's limit on what SMS may cost a month: beyond it SNS drops each message without an error."""

from __future__ import annotations

import math

from alertrelay.config.own_runbooks import own_runbook
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from compiler.alarms.description import describe

LIMIT_CONTEXT = "alertrelay:sms_spend_limit_usd"
"""The CDK context, in cdk.json or by `-c`, that has the account's limit: no metric of CloudWatch does."""
LIMIT_USD = 1.0
"""What AWS gives an account that has not asked for more."""
NEAR = 0.8
NAME = "AlertrelaySmsSpend"
PERIOD_SECONDS = 300


def limit_usd(scope: Construct) -> float:
    """Return the limit that the deployment assumes. Raises ValueError where the context is no positive number."""
    given = scope.node.try_get_context(LIMIT_CONTEXT)
    try:
        limit = LIMIT_USD if given is None else float(given)
    except (TypeError, ValueError):
        limit = 0.0
    if not (math.isfinite(limit) and limit > 0):
        raise ValueError(f"{LIMIT_CONTEXT} in the CDK context: expected dollars, more than 0, got {given!r}")
    return limit


class SmsWatch(Construct):
    """The alarm, notified through the ops topic. AWS/SNS SMSMonthToDateSpentUSD has no dimensions: it is the account's,
    and written when a message is sent, so that a gap changes nothing.
    Source: SNS developer guide, "Monitoring SMS activity using CloudWatch"."""

    def __init__(
        self, scope: Construct, construct_id: str, environment: str, *, ops: sns.ITopic, runbook_base_url: str = ""
    ) -> None:
        super().__init__(scope, construct_id)
        limit = limit_usd(self)
        alarm = cloudwatch.Alarm(
            self,
            NAME,
            alarm_name=f"{environment}-alertrelay-sms-{NAME}",
            alarm_description=_description(environment, limit, runbook_base_url.rstrip("/")),
            metric=cloudwatch.Metric(
                namespace="AWS/SNS",
                metric_name="SMSMonthToDateSpentUSD",
                statistic="Maximum",
                period=Duration.seconds(PERIOD_SECONDS),
            ),
            threshold=round(NEAR * limit, 4),
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )
        alarm.add_alarm_action(actions.SnsAction(ops))
        alarm.add_ok_action(actions.SnsAction(ops))


def _description(environment: str, limit: float, runbooks: str) -> str:
    means = (
        f"sms: {NEAR:.0%} of this account's limit of {limit:g} dollars for SMS in this month is spent. Beyond the "
        "limit SNS drops every SMS and reports no error. Raise it: docs/deploy.md, 'SMS', has the commands."
    )
    metadata = {
        "alertname": NAME,
        "severity": "critical",
        "service": "alertrelay",
        "env": environment,
        "category": "alerting",
        "runbook": f"{runbooks}/{own_runbook(NAME)}" if runbooks else "",
        "impact": "Soon SMS reaches nobody until the end of the month.",
    }
    return describe(means, metadata)
