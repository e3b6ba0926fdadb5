"""Findings: Security Hub, GuardDuty, Inspector, Macie, IAM Access Analyzer.

Source: the user guides' chapters on EventBridge, and the AWS Security Finding Format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event, bare, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, Row, draft, general, known_severity, page, routine
from alertrelay.sources.awsevent.lasting import lasts

_ENDED_WORKFLOW = ("resolved", "suppressed")
_ENDED_STATUS = ("resolved", "suppressed", "archived", "closed", "deleted", "inactive")
_NORMALISED = ((90, "critical"), (70, "error"), (40, "warning"), (0, "info"))
_GUARDDUTY = ((9.0, "critical"), (7.0, "error"), (4.0, "warning"), (0.0, "info"))


def _security_hub(event: Event) -> Iterator[AlertDraft]:
    """Returns one alert a finding: it lasts until its workflow or its record says that it is over."""
    for finding in event.detail.each("findings") or ((event.detail,) if event.detail.has("ProductArn") else ()):
        yield _finding(event, finding)


def _finding(event: Event, finding: Fields) -> AlertDraft:
    identity = finding.text("Id", "ProductFields.aws/securityhub/FindingId", "finding_info.uid", "metadata.uid")
    resources = [each.text("Id", "uid", "name") for each in finding.each("Resources")]
    title = finding.text("Title", "finding_info.title", "GeneratorId") or "finding without a title"
    product = finding.text(
        "ProductName", "ProductFields.aws/securityhub/ProductName", "metadata.product.name"
    ) or resource_name(finding.text("ProductArn"))
    on = f" on {', '.join(resource_name(each) for each in resources[:3])}" if resources else ""
    graded = _hub_severity(finding)
    word = finding.text("Severity.Label", "FindingProviderFields.Severity.Label", "severity").upper() or graded
    ended = _over(finding)
    found = draft(
        event,
        alertname="SecurityHubFinding",
        summary=f"{product or 'Security Hub'} finding{f' ({word})' if word else ''}: {title}{on}",
        severity=graded,
        resource=", ".join(resources[:3]),
        labels={
            "product": product,
            "finding_type": finding.text("Types", "finding_info.types"),
            "control": finding.text("Compliance.SecurityControlId", "ProductFields.ControlId"),
        },
        description=finding.text("Description", "finding_info.desc") or finding.lines(),
        reason=finding.text("Compliance.StatusReasons.Description"),
    )
    link = finding.text("SourceUrl", "Remediation.Recommendation.Url")
    region = finding.text("Region", "cloud.region") or event.region
    return replace(
        found,
        identity=identity or event.id,
        account=finding.text("AwsAccountId", "cloud.account.uid") or event.account,
        region=region,
        link=page(region, f"/securityhub/home?region={region}#/findings?search=Id%3D{quote(identity, safe='')}"),
        kind="alert" if identity else "event",
        ended=ended and bool(identity),
        at=finding.at("CreatedAt", "FirstObservedAt", "finding_info.created_time_dt") or event.at,
        updated_at=finding.at("UpdatedAt", "LastObservedAt", "finding_info.modified_time_dt") or event.at,
        notes={
            "remediation": " ".join(
                part for part in (finding.text("Remediation.Recommendation.Text", "remediation.desc"), link) if part
            ),
            "workflow": finding.text("Workflow.Status", "WorkflowState", "status"),
            "record_state": finding.text("RecordState"),
        },
    )


def _over(finding: Fields) -> bool:
    workflow = finding.text("Workflow.Status", "WorkflowState", "status").lower()
    passed = finding.text("Compliance.Status").upper() in ("PASSED", "NOT_AVAILABLE")
    return finding.text("RecordState").upper() == "ARCHIVED" or workflow in _ENDED_WORKFLOW or passed


def _hub_severity(finding: Fields) -> str:
    label = finding.text("Severity.Label", "FindingProviderFields.Severity.Label", "severity")
    if label:
        return known_severity(label)
    score = finding.number("Severity.Normalized")
    return "" if score is None else next((word for least, word in _NORMALISED if score >= least), "info")


def _guardduty(event: Event) -> AlertDraft:
    """Sent again while it goes on: one event by its id, whose clock is the finding's last update."""
    detail = event.detail
    identity = detail.text("id", "arn")
    score = detail.number("severity")
    graded = "" if score is None else next((word for least, word in _GUARDDUTY if score >= least), "info")
    about = detail.text(
        "resource.instanceDetails.instanceId",
        "resource.accessKeyDetails.userName",
        "resource.s3BucketDetails.name",
        "resource.eksClusterDetails.name",
        "resource.ecsClusterDetails.name",
        "resource.rdsDbInstanceDetails.dbInstanceIdentifier",
        "resource.lambdaDetails.functionName",
        "resource.resourceType",
    )
    title = detail.text("title") or detail.text("type") or "finding without a title"
    count = detail.text("service.count")
    found = draft(
        event,
        alertname="GuardDutyFinding",
        summary=f"GuardDuty finding{f' (severity {score:g})' if score is not None else ''}: {title}"
        + ("" if not about or about in title else f" ({about})"),
        severity=graded,
        resource=about,
        labels={"finding_type": detail.text("type")},
        description=detail.text("description"),
        path=f"/guardduty/home?region={event.region}#/findings?search=id%3D{quote(identity, safe='')}",
    )
    archived = _is_archived(detail) and bool(identity)
    return replace(
        found,
        identity=identity or event.id,
        kind="alert" if archived else "event",
        ended=archived,
        account=detail.text("accountId") or event.account,
        at=detail.at("service.eventFirstSeen", "createdAt") or event.at,
        updated_at=detail.at("updatedAt", "service.eventLastSeen") or event.at,
        notes={
            "value": f"severity {detail.text('severity')}" if score is not None else "",
            "count": count,
            "last_seen": detail.text("service.eventLastSeen"),
        },
    )


def _is_archived(detail: Fields) -> bool:
    """Archived is the end of a finding of GuardDuty and Macie, which only some ways bring here."""
    return "true" in (detail.text("service.archived").lower(), detail.text("archived").lower())


def _inspector(event: Event) -> AlertDraft:
    detail = event.detail
    word = detail.text("severity")
    graded = known_severity(word)
    over = detail.text("status").lower() in _ENDED_STATUS
    resources = [each.text("id") for each in detail.each("resources")] or list(event.resources)
    title = detail.text("title", "packageVulnerabilityDetails.vulnerabilityId", "type") or "finding without a title"
    on = f" on {', '.join(resource_name(each) for each in resources[:3])}" if resources else ""
    found = draft(
        event,
        alertname="InspectorFinding",
        summary=f"Inspector finding{f' ({word})' if word else ''}: {title}{on}",
        severity=graded,
        resource=", ".join(resources[:3]),
        labels={
            "finding_type": detail.text("type"),
            "vulnerability": detail.text("packageVulnerabilityDetails.vulnerabilityId"),
        },
        description=detail.text("description"),
        path=f"/inspector/v2/home?region={event.region}#/findings",
    )
    identity = detail.text("findingArn", "arn") or next((arn for arn in event.resources if "/finding/" in arn), "")
    updated = detail.at("updatedAt", "lastObservedAt") or event.at
    return replace(
        lasts(found, identity, ended=over, updated_at=updated),
        account=detail.text("awsAccountId") or event.account,
        notes={
            "remediation": detail.text("remediation.recommendation.text"),
            "fix_available": detail.text("fixAvailable"),
            "exploit_available": detail.text("exploitAvailable"),
        },
    )


def _macie(event: Event) -> AlertDraft:
    detail = event.detail
    word = detail.text("severity.description", "severity")
    graded = known_severity(word)
    bucket = detail.text("resourcesAffected.s3Bucket.name")
    title = detail.text("title", "type") or "finding without a title"
    found = draft(
        event,
        alertname="MacieFinding",
        summary=f"Macie finding{f' ({word})' if graded else ''}: {title}{f' in bucket {bucket}' if bucket else ''}",
        severity=graded,
        resource=bucket,
        labels={"finding_type": detail.text("type")},
        description=detail.text("description"),
    )
    identity, archived = detail.text("id"), _is_archived(detail) and detail.has("id")
    return replace(
        found,
        identity=identity or event.id,
        kind="alert" if identity and archived else "event",
        ended=bool(identity) and archived,
        updated_at=detail.at("updatedAt") or event.at,
    )


def _access(event: Event) -> AlertDraft:
    detail = event.detail
    resource = detail.text("resource")
    over = detail.text("status").lower() in _ENDED_STATUS or detail.text("isDeleted").lower() == "true"
    who = "everybody" if detail.text("isPublic") == "true" else detail.text("principal.AWS") or "somebody outside"
    found = draft(
        event,
        alertname="AccessAnalyzerFinding",
        summary=f"Access Analyzer: {resource_name(resource) or 'a resource'} "
        + ("is no longer shared with " if over else "is shared with ")
        + who,
        guess="warning",
        resource=resource,
        labels={"resource_type": detail.text("resourceType")},
        reason=detail.text("action"),
    )
    return lasts(found, detail.text("id"), ended=over, updated_at=detail.at("updatedAt") or event.at)


def _case(event: Event) -> AlertDraft:
    """Reads a case of Security Incident Response; its comments and its updates are events of their own."""
    found = general(event)
    kind = event.detail_type.lower()
    if kind not in ("case created", "case closed"):
        return found
    named = replace(found, alertname="SecurityIncidentCase", guess="warning")
    number = event.detail.text("caseId")
    identity = f"security-ir:{event.account}/{event.region}/{number}" if number else ""
    return lasts(named, identity, ended=kind == "case closed", updated_at=event.at)


def is_findings(fields: Fields) -> bool:
    """Findings without the event around them: Security Hub's format, or GuardDuty's."""
    hub = any(each.has("ProductArn") or _is_hub(each) for each in fields.each("findings"))
    alone = fields.has("ProductArn") and (fields.has("GeneratorId") or _is_hub(fields))
    return hub or alone or _is_guardduty(fields)


def _is_hub(fields: Fields) -> bool:
    return fields.has("Id", "Title", "Resources") and bool(fields.inner("Severity"))


def _is_guardduty(fields: Fields) -> bool:
    return fields.has("type", "severity", "title") and (fields.has("service", "resource") or fields.has("detectorId"))


def read_findings(fields: Fields, _: Arrival) -> Iterator[AlertDraft]:
    """As by EventBridge."""
    guardduty = _is_guardduty(fields)
    found = bare("aws.guardduty" if guardduty else "aws.securityhub", fields)
    event = replace(found, account=fields.text("accountId"), region=fields.text("region"))
    if guardduty:
        yield _guardduty(event)
    else:
        yield from _security_hub(event)


READERS: Mapping[str, Reader] = {
    "Security Hub Findings - Imported": lambda event: tuple(_security_hub(event)) or general(event),
    "Security Hub Findings - Custom Action": lambda event: tuple(_security_hub(event)) or general(event),
    "Findings Imported V2": lambda event: tuple(_security_hub(event)) or general(event),
    "securityhub:": lambda event: tuple(_security_hub(event)) or general(event),
    "GuardDuty Finding": _guardduty,
    "GuardDuty Malware Protection Object Scan Result": Row(
        noun="GuardDuty malware scan of",
        name=("s3ObjectDetails.bucketName",),
        within=("s3ObjectDetails.objectKey",),
        state=("scanResultDetails.scanResultStatus", "scanStatus"),
        reason=("scanResultDetails.threats.name",),
        good=routine("NO_THREATS_FOUND"),
    ),
    "Inspector2 Finding": _inspector,
    "Macie Finding": _macie,
    "security-ir:": _case,
    "Access Analyzer Finding": _access,
}
