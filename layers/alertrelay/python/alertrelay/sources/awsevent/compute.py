"""EC2, EBS, Auto Scaling, Lambda: instances and volumes that come, go and fail.

Source: the user guides' chapters on EventBridge; Amazon EC2 Auto Scaling user guide, "Amazon SNS notifications".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, Row, always, draft, page, routine
from alertrelay.sources.awsevent.news import folded, is_bad, is_good
from alertrelay.sources.awsevent.sentences import best
from alertrelay.sources.awsevent.vocabulary import NAMESPACES
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn

_INSTANCE_PAGE = "/ec2/home?region={region}#InstanceDetails:instanceId={InstanceId}"
_STATE = Row(
    noun="EC2 instance",
    name=("instance-id", "instanceId"),
    labels={"InstanceId": "instance-id"},
    link=_INSTANCE_PAGE,
    good=routine("pending", "running", "stopping", "shutting-down"),
)


def _ebs(event: Event) -> AlertDraft:
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


def _spot(event: Event) -> AlertDraft:
    instance = event.detail.text("instance-id", "instanceId") or resource_name(event.arn)
    action = event.detail.text("instance-action")
    coming = f"will be interrupted in two minutes ({action or 'terminate'})"
    rebalance = "rebalance" in event.detail_type.lower()
    return draft(
        event,
        alertname="EC2RebalanceRecommendation" if rebalance else "EC2SpotInterruption",
        summary=f"EC2 Spot instance {instance} " + ("is at risk of interruption" if rebalance else coming),
        guess="info" if rebalance else "warning",
        resource=instance,
        labels={"InstanceId": instance},
        path=_INSTANCE_PAGE.format(region=event.region, InstanceId=instance),
    )


def _scaling(event: Event) -> AlertDraft:
    """Auto Scaling by EventBridge: launches, terminations, lifecycle hooks, instance refreshes."""
    found = read_scaling(event.detail, event.detail_type, event.region)
    return replace(
        found,
        labels={**found.labels, "aws_service": event.service},
        identity=found.identity or event.id,
        account=event.account,
        region=event.region,
        at=event.at,
    )


def is_scaling(fields: Fields) -> bool:
    """Recognises the notice of an Auto Scaling group: an activity, a lifecycle hook, or its test."""
    return fields.has("AutoScalingGroupName") or (
        fields.has("Event") and fields.text("Event").startswith("autoscaling:")
    )


def read_scaling_notice(fields: Fields, arrival: Arrival) -> AlertDraft:
    """Reads a notice by SNS; its own id is the activity's, which several notices may share."""
    arn = Arn.of(fields.text("AutoScalingGroupARN"))
    region = arn.region or Arn.of(arrival.envelope.topic_arn).region
    event = fields.text("Event", "LifecycleTransition").removeprefix("autoscaling:")
    found = read_scaling(fields, event, region)
    return replace(
        found,
        account=fields.text("AccountId") or arn.account,
        region=region,
        at=fields.at("Time", "EndTime", "StartTime"),
    )


_ACTIVITIES: Mapping[str, tuple[str, str]] = {
    "EC2_INSTANCE_LAUNCH": ("LaunchSuccessful", "launched instance"),
    "EC2 Instance Launch Successful": ("LaunchSuccessful", "launched instance"),
    "EC2_INSTANCE_LAUNCH_ERROR": ("LaunchUnsuccessful", "failed to launch instance"),
    "EC2 Instance Launch Unsuccessful": ("LaunchUnsuccessful", "failed to launch instance"),
    "EC2_INSTANCE_TERMINATE": ("TerminateSuccessful", "terminated instance"),
    "EC2 Instance Terminate Successful": ("TerminateSuccessful", "terminated instance"),
    "EC2_INSTANCE_TERMINATE_ERROR": ("TerminateUnsuccessful", "failed to terminate instance"),
    "EC2 Instance Terminate Unsuccessful": ("TerminateUnsuccessful", "failed to terminate instance"),
    "EC2_INSTANCE_LAUNCHING": ("LaunchLifecycleAction", "lifecycle hook waits for instance"),
    "EC2 Instance-launch Lifecycle Action": ("LaunchLifecycleAction", "lifecycle hook waits for instance"),
    "EC2_INSTANCE_TERMINATING": ("TerminateLifecycleAction", "lifecycle hook waits for instance"),
    "EC2 Instance-terminate Lifecycle Action": ("TerminateLifecycleAction", "lifecycle hook waits for instance"),
    "TEST_NOTIFICATION": ("TestNotification", "test notification"),
}
"""One activity has one name, by SNS and by EventBridge. Source: Amazon EC2 Auto Scaling user guide, "Amazon SNS
notifications" and "Event reference"."""


def read_scaling(fields: Fields, what: str, region: str) -> AlertDraft:
    """Both ways hold the same fields. A launch or a termination that succeeded is routine."""
    group = fields.text("AutoScalingGroupName")
    instance = fields.text("EC2InstanceId", "InstanceId")
    folded_what = folded(what)
    known = next((names for key, names in _ACTIVITIES.items() if folded(key) == folded_what), None)
    plain = texts.one_line(what.removeprefix("EC2 ").replace("_", " "), 80)
    name, verb = known or (re.sub(r"^(Auto|EC2) Scaling ", "", plain), plain.lower())
    status, cause = fields.text("StatusMessage"), fields.text("Cause")
    bad = is_bad(what) or (known is None and is_bad(status))
    reason = best([status, cause], failed=bad)
    head = f"Auto Scaling group {group or 'unknown'}: {verb}{f' {instance}' if instance else ''}"
    activity = fields.text("ActivityId")
    return AlertDraft(
        alertname=f"AutoScaling {name}",
        summary=f"{head}. {reason}" if reason else head,
        severity="info" if name == "TestNotification" else "",
        guess="warning" if bad else "info" if known or is_good(what) else "",
        identity=f"autoscaling:{activity}/{name}/{instance}" if activity else "",
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


_FLEET = Row(
    noun="EC2 fleet",
    state=("sub-type",),
    reason=("description",),
    good=routine("launched", "submitted", "active", "modify_in_progress", "modify_succeeded", "progress"),
)
"""Source: Amazon EC2 user guide, "EC2 Fleet event types"."""

READERS: Mapping[str, Reader] = {
    "EC2 Instance State-change Notification": _STATE,
    "EC2 Spot Instance Interruption Warning": _spot,
    "EC2 Spot Instance Request Fulfillment": Row(
        noun="EC2 Spot request fulfilled with", name=("instance-id",), alertname="EC2SpotRequestFulfilled", good=always
    ),
    "EC2 Fleet Information": _FLEET,
    "EC2 Fleet Instance Change": _FLEET,
    "EC2 Fleet State Change": _FLEET,
    "EC2 Spot Fleet Information": _FLEET,
    "EC2 Spot Fleet Instance Change": _FLEET,
    "EC2 Spot Fleet State Change": _FLEET,
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
