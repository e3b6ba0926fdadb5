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
from alertrelay.sources.awsevent.general import Row, Teller, always, guessed, never, page, routine, told
from alertrelay.sources.awsevent.lasting import lasts
from alertrelay.sources.awsevent.news import folded, is_bad
from alertrelay.sources.awsevent.sentences import outcome_word, sentence
from alertrelay.sources.awsevent.told import Told, camel

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
        guess="warning" if is_bad(kind) else "info",
        labels={"aws_service": "config", "resource": name, "resource_type": item.text("resourceType")},
        description=fields.lines(),
        link=page(region, "/config/home"),
        account=item.text("awsAccountId") or fields.text("awsAccountId"),
        region=region,
        at=fields.at("notificationCreationTime"),
    )


def _advisor(event: Event) -> Told:
    """A check's item of one resource: it lasts until the check is OK again."""
    detail = event.detail
    check, status = detail.text("check-name"), detail.text("status")
    item = detail.inner("check-item-detail")
    resource = detail.text("resource_id", "check-item-detail.Resource")
    named = resource or item.text(*_ITEM_NAMES)
    name = resource_name(named)
    over = folded(status) in ("ok", "green", "info")
    facts = ", ".join(f"{key}: {value}" for key in _ITEM_FACTS if (value := item.text(key)))
    found = told(
        event,
        alertname="TrustedAdvisorCheck",
        summary=f"Trusted Advisor: {check or 'check'} is {status or 'changed'}{f' for {name}' if name else ''}"
        + (f" ({facts})" if facts else ""),
        guess=_ADVISOR_SEVERITY.get(status.lower(), ""),
        resource=name,
        labels={"check": check},
        path="/trustedadvisor/home",
    )
    where = f"{event.account}/{item.text('Region', 'Region/AZ') or event.region}"
    identity = "/".join(part for part in ("trusted-advisor:" + where, item.text("Service"), check, named) if part)
    known = bool(check and named and status)
    return lasts(found, identity if known else "", ended=over, updated_at=event.at)


_ITEM_NAMES = (
    "Security Group ID", "Instance ID", "Bucket Name", "Volume ID", "Load Balancer Name", "DB Instance", "Cluster",
    "Function ARN", "IAM User", "Limit Name", "Hosted Zone ID",
)  # fmt: skip
_ITEM_FACTS = ("Port", "Protocol", "IP Range", "Limit Amount", "Current Usage", "Reason", "Issue")


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
        guess=guessed(good=routine()(state), doubtful=is_bad(state)),
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
        summary=f"ACM certificate for {name} "
        + ("has expired" if expired else f"expires in {days} days" if days else "expires soon"),
        guess="error" if expired else "warning",
        resource=name,
    )


_POLICY = Row(
    noun="SSM parameter", name=("parameter-name",), state=("action-status",), reason=("action-reason", "policy-type")
)


def _policy(event: Event) -> Told:
    """A policy of a parameter acted: that it could (Success) is no good news, what it announces may be an expiry."""
    reason = event.detail.text("action-reason")
    return replace(
        _POLICY(event),
        alertname=f"SSMParameter {event.detail.text('policy-type') or 'Policy'}",
        summary=sentence("SSM parameter", event.detail.text("parameter-name"), "", reason)
        if reason
        else _POLICY(event).summary,
        guess="warning",
    )


_COMPLIANCE = Row(
    noun="SSM compliance of",
    name=("resource-id",),
    state=("compliance-status",),
    reason=("compliance-type", "patch-baseline-id"),
    good=routine("COMPLIANT"),
)


def _ssm_compliance(event: Event) -> Told:
    """What an instance has to comply with lasts until it does."""
    detail = event.detail
    status, resource = detail.text("compliance-status"), detail.text("resource-id")
    identity = "/".join(["ssm-compliance:" + event.account, event.region, resource, detail.text("compliance-type")])
    found = replace(_COMPLIANCE(event), alertname="SSMNonCompliant")
    known = resource and folded(status) in ("compliant", "noncompliant")
    return lasts(found, identity if known else "", ended=folded(status) == "compliant", updated_at=event.at)


_OPS_ITEM = Row(noun="SSM OpsItem", name=("title", "ops-item-id"), state=("status",), good=never)


def _ops_item(event: Event) -> Told:
    """An OpsItem is open until it is resolved."""
    detail = event.detail
    item = detail.text("ops-item-id", "opsItemId")
    status = folded(detail.text("status"))
    identity = f"opsitem:{event.account}/{event.region}/{item}" if item and status else ""
    guess = {"1": "critical", "2": "error"}.get(detail.text("severity"), "warning")
    found = replace(_OPS_ITEM(event), alertname="SSMOpsItem", guess=guess)
    return lasts(found, identity, ended=status in ("resolved", "closed"), updated_at=event.at)


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
        good=routine("Create", "Update", "LabelParameterVersion"),
    ),
    "Parameter Store Policy Action": _policy,
    "EC2 State Manager Association State Change": Row(
        noun="SSM association", name=("association-name", "association-id"), reason=("status", "document-name")
    ),
    "EC2 State Manager Instance Association State Change": Row(
        noun="SSM association on", name=("instance-id",), reason=("detailed-status", "error-code", "document-name")
    ),
    "Configuration Compliance State Change": _ssm_compliance,
    "Calendar State Change": Row(
        noun="SSM change calendar", state=("state",), reason=("message",), good=routine("OPEN", "CLOSED")
    ),
    "OpsItem Create": _ops_item,
    "OpsItem Update": _ops_item,
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
    "KMS CMK Rotation": Row(noun="KMS key rotated:", name=("key-id",), good=always),
    "Support Case Update": Row(
        noun="AWS support case",
        name=("display-id", "case-id"),
        state=("event-name",),
        good=routine("CreateCase", "AddCommunicationToCase", "ResolveCase", "ReopenCase"),
    ),
    "Tag Change on Resource": Row(noun="Tags changed on", reason=("changed-tag-keys",), good=always, doubts=()),
    "ACM Certificate Available": Row(
        noun="ACM certificate for",
        name=("CommonName", "DomainName"),
        state=("Action",),
        good=routine("ISSUANCE", "RENEWAL", "IMPORT", "REIMPORT"),
    ),
}
