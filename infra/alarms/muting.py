"""Alarm mute rules of CloudWatch for a maintenance window, a hundred alarms each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from compiler.resources.maintenance import Maintenance

ALARMS = 100
"""Alarms of one rule: AWS::CloudWatch::AlarmMuteRule, MuteTargets.AlarmNames."""


def iso_duration(seconds: float) -> str:
    """Returns whole minutes as ISO 8601: P1DT2H30M."""
    minutes = int(seconds // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")


def mute_rules(
    scope: Construct,
    window: Maintenance,
    environment: str,
    alarms: Sequence[str],
    made: Mapping[str, cdk.CfnResource],
) -> None:
    """Makes the rules of a window over the alarms of these names, which are `made` first. None where it has none."""
    stack = cdk.Stack.of(scope).stack_name
    for number, start in enumerate(range(0, len(alarms), ALARMS), 1):
        names = alarms[start : start + ALARMS]
        rule = cloudwatch.CfnAlarmMuteRule(
            scope,
            f"Mute-{window.window.name}-{number}",
            name=f"{stack}-{window.window.name}-{number}",
            description=f"alertrelay {environment}: maintenance {window.window.name}",
            rule=cloudwatch.CfnAlarmMuteRule.RuleProperty(
                schedule=cloudwatch.CfnAlarmMuteRule.ScheduleProperty(
                    expression=window.expression,
                    duration=iso_duration(window.window.duration),
                    timezone=window.window.location or "UTC",
                )
            ),
            mute_targets=cloudwatch.CfnAlarmMuteRule.MuteTargetsProperty(alarm_names=list(names)),
        )
        for name in names:
            rule.add_resource_dependency(made[name])
