"""EC2, EBS, Auto Scaling, Lambda: instances and volumes that come, go and fail.

Source: the user guides' chapters on EventBridge; Amazon EC2 Auto Scaling user guide, "Amazon SNS notifications".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import NAMESPACES, Row, Teller, page, told
from alertrelay.sources.awsevent.told import Told, camel
from alertrelay.values.arn import Arn

_INSTANCE_PAGE = "/ec2/home?region={region}#InstanceDetails:instanceId={InstanceId}"
_CALM_STATES = ("pending", "running", "stopping", "shutting-down")


_STATE = Row(
    noun="EC2 instance",
    name=("instance-id", "instanceId"),
    labels={"InstanceId": "instance-id"},
    link=_INSTANCE_PAGE,
    severity=lambda state: "info" if state.lower() in _CALM_STATES else "",
)


def _ebs(event: Event) -> Told:
    """What was done with a volume or a snapshot, and whether it could be."""
    action = event.detail.text("event") or "event"
    row = Row(
        noun=f"EBS {action[:1].upper()}{action[1:]} of",
        name=("snapshot_id", "volume", "source"),
        state=("result",),
        reason=("cause", "message"),
        labels={"action": "event"},
    )
    return row(event)


def _spot(event: Event) -> Told:
    instance = event.detail.text("instance-id", "instanceId") or resource_name(event.arn)
    action = event.detail.text("instance-action")
    coming = f"will be interrupted in two minutes ({action or 'terminate'})"
    rebalance = "rebalance" in event.detail_type.lower()
    return told(
        event,
        alertname="EC2RebalanceRecommendation" if rebalance else "EC2SpotInterruption",
        summary=f"EC2 Spot instance {instance} " + ("is at risk of interruption" if rebalance else coming),
        severity="info" if rebalance else "",
        resource=instance,
        labels={"InstanceId": instance},
        path=_INSTANCE_PAGE.format(region=event.region, InstanceId=instance),
    )


def _scaling(event: Event) -> Told:
    """Auto Scaling by EventBridge: launches, terminations, lifecycle hooks, instance refreshes."""
    found = tell_scaling(event.detail, event.detail_type.removeprefix("EC2 "), event.region)
    return replace(
        found,
        labels={**found.labels, "aws_service": event.service},
        identity=event.id,
        account=event.account,
        region=event.region,
        at=event.at,
    )


def is_scaling(fields: Fields) -> bool:
    """The notice of an Auto Scaling group: an activity, a lifecycle hook, or its test."""
    return fields.has("AutoScalingGroupName") or (
        fields.has("Event") and fields.text("Event").startswith("autoscaling:")
    )


def tell_scaling_notice(fields: Fields, arrival: Arrival) -> Told:
    """A notice by SNS; its own id is the activity's, which several notices may share."""
    arn = Arn.of(fields.text("AutoScalingGroupARN"))
    region = arn.region or Arn.of(arrival.envelope.topic_arn).region
    event = fields.text("Event", "LifecycleTransition").removeprefix("autoscaling:")
    found = tell_scaling(fields, event.replace("EC2_INSTANCE_", "EC2 instance ").replace("_", " "), region)
    activity = fields.text("ActivityId")
    return replace(
        found,
        identity=f"autoscaling:{activity}/{event}/{fields.text('StatusCode')}" if activity else "",
        account=fields.text("AccountId") or arn.account,
        region=region,
        at=fields.at("Time", "EndTime", "StartTime"),
    )


def tell_scaling(fields: Fields, what: str, region: str) -> Told:
    """Both ways hold the same fields. A launch or an end that went well is normal course."""
    group = fields.text("AutoScalingGroupName")
    instance = fields.text("EC2InstanceId", "InstanceId")
    words = what.lower()
    bad = any(word in words for word in ("unsuccess", "error", "fail", "cancel"))
    verb = _scaling_words(words)
    status = fields.text("StatusMessage")
    cause = fields.text("Cause")
    reason = status or cause
    head = f"Auto Scaling group {group or 'unknown'}: {verb}{f' {instance}' if instance else ''}"
    return Told(
        alertname=f"AutoScaling{camel(_short(words).title())}",
        summary=f"{head}. {reason}" if reason else head,
        severity="" if bad else "info",
        labels={
            "aws_service": "autoscaling",
            "namespace": NAMESPACES["autoscaling"],
            "resource": group,
            "AutoScalingGroupName": group,
        },
        description="\n".join(part for part in (fields.text("Description"), status, cause) if part) or fields.lines(),
        reason=reason,
        link=page(region, f"/ec2/home?region={region}#AutoScalingGroupDetails:id={group}"),
    )


def _short(words: str) -> str:
    return (
        words.replace("ec2 ", "")
        .replace("instance launch", "launch")
        .replace("instance terminate", "terminate")
        .replace("auto scaling ", "")
        .replace("-", " ")
    )


def _scaling_words(words: str) -> str:
    failed = "error" in words or "unsuccess" in words or "fail" in words
    if "lifecycle" in words or "terminating" in words or "launching" in words:
        return "lifecycle hook waits for instance"
    if "test" in words:
        return "test notification"
    if "terminat" in words:
        return "failed to terminate instance" if failed else "terminated instance"
    if "launch" in words:
        return "failed to launch instance" if failed else "launched instance"
    return _short(words)


TELLERS: Mapping[str, Teller] = {
    "EC2 Instance State-change Notification": _STATE,
    "EC2 Spot Instance Interruption Warning": _spot,
    "EC2 Instance Rebalance Recommendation": _spot,
    "autoscaling:": _scaling,
    "EBS Volume Notification": _ebs,
    "EBS Snapshot Notification": _ebs,
    "EBS Multi-Volume Snapshots Completion Status": _ebs,
    "Lambda Function Invocation Result - Failure": Row(
        noun="Lambda function",
        name=("requestContext.functionArn",),
        state=("requestContext.condition",),
        reason=("responsePayload.errorMessage",),
    ),
}
