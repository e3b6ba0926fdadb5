"""CloudTrail: API calls and sign-ins to the console.

Source: AWS CloudTrail user guide, "CloudTrail record contents" and "AWS Management Console sign-in events".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft, camel
from alertrelay.sources.awsevent.event import Event, bare, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, draft
from alertrelay.sources.awsevent.lasting import lasts


def _api_call(event: Event) -> AlertDraft:
    """Reads an API call that CloudTrail saw: who did what, from where, and whether it was refused."""
    detail = event.detail
    call, service = detail.text("eventName") or "a call", detail.text("eventSource").partition(".")[0] or "aws"
    who = _who(detail)
    error = detail.text("errorCode")
    reason = detail.text("errorMessage", "errorCode")
    address = detail.text("sourceIPAddress")
    denied = f", refused: {reason}" if error else f": {reason}" if reason else ""
    return draft(
        event,
        alertname=f"CloudTrail{camel(call)}",
        summary=f"{who} called {service}:{call}{f' from {address}' if address else ''}{denied}",
        resource=_object_of(detail),
        labels={"event_source": detail.text("eventSource"), "event_name": call},
        reason=reason,
        identity=f"cloudtrail:{detail.text('eventID')}" if detail.text("eventID") else "",
        path=f"/cloudtrail/home?region={event.region}#/events/{detail.text('eventID')}",
    )


def _insight(event: Event) -> AlertDraft:
    """Unusual activity of an API, from its Start to its End, which share an id."""
    detail = event.detail
    inner = detail.inner("insightDetails")
    call = f"{inner.text('eventSource').partition('.')[0]}:{inner.text('eventName')}"
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", inner.text("insightType").removesuffix("Insight")).lower() or "activity"
    usual, now = (inner.number(f"insightContext.statistics.{name}.average") for name in ("baseline", "insight"))
    rates = f": {now:g} a minute, usually {usual:g}" if usual is not None and now is not None else ""
    state, shared = inner.text("state").lower(), detail.text("sharedEventID")
    found = draft(
        event,
        alertname="CloudTrailInsight",
        summary=f"CloudTrail insight: unusual {kind} of {call}{rates}",
        guess="warning",
        resource=call,
        labels={"event_source": inner.text("eventSource"), "event_name": inner.text("eventName")},
        path=f"/cloudtrail/home?region={event.region}#/insights",
    )
    identity = f"cloudtrail-insight:{shared}" if shared and state in ("start", "end") else ""
    return lasts(found, identity, ended=state == "end", updated_at=event.at)


def _object_of(detail: Fields) -> str:
    asked = detail.inner("requestParameters")
    return asked.text("instanceId", "bucketName", "userName", "roleName", "groupId", "functionName", "name")


def _who(detail: Fields) -> str:
    user = detail.inner("userIdentity")
    kind = user.text("type")
    if kind.lower() == "root":
        return "The root user"
    session = user.text("sessionContext.sessionIssuer.userName")
    name = user.text("userName", "principalId", "invokedBy") or resource_name(user.text("arn"))
    named = session or name
    return f"{kind} {named}".strip() if kind or named else "Somebody"


def _sign_in(event: Event) -> AlertDraft:
    """Reads a sign-in to the console: of root, refused, or without a second factor it is a warning."""
    detail = event.detail
    result = detail.text("responseElements.ConsoleLogin", "responseElements.CheckMfa") or detail.text("eventName")
    failed = "fail" in result.lower()
    second = detail.text("additionalEventData.MFAUsed")
    root = detail.text("userIdentity.type").lower() == "root"
    address = detail.text("sourceIPAddress")
    without = " without a second factor" if second.lower() == "no" else ""
    doing = "failed to sign in" if failed else "signed in"
    reason = detail.text("errorMessage")
    return draft(
        event,
        alertname="ConsoleSignInFailed" if failed else "ConsoleRootSignIn" if root else "ConsoleSignIn",
        summary=f"{_who(detail)} {doing} to the console{without}{f' from {address}' if address else ''}"
        + (f": {reason}" if reason else ""),
        guess="warning" if failed or root or without else "info",
        resource=detail.text("userIdentity.userName", "userIdentity.arn"),
        labels={"event_source": detail.text("eventSource")},
        reason=reason,
        identity=f"cloudtrail:{detail.text('eventID')}" if detail.text("eventID") else "",
        path=f"/cloudtrail/home?region={event.region}#/events/{detail.text('eventID')}",
    )


def is_trail(fields: Fields) -> bool:
    """Recognises a record of CloudTrail, or that CloudTrail wrote a file."""
    return fields.has("userIdentity", "eventName") or fields.has("s3Bucket", "s3ObjectKey")


def read_trail(fields: Fields, _: Arrival) -> AlertDraft:
    """Reads a call or a sign-in as by EventBridge; a delivery is information."""
    if fields.has("s3Bucket"):
        bucket = fields.text("s3Bucket")
        return AlertDraft(
            alertname="CloudTrailLogDelivered",
            summary=f"CloudTrail wrote to bucket {bucket}: {fields.text('s3ObjectKey')}",
            severity="info",
            labels={"aws_service": "cloudtrail", "resource": bucket},
        )
    event = replace(
        bare("aws.cloudtrail", fields),
        account=fields.text("recipientAccountId", "userIdentity.accountId"),
        region=fields.text("awsRegion"),
        at=fields.at("eventTime"),
    )
    return (_sign_in if fields.text("eventName") == "ConsoleLogin" else _api_call)(event)


READERS: Mapping[str, Reader] = {
    "AWS API Call via CloudTrail": _api_call,
    "AWS Service Event via CloudTrail": _api_call,
    "AWS Console Action via CloudTrail": _api_call,
    "AWS Insight via CloudTrail": _insight,
    "AWS Console Sign In via CloudTrail": _sign_in,
}
