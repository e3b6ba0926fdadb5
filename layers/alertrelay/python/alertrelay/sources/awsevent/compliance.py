"""Reads notices about compliance: AWS Config, Trusted Advisor, certificates; and other notices to an account.

Source: the user guides' chapters on EventBridge and on SNS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft, camel
from alertrelay.sources.awsevent.event import Event, bare, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, Row, always, draft, page, routine
from alertrelay.sources.awsevent.lasting import lasts
from alertrelay.sources.awsevent.news import folded, is_bad
from alertrelay.sources.awsevent.sentences import sentence

_ADVISOR_SEVERITY: Mapping[str, str] = {"error": "error", "red": "error", "warn": "warning", "yellow": "warning"}


def _compliance(event: Event) -> AlertDraft:
    return _config(event.detail, event)


def _config(fields: Fields, event: Event) -> AlertDraft:
    """Reads a rule of AWS Config about a resource: it lasts until the resource complies, or is deleted."""
    rule = fields.text("configRuleName")
    resource, kind = fields.text("resourceId"), fields.text("resourceType")
    now = fields.text("newEvaluationResult.complianceType", "complianceType")
    was = fields.text("oldEvaluationResult.complianceType")
    over = now.upper() in ("COMPLIANT", "NOT_APPLICABLE")
    account = fields.text("awsAccountId") or event.account
    region = fields.text("awsRegion") or event.region
    words = now.lower().replace("_", " ") or "changed"
    found = draft(
        event,
        alertname="ConfigRuleNonCompliant",
        summary=f"AWS Config rule {rule}: {kind} {resource} is {words}" + (f", was {was.lower()}" if was else ""),
        resource=resource,
        labels={"aws_service": "config", "config_rule": rule, "resource_type": kind},
        reason=fields.text("newEvaluationResult.annotation"),
        path=f"/config/home?region={region}#/rules/details?configRuleName={quote(rule, safe='')}",
    )
    identity = f"config:{account}/{region}/{rule}/{kind}/{resource}"
    known = rule and resource and (over or folded(now) == "noncompliant")
    updated = fields.at("newEvaluationResult.resultRecordedTime", "notificationCreationTime") or event.at
    return replace(
        lasts(found, identity if known else "", ended=over, updated_at=updated),
        account=account,
        region=region,
        link=found.link or page(region, "/config/home"),
    )


def is_config(fields: Fields) -> bool:
    """AWS Config's notice by SNS."""
    return fields.has("messageType") and (
        fields.has("recordVersion") or fields.has("configRuleName") or fields.text("messageType").startswith("Config")
    )


def read_config(fields: Fields, _: Arrival) -> AlertDraft:
    """Compliance, an item that changed, a delivery."""
    if fields.text("newEvaluationResult.complianceType"):
        return _config(fields, bare("aws.config", fields))
    return _item(fields)


def _item(fields: Fields) -> AlertDraft:
    kind = fields.text("messageType")
    item = fields.inner("configurationItem", "configurationItemSummary")
    what = fields.text("configurationItemDiff.changeType", "configurationItemSummary.changeType")
    name = item.text("resourceName", "resourceId") or fields.text("configRuleName", "configRuleNames", "s3ObjectKey")
    region = item.text("awsRegion") or fields.text("awsRegion")
    return AlertDraft(
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


def _advisor(event: Event) -> AlertDraft:
    """Reads a check's item of one resource: it lasts until the check is OK again."""
    detail = event.detail
    check, status = detail.text("check-name"), detail.text("status")
    item = detail.inner("check-item-detail")
    resource = detail.text("resource_id", "check-item-detail.Resource")
    named = resource or item.text(*_ITEM_NAMES)
    name = resource_name(named)
    over = folded(status) in ("ok", "green", "info")
    facts = ", ".join(f"{key}: {value}" for key in _ITEM_FACTS if (value := item.text(key)))
    found = draft(
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


def _certificate(event: Event) -> AlertDraft:
    name, days = event.detail.text("CommonName", "DomainName"), event.detail.text("DaysToExpiry")
    left = "1 day" if days == "1" else f"{days} days"
    expired = "expired" in event.detail_type.lower()
    return draft(
        event,
        alertname="ACMCertificateExpired" if expired else "ACMCertificateExpires",
        summary=f"ACM certificate for {name} "
        + ("has expired" if expired else f"expires in {left}" if days else "expires soon"),
        guess="error" if expired else "warning",
        resource=name,
    )


READERS: Mapping[str, Reader] = {
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
