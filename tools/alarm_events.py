"""Writes an event for every alarm of an environment's templates, as CloudWatch would send it, to be replayed.

python -m tools.alarm_events FOLDER [--environment prod]
then: alertrelay replay FOLDER/*.json
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.synth import ROOT, SynthFailed, synthesise

ACCOUNT = "111122223333"
REGION = "eu-west-1"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Properties = Mapping[str, Any]
_STATISTICS = {
    "Average": "AVERAGE",
    "Sum": "SUM",
    "Minimum": "MINIMUM",
    "Maximum": "MAXIMUM",
    "SampleCount": "SAMPLE_COUNT",
}
_WORDS = {
    "GreaterThanThreshold": "greater than the threshold",
    "GreaterThanOrEqualToThreshold": "greater than or equal to the threshold",
    "LessThanThreshold": "less than the threshold",
    "LessThanOrEqualToThreshold": "less than or equal to the threshold",
}


def alarms(template: Mapping[str, Any]) -> Iterator[Properties]:
    """Yields the properties of every alarm of a CloudFormation template."""
    for resource in template["Resources"].values():
        if resource["Type"] in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
            yield resource["Properties"]


def message(alarm: Properties, *, at: datetime = NOON) -> dict[str, Any]:
    """Returns the message that CloudWatch publishes when the alarm fires at `at`; the schema is in its user guide,
    "Notifying users"."""
    name = alarm["AlarmName"]
    fired = {
        "AlarmName": name,
        "AlarmDescription": alarm["AlarmDescription"],
        "AWSAccountId": ACCOUNT,
        "NewStateValue": "ALARM",
        "OldStateValue": "OK",
        "StateChangeTime": at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Region": "EU (Ireland)",
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}",
        "OKActions": [_arn(action) for action in alarm["OKActions"]],
        "AlarmActions": [_arn(action) for action in alarm["AlarmActions"]],
        "InsufficientDataActions": [_arn(action) for action in alarm.get("InsufficientDataActions", ())],
    }
    if "AlarmRule" in alarm:
        first = re.findall(r'"([^"]+)"', alarm["AlarmRule"])[0]
        child = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{first}"
        return {
            **fired,
            "NewStateReason": f"{child} transitioned to ALARM at {at:%A %d %B, %Y %H:%M:%S UTC}",
            "AlarmRule": alarm["AlarmRule"],
            "TriggeringChildren": [{"Arn": child, "State": {"Value": "ALARM", "Timestamp": fired["StateChangeTime"]}}],
        }
    return {**fired, "NewStateReason": _reason(alarm, at), "Trigger": _trigger(alarm)}


def event(alarm: Properties, *, at: datetime = NOON) -> dict[str, Any]:
    """Returns the message in the envelope in which Lambda gets it from the alarm's topic."""
    body = message(alarm, at=at)
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": f"{body['AlarmActions'][0]}:00000000-0000-0000-0000-000000000000",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": f"drill-{alarm['AlarmName']}"[:100],
                    "TopicArn": body["AlarmActions"][0],
                    "Subject": f'ALARM: "{alarm["AlarmName"]}" in EU (Ireland)'[:100],
                    "Message": json.dumps(body),
                    "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                    "MessageAttributes": {},
                },
            }
        ]
    }


def _arn(action: object) -> str:
    """`Fn::Join` of the template's topic, with this account and region for the pseudo parameters."""
    if isinstance(action, str):
        return action
    assert isinstance(action, Mapping)
    refs = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
    separator, parts = action["Fn::Join"]
    return str(separator.join(part if isinstance(part, str) else refs[part["Ref"]] for part in parts))


def _reason(alarm: Properties, at: datetime) -> str:
    needed, of = alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]
    if alarm.get("Statistic") == "SampleCount":
        return (
            f"Threshold Crossed: no datapoints were received for {of} periods and {of} missing datapoints were treated "
            "as [Breaching]."
        )
    seen = f"{_value(alarm):.12g} ({at:%d/%m/%y %H:%M}:00)"
    if "Threshold" not in alarm:
        return (
            f"Thresholds Crossed: {needed} out of the last {of} datapoints [{seen}] were greater than the upper "
            "thresholds [120.0] (minimum 1 datapoint for OK -> ALARM transition)."
        )
    return (
        f"Threshold Crossed: {needed} out of the last {of} datapoints [{seen}] were "
        f"{_WORDS[alarm['ComparisonOperator']]} ({float(alarm['Threshold'])}) (minimum {needed} datapoints for OK -> "
        "ALARM transition)."
    )


def _value(alarm: Properties) -> float:
    """Returns a number just beyond the threshold."""
    threshold = float(alarm.get("Threshold", 150))
    if "OrEqual" in alarm["ComparisonOperator"]:
        return threshold
    step = abs(threshold) * 0.04 or 1.0
    return threshold - step if alarm["ComparisonOperator"].startswith("Less") else threshold + step


def _trigger(alarm: Properties) -> dict[str, Any]:
    trigger: dict[str, Any] = {
        "EvaluationPeriods": alarm["EvaluationPeriods"],
        "DatapointsToAlarm": alarm["DatapointsToAlarm"],
        "ComparisonOperator": alarm["ComparisonOperator"],
        "TreatMissingData": alarm["TreatMissingData"],
        "EvaluateLowSampleCountPercentile": "",
    }
    if "Threshold" in alarm:
        trigger["Threshold"] = float(alarm["Threshold"])
    if "Metrics" in alarm:
        periods = [m["MetricStat"]["Period"] for m in alarm["Metrics"] if "MetricStat" in m]
        trigger |= {"Period": periods[0], "Metrics": [_member(m) for m in alarm["Metrics"]]}
        return trigger | ({"ThresholdMetricId": alarm["ThresholdMetricId"]} if "ThresholdMetricId" in alarm else {})
    extended = alarm.get("ExtendedStatistic")
    statistic = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
        if extended
        else {"StatisticType": "Statistic", "Statistic": _STATISTICS[alarm["Statistic"]]}
    )
    return (
        trigger
        | statistic
        | {
            "MetricName": alarm["MetricName"],
            "Namespace": alarm["Namespace"],
            "Unit": None,
            "Dimensions": _dimensions(alarm),
            "Period": alarm["Period"],
        }
    )


def _member(member: Properties) -> dict[str, Any]:
    if "MetricStat" not in member:
        return dict(member)
    stat = member["MetricStat"]
    metric = {**stat["Metric"], "Dimensions": _dimensions(stat["Metric"])}
    return {**member, "MetricStat": {**stat, "Metric": metric}}


def _dimensions(metric: Properties) -> list[dict[str, str]]:
    return [{"value": d["Value"], "name": d["Name"]} for d in metric["Dimensions"]]


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the command line: a file for each alarm, a minute apart."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.alarm_events", description="An event for every alarm of an environment's templates"
    )
    parser.add_argument("folder", type=Path, help="where the events go")
    parser.add_argument("--environment", default="prod", metavar="NAME")
    args = parser.parse_args(argv)
    try:
        assembly = synthesise(ROOT / "cdk.out") / f"assembly-{args.environment}"
    except SynthFailed as fault:
        print(f"alarm_events: {fault}", file=sys.stderr)
        return 1
    args.folder.mkdir(parents=True, exist_ok=True)
    found = [
        alarm
        for path in sorted(assembly.glob(f"{args.environment}Alarms*.template.json"))
        for alarm in alarms(json.loads(path.read_text("utf-8")))
    ]
    for number, alarm in enumerate(found):
        path = args.folder / f"{number:03}-{alarm['AlarmName']}.json"
        path.write_text(json.dumps(event(alarm, at=NOON + timedelta(minutes=number)), indent=2) + "\n", "utf-8")
    print(f"{args.folder}: {len(found)} events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
