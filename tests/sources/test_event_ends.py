"""What has an end resolves the alert that its beginning opened, by the source's own id."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT, REGION = "111122223333", "eu-central-1"
BEGIN, LATER = "2026-11-20T08:00:00Z", "2026-11-20T08:30:00Z"


def event(source: str, detail_type: str, detail: Any, *resources: str, at: str = BEGIN) -> dict[str, Any]:
    return {
        "id": f"id-of-{detail_type}-{at}",
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": at,
        "region": REGION,
        "resources": list(resources),
        "detail": detail,
    }


def pair(source: str, types: tuple[str, str], opened: Any, closed: Any, *resources: str) -> tuple[Any, Any]:
    return event(source, types[0], opened, *resources), event(source, types[1], closed, *resources, at=LATER)


def same(kind: str) -> tuple[str, str]:
    return kind, kind


INCIDENT = "arn:aws:ssm-incidents::111122223333:incident-record/checkout/1"
CHECK = "arn:aws:route53-recovery-readiness::111122223333:readiness-check/shop"
NODE = {
    "containerInstanceArn": "arn:aws:ecs:eu-central-1:111122223333:container-instance/main/0a1b",
    "status": "ACTIVE",
}
HEALTH_EVENT = {"eventId": "e-1", "monitorName": "web"}
TUNNEL = {
    "vpnConnectionArn": "arn:aws:ec2:eu-central-1:111122223333:vpn-connection/vpn-1",
    "outsideIpAddress": "192.0.2.1",
}
ADVISED = {"check-name": "Open ports", "resource_id": "sg-1", "check-item-detail": {"Region": REGION}}
PAIRS: dict[str, tuple[Any, Any]] = {
    "an insight": pair(
        "aws.devops-guru",
        ("DevOps Guru New Insight Open", "DevOps Guru Insight Closed"),
        {"insightId": "AI1", "messageType": "NEW_INSIGHT", "insightSeverity": "medium"},
        {"insightId": "AI1", "messageType": "CLOSED_INSIGHT", "insightSeverity": "medium"},
    ),
    "an incident": pair(
        "aws.ssm-incidents", ("Incident Opened", "Incident Resolved"), {"title": "x", "status": "OPEN"},
        {"title": "x", "status": "RESOLVED"}, INCIDENT,
    ),
    "a health event of the internet": pair(
        "aws.internetmonitor", ("Health Event Created", "Health Event Closed"), {**HEALTH_EVENT, "status": "ACTIVE"},
        {**HEALTH_EVENT, "status": "RESOLVED"},
    ),
    "a tunnel": pair(
        "aws.networkmanager", same("Network Manager Status Update"),
        {**TUNNEL, "changeType": "VPN-CONNECTION-IPSEC-DOWN"}, {**TUNNEL, "changeType": "VPN-CONNECTION-IPSEC-UP"},
    ),
    "a canary": pair(
        "aws.synthetics", ("Synthetics Canary TestRun Failure", "Synthetics Canary TestRun Successful"),
        {"canary-name": "login", "canary-id": "c", "test-run-status": "FAILED"},
        {"canary-name": "login", "canary-id": "c", "test-run-status": "PASSED"},
    ),
    "a check of Trusted Advisor": pair(
        "aws.trustedadvisor", same("Trusted Advisor Check Item Refresh Notification"),
        {**ADVISED, "status": "ERROR", "uuid": "1"}, {**ADVISED, "status": "OK", "uuid": "2"},
    ),
    "a finding of Inspector": pair(
        "aws.inspector2", same("Inspector2 Finding"), {"findingArn": "arn:f", "severity": "HIGH", "status": "ACTIVE"},
        {"findingArn": "arn:f", "severity": "HIGH", "status": "CLOSED"},
    ),
    "a finding of Access Analyzer": pair(
        "aws.access-analyzer", same("Access Analyzer Finding"), {"id": "f", "status": "ACTIVE"},
        {"id": "f", "status": "RESOLVED"},
    ),
    "a readiness check": pair(
        "aws.route53-recovery-readiness", same("Readiness check status change"),
        {"new-state": {"readiness-status": "NOT_READY"}}, {"new-state": {"readiness-status": "READY"}}, CHECK,
    ),
    "what an instance complies with": pair(
        "aws.ssm", same("Configuration Compliance State Change"),
        {"resource-id": "i-1", "compliance-status": "non_compliant", "compliance-type": "Patch"},
        {"resource-id": "i-1", "compliance-status": "compliant", "compliance-type": "Patch"},
    ),
    "an OpsItem": pair(
        "aws.ssm", ("OpsItem Create", "OpsItem Update"), {"ops-item-id": "oi-1", "title": "x", "status": "Open"},
        {"ops-item-id": "oi-1", "title": "x", "status": "Resolved"},
    ),
    "an agent": pair(
        "aws.ecs", same("ECS Container Instance State Change"), {**NODE, "agentConnected": False},
        {**NODE, "agentConnected": True},
    ),
    "an insight of CloudTrail": pair(
        "aws.cloudtrail", same("AWS Insight via CloudTrail"),
        {"sharedEventID": "s", "insightDetails": {"state": "Start", "eventName": "RunInstances"}},
        {"sharedEventID": "s", "insightDetails": {"state": "End", "eventName": "RunInstances"}},
    ),
    "an environment": pair(
        "aws.elasticbeanstalk", same("Health status change"),
        {"EnvironmentName": "prod", "Message": "Environment health has transitioned from Ok to Severe. 5xx."},
        {"EnvironmentName": "prod", "Message": "Environment health has transitioned from Severe to Ok."},
    ),
    "an alarm of a service that nobody knows": pair(
        "aws.medialive", same("MediaLive Channel Alert"),
        {"alarm_id": "a", "alarm_state": "SET", "message": "no audio"},
        {"alarm_id": "a", "alarm_state": "CLEARED", "message": "no audio"},
    ),
    "an anomaly whose end is only in its type": pair(
        "aws.newservice", ("Anomaly Opened", "Anomaly Closed Notification"), {"anomalyId": "n", "eventType": "NEW"},
        {"anomalyId": "n", "eventType": "UPDATED"},
    ),
    "a problem of a service that nobody knows": pair(
        "aws.newservice", ("Problem Detected", "Problem Resolved"), {"problemId": "p", "title": "x"},
        {"problemId": "p", "title": "x"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("opened", "closed"), PAIRS.values(), ids=PAIRS.keys())
def test_an_end_resolves_what_its_beginning_opened(one: Any, opened: Any, closed: Any) -> None:
    first, last = one(opened), one(closed)
    assert (first.kind, first.status, last.kind, last.status) == ("alert", "firing", "alert", "resolved")
    assert first.state_key == last.state_key
    assert first.updated_at < last.updated_at == last.ends_at
    assert first.labels["alertname"] == last.labels["alertname"]
    assert first.labels["severity"] != "info"


@pytest.mark.parametrize(
    "value",
    [
        event("aws.ssm-incidents", "Incident Resolved", {"title": "x", "status": "RESOLVED"}),
        event("aws.devops-guru", "DevOps Guru Insight Closed", {"messageType": "CLOSED_INSIGHT"}),
        event("aws.newservice", "Problem Resolved", {"title": "x"}),
        event("aws.trustedadvisor", "Trusted Advisor Check Item Refresh Notification", {"status": "OK"}),
        event("aws.internetmonitor", "Health Event Closed", {"monitorName": "web", "status": "RESOLVED"}),
    ],
)  # fmt: skip
def test_an_end_without_an_id_is_an_event_that_people_hear_of(one: Any, value: Any) -> None:
    found = one(value)
    assert (found.kind, found.status, found.labels["severity"]) == ("event", "firing", "warning")


@pytest.mark.parametrize(
    ("opened", "other"),
    [
        (PAIRS["a tunnel"][0], {**TUNNEL, "outsideIpAddress": "192.0.2.2", "changeType": "VPN-CONNECTION-IPSEC-DOWN"}),
        (PAIRS["a tunnel"][0], {**TUNNEL, "changeType": "VPN-CONNECTION-BGP-DOWN"}),
        (PAIRS["a check of Trusted Advisor"][0], {**ADVISED, "resource_id": "sg-2", "status": "ERROR"}),
        (PAIRS["a canary"][0], {"canary-name": "pay", "canary-id": "d", "test-run-status": "FAILED"}),
    ],
)
def test_two_things_that_are_bad_at_once_are_two_alerts(one: Any, opened: Any, other: Any) -> None:
    assert one(opened).state_key != one({**opened, "detail": other}).state_key


def test_archiving_a_finding_of_guardduty_is_its_end(one: Any) -> None:
    detail = {"id": "f-1", "title": "x", "type": "t", "severity": 8, "service": {"archived": True}}
    ended = one(event("aws.guardduty", "GuardDuty Finding", detail))
    assert (ended.status, ended.state_key) == ("resolved", "aws:f-1")


def health(page: str, total: str, status: str = "open", category: str = "issue") -> dict[str, Any]:
    return event(
        "aws.health",
        "AWS Health Event",
        {
            "eventArn": "arn:aws:health:eu-central-1::event/RDS/X/1",
            "eventTypeCode": "AWS_RDS_ISSUE",
            "eventTypeCategory": category,
            "statusCode": status,
            "page": page,
            "totalPages": total,
            "affectedEntities": [{"entityValue": f"db-{page}"}],
        },
    )


def test_the_first_page_of_an_issue_carries_its_life_and_the_others_are_announced(one: Any) -> None:
    first, second, closed = one(health("1", "2")), one(health("2", "2")), one(health("1", "1", "closed"))
    assert (first.kind, second.kind, closed.status) == ("alert", "event", "resolved")
    assert first.state_key == closed.state_key != second.state_key
    assert "db-2" in second.annotations["affected"]


def test_an_event_of_one_page_has_no_page_in_its_identity(one: Any) -> None:
    assert one(health("1", "1")).state_key == one(health("", "")).state_key


def test_more_resources_than_are_named_are_counted(one: Any) -> None:
    value = health("1", "1")
    value["detail"]["affectedEntities"] = [{"entityValue": f"i-{number}"} for number in range(450)]
    found = one(value)
    assert found.annotations["affected"].endswith("i-199 and 250 more")
    assert "i-0, i-1, i-2 and 447 more" in found.annotations["summary"]
