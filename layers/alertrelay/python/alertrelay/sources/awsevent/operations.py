"""Systems Manager, AWS Config, Trusted Advisor, Certificate Manager.

Source: the user guides' chapters on EventBridge and on SNS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.event import Event, bare, resource_name
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
        return _config(fields, bare("aws.config", fields))
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


def _certificate(event: Event) -> Told:
    name, days = event.detail.text("CommonName", "DomainName"), event.detail.text("DaysToExpiry")
    expired = "expired" in event.detail_type.lower()
    return told(
        event,
        alertname="ACMCertificateExpired" if expired else "ACMCertificateExpires",
        summary=f"ACM certificate for {name} {'has expired' if expired else f'expires in {days} days'}",
        severity="error" if expired else "",
        resource=name,
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
        _item(event.detail),
        link=page(event.region, "/config/home"),
        identity=event.id,
        account=event.account,
        region=event.region,
        at=event.at,
    ),
    "Trusted Advisor Check Item Refresh Notification": _advisor,
    "ACM Certificate Approaching Expiration": _certificate,
    "ACM Certificate Expired": _certificate,
}
