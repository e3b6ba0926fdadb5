"""Systems Manager, Config, CloudTrail and sign-ins, Trusted Advisor, Certificate Manager, Secrets Manager, KMS.

Source: the user guides' chapters on EventBridge and on SNS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Row, Teller, outcome_word, page, sentence, told
from alertrelay.sources.awsevent.told import Told, camel, severity_of

_AUTOMATION = Row(
    noun="SSM automation",
    name=("Definition", "DefinitionName", "documentName"),
    state=("Status",),
    reason=("FailureMessage", "StepName", "Message"),
    labels={"execution": "ExecutionId"},
    link="/systems-manager/automation/execution/{execution}?region={region}",
)
_COMMAND = Row(
    noun="SSM command",
    name=("document-name",),
    state=("detailed-status", "status"),
    reason=("instance-id", "status-details"),
    labels={"command": "command-id", "InstanceId": "instance-id"},
    link="/systems-manager/run-command/{command}?region={region}",
)
_WINDOW = Row(
    noun="SSM maintenance window",
    name=("window-id", "windowId"),
    state=("status",),
    reason=("status-details", "window-task-id"),
    labels={"window": "window-id"},
    link="/systems-manager/maintenance-windows/{window}/description?region={region}",
)
_ADVISOR_SEVERITY: Mapping[str, str] = {"error": "error", "red": "error", "warn": "warning", "yellow": "warning"}


def _compliance(event: Event) -> Told:
    return _config(event.detail, event)


def _config(fields: Fields, event: Event) -> Told:
    """A rule of AWS Config about a resource: it lasts until the resource complies, or is gone."""
    rule = fields.text("configRuleName")
    resource, kind = fields.text("resourceId"), fields.text("resourceType")
    now = fields.text("newEvaluationResult.complianceType", "complianceType")
    was = fields.text("oldEvaluationResult.complianceType")
    over = now.upper() in ("COMPLIANT", "NOT_APPLICABLE")
    account = fields.text("awsAccountId") or event.account
    region = fields.text("awsRegion") or event.region
    words = now.lower().replace("_", " ") or "changed"
    found = told(
        event,
        alertname="ConfigRuleNonCompliant",
        summary=f"AWS Config rule {rule}: {kind} {resource} is {words}" + (f", was {was.lower()}" if was else ""),
        resource=resource,
        labels={"aws_service": "config", "config_rule": rule, "resource_type": kind},
        reason=fields.text("newEvaluationResult.annotation"),
        path=f"/config/home?region={region}#/rules/details?configRuleName={quote(rule, safe='')}",
    )
    return replace(
        found,
        identity=f"config:{account}/{region}/{rule}/{kind}/{resource}",
        account=account,
        region=region,
        kind="alert",
        ended=over,
        updated_at=fields.at("newEvaluationResult.resultRecordedTime", "notificationCreationTime") or event.at,
        link=found.link or page(region, "/config/home"),
    )


def is_config(fields: Fields) -> bool:
    """AWS Config's notice by SNS."""
    return fields.has("messageType") and (
        fields.has("recordVersion") or fields.has("configRuleName") or fields.text("messageType").startswith("Config")
    )


def tell_config(fields: Fields, _: Arrival) -> Told:
    """Compliance, an item that changed, a delivery."""
    if fields.text("newEvaluationResult.complianceType"):
        return _config(fields, _bare("aws.config", fields))
    return _item(fields)


def _item(fields: Fields) -> Told:
    kind = fields.text("messageType")
    item = fields.inner("configurationItem", "configurationItemSummary")
    what = fields.text("configurationItemDiff.changeType", "configurationItemSummary.changeType")
    name = item.text("resourceName", "resourceId") or fields.text("configRuleName", "configRuleNames", "s3ObjectKey")
    region = item.text("awsRegion") or fields.text("awsRegion")
    return Told(
        alertname=f"Config{camel(kind)}" if not kind.startswith("Config") else camel(kind),
        summary=sentence(f"AWS Config {kind}:", f"{item.text('resourceType')} {name}".strip(), what),
        severity="" if "fail" in kind.lower() else "info",
        labels={"aws_service": "config", "resource": name, "resource_type": item.text("resourceType")},
        description=fields.lines(),
        link=page(region, "/config/home"),
        account=item.text("awsAccountId") or fields.text("awsAccountId"),
        region=region,
        at=fields.at("notificationCreationTime"),
    )


def _bare(source: str, fields: Fields) -> Event:
    """What came by SNS, as if it were the detail of an event."""
    return Event(id="", source=source, detail_type="", account="", region="", at=None, resources=(), detail=fields)


def _api_call(event: Event) -> Told:
    """An API call that CloudTrail saw: who did what, from where, and whether it was refused."""
    detail = event.detail
    call, service = detail.text("eventName") or "a call", detail.text("eventSource").partition(".")[0]
    who = _who(detail)
    error = detail.text("errorCode")
    reason = detail.text("errorMessage", "errorCode")
    address = detail.text("sourceIPAddress")
    denied = f", refused: {reason}" if error else ""
    return told(
        event,
        alertname=f"CloudTrail{camel(call)}",
        summary=f"{who} called {service}:{call}{f' from {address}' if address else ''}{denied}",
        resource=_object_of(detail),
        labels={"event_source": detail.text("eventSource"), "event_name": call},
        reason=reason,
        identity=f"cloudtrail:{detail.text('eventID')}" if detail.text("eventID") else "",
        path=f"/cloudtrail/home?region={event.region}#/events/{detail.text('eventID')}",
    )


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
    return f"{kind or 'Somebody'} {session or name}".strip()


def _sign_in(event: Event) -> Told:
    """A sign-in to the console: of root, refused, or without a second factor it is a warning."""
    detail = event.detail
    result = detail.text("responseElements.ConsoleLogin", "responseElements.CheckMfa") or detail.text("eventName")
    failed = "fail" in result.lower()
    second = detail.text("additionalEventData.MFAUsed")
    root = detail.text("userIdentity.type").lower() == "root"
    address = detail.text("sourceIPAddress")
    without = " without a second factor" if second.lower() == "no" else ""
    doing = "failed to sign in" if failed else "signed in"
    reason = detail.text("errorMessage")
    return told(
        event,
        alertname="ConsoleSignInFailed" if failed else "ConsoleRootSignIn" if root else "ConsoleSignIn",
        summary=f"{_who(detail)} {doing} to the console{without}{f' from {address}' if address else ''}"
        + (f": {reason}" if reason else ""),
        severity="" if failed or root or without else "info",
        resource=detail.text("userIdentity.userName", "userIdentity.arn"),
        labels={"event_source": detail.text("eventSource")},
        reason=reason,
        identity=f"cloudtrail:{detail.text('eventID')}" if detail.text("eventID") else "",
        path=f"/cloudtrail/home?region={event.region}#/events/{detail.text('eventID')}",
    )


def is_trail(fields: Fields) -> bool:
    """A record of CloudTrail, or that CloudTrail wrote a file."""
    return fields.has("userIdentity", "eventName") or fields.has("s3Bucket", "s3ObjectKey")


def tell_trail(fields: Fields, _: Arrival) -> Told:
    """A call or a sign-in as by EventBridge; a delivery is information."""
    if fields.has("s3Bucket"):
        bucket = fields.text("s3Bucket")
        return Told(
            alertname="CloudTrailLogDelivered",
            summary=f"CloudTrail wrote to bucket {bucket}: {fields.text('s3ObjectKey')}",
            severity="info",
            labels={"aws_service": "cloudtrail", "resource": bucket},
        )
    event = replace(
        _bare("aws.cloudtrail", fields),
        account=fields.text("recipientAccountId", "userIdentity.accountId"),
        region=fields.text("awsRegion"),
        at=fields.at("eventTime"),
    )
    return (_sign_in if fields.text("eventName") == "ConsoleLogin" else _api_call)(event)


def _advisor(event: Event) -> Told:
    detail = event.detail
    check, status = detail.text("check-name"), detail.text("status")
    resource = detail.text("resource_id", "check-item-detail.Resource")
    item = detail.inner("check-item-detail")
    name = resource_name(resource) or item.text("Instance ID", "Bucket Name", "Volume ID", "Limit Name")
    return told(
        event,
        alertname="TrustedAdvisorCheck",
        summary=f"Trusted Advisor: {check or 'check'} is {status or 'changed'}{f' for {name}' if name else ''}",
        severity=_ADVISOR_SEVERITY.get(status.lower(), "info" if status.lower() in ("ok", "info", "green") else ""),
        resource=name,
        labels={"check": check},
        identity=f"trusted-advisor:{detail.text('uuid')}/{status}" if detail.text("uuid") else "",
        path="/trustedadvisor/home",
    )


def is_command(fields: Fields) -> bool:
    """The notice of a Run Command."""
    return fields.has("commandId", "documentName")


def tell_command(fields: Fields, _: Arrival) -> Told:
    """Of a command, or of its run on one instance."""
    state = fields.text("detailedStatus", "status")
    document = fields.text("documentName")
    where = fields.text("instanceId", "instanceIds")
    return Told(
        alertname=f"SSMCommand{outcome_word(state)}",
        summary=sentence("SSM command", f"{document}{f' on {where}' if where else ''}", state),
        severity=severity_of(state),
        identity="/".join(["ssm", fields.text("commandId"), where, state]),
        labels={"aws_service": "ssm", "resource": document, "command": fields.text("commandId")},
        description=fields.lines(),
        at=fields.at("eventTime", "requestedDateTime"),
    )


TELLERS: Mapping[str, Teller] = {
    "EC2 Automation Execution Status-change Notification": _AUTOMATION,
    "EC2 Automation Step Status-change Notification": _AUTOMATION,
    "EC2 Command Status-change Notification": _COMMAND,
    "EC2 Command Invocation Status-change Notification": _COMMAND,
    "Maintenance Window State-change Notification": _WINDOW,
    "Maintenance Window Execution State-change Notification": _WINDOW,
    "Maintenance Window Task Execution State-change Notification": _WINDOW,
    "Maintenance Window Task Target Invocation State-change Notification": _WINDOW,
    "Maintenance Window Target Registration Notification": _WINDOW,
    "Maintenance Window Task Registration Notification": _WINDOW,
    "Parameter Store Change": Row(
        noun="SSM parameter",
        name=("name",),
        state=("operation",),
        reason=("description",),
        link="/systems-manager/parameters/{name}/description?region={region}",
        severity=lambda operation: "" if operation.lower() == "delete" else "info",
    ),
    "Parameter Store Policy Action": Row(
        noun="SSM parameter",
        name=("parameter-name",),
        state=("action-status",),
        reason=("action-reason", "policy-type"),
    ),
    "EC2 State Manager Association State Change": Row(
        noun="SSM association", name=("association-name", "association-id"), reason=("status", "document-name")
    ),
    "EC2 State Manager Instance Association State Change": Row(
        noun="SSM association on", name=("instance-id",), reason=("detailed-status", "error-code", "document-name")
    ),
    "Configuration Compliance State Change": Row(
        noun="SSM compliance of", name=("resource-id",), state=("compliance-status",), reason=("compliance-type",)
    ),
    "Calendar State Change": Row(
        noun="SSM change calendar", state=("state",), reason=("message",), severity=lambda _: "info"
    ),
    "OpsItem Create": Row(noun="SSM OpsItem", name=("title", "ops-item-id"), state=("status",), severity=lambda _: ""),
    "Config Rules Compliance Change": _compliance,
    "Config Configuration Item Change": lambda event: replace(
        _item(event.detail), identity=event.id, account=event.account, region=event.region, at=event.at
    ),
    "AWS API Call via CloudTrail": _api_call,
    "AWS Service Event via CloudTrail": _api_call,
    "AWS Console Action via CloudTrail": _api_call,
    "AWS Insight via CloudTrail": _api_call,
    "AWS Console Sign In via CloudTrail": _sign_in,
    "Trusted Advisor Check Item Refresh Notification": _advisor,
    "ACM Certificate Approaching Expiration": Row(
        noun="ACM certificate for",
        name=("CommonName",),
        state=("Action",),
        reason=("DaysToExpiry",),
        severity=lambda _: "",
    ),
    "ACM Certificate Expired": Row(
        noun="ACM certificate for", name=("CommonName",), state=("Action",), severity=lambda _: "error"
    ),
}
