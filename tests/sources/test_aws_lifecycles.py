"""Events that have an end, or that are told again: Health, Security Hub, GuardDuty, Config; and ECS tasks."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT, REGION = "111122223333", "eu-central-1"
HEALTH_ARN = "arn:aws:health:eu-central-1::event/RDS/AWS_RDS_OPERATIONAL_ISSUE/AWS_RDS_OPERATIONAL_ISSUE_1"


def event(source: str, detail_type: str, detail: Any, *resources: str) -> dict[str, Any]:
    return {
        "id": "7bf73129",
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": "2026-11-20T08:58:00Z",
        "region": REGION,
        "resources": list(resources),
        "detail": detail,
    }


def health(**fields: Any) -> dict[str, Any]:
    detail = {
        "eventArn": HEALTH_ARN,
        "service": "RDS",
        "eventTypeCode": "AWS_RDS_OPERATIONAL_ISSUE",
        "eventTypeCategory": "issue",
        "statusCode": "open",
        "startTime": "Fri, 20 Nov 2026 08:00:00 GMT",
        "lastUpdatedTime": "Fri, 20 Nov 2026 08:50:00 GMT",
        "eventDescription": [
            {"language": "de_DE", "latestDescription": "Wir untersuchen."},
            {"language": "en_US", "latestDescription": "We are investigating."},
        ],
        "affectedEntities": [{"entityValue": "orders-db"}],
        **fields,
    }
    return event("aws.health", "AWS Health Event", detail)


def test_a_health_issue_is_open_until_it_is_closed(one: Any) -> None:
    opened = one(health())
    closed = one(health(statusCode="closed", lastUpdatedTime="Fri, 20 Nov 2026 09:50:00 GMT"))
    assert (opened.kind, opened.status, closed.status) == ("alert", "firing", "resolved")
    assert opened.state_key == closed.state_key
    assert opened.updated_at < closed.updated_at == closed.ends_at
    assert opened.labels == closed.labels
    assert opened.annotations["summary"] == "AWS Health issue (open): RDS operational issue on orders-db (eu-central-1)"
    assert opened.annotations["description"] == "We are investigating."
    assert opened.generator_url.startswith("https://health.console.aws.amazon.com/")


def test_one_health_event_of_two_accounts_is_two_alerts(one: Any) -> None:
    assert one(health(affectedAccount="444455556666")).state_key != one(health()).state_key


@pytest.mark.parametrize("category", ["scheduledChange", "accountNotification"])
def test_what_would_stand_for_weeks_is_notified_once_a_status(one: Any, category: str) -> None:
    upcoming = one(health(eventTypeCategory=category, statusCode="upcoming"))
    closed = one(health(eventTypeCategory=category, statusCode="closed"))
    assert (upcoming.kind, closed.kind, closed.status) == ("event", "event", "firing")
    assert (upcoming.labels["severity"], closed.labels["severity"]) == ("warning", "info")
    assert upcoming.state_key != closed.state_key


def test_a_health_event_that_does_not_say_its_status_is_an_event(one: Any) -> None:
    assert one(health(statusCode=None)).kind == "event"


def finding(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "Id": f"arn:aws:securityhub:eu-central-1:111122223333:finding/{number}",
        "ProductName": "Security Hub",
        "ProductArn": "arn:aws:securityhub:eu-central-1::product/aws/securityhub",
        "Title": "S3 bucket is public",
        "Severity": {"Label": "HIGH", "Normalized": 70},
        "Resources": [{"Id": "arn:aws:s3:::invoices"}],
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
        "AwsAccountId": ACCOUNT,
        "UpdatedAt": "2026-11-20T08:57:00.123Z",
        **fields,
    }


def hub(*findings: dict[str, Any]) -> dict[str, Any]:
    return event("aws.securityhub", "Security Hub Findings - Imported", {"findings": list(findings)})


def test_each_finding_of_an_event_is_an_alert(parsed: Any) -> None:
    alerts = parsed(hub(finding(1), finding(2))).alerts
    assert len({alert.state_key for alert in alerts}) == 2
    assert {alert.kind for alert in alerts} == {"alert"}
    assert alerts[0].annotations["summary"] == (
        "Security Hub finding (HIGH): S3 bucket is public on invoices (eu-central-1)"
    )


def test_findings_without_an_id_are_events_of_their_own(parsed: Any) -> None:
    first, second = parsed(hub(finding(Id=None), finding(Id=None, Title="Another"))).alerts
    assert (first.kind, second.kind) == ("event", "event")
    assert first.state_key != second.state_key


@pytest.mark.parametrize(
    "over",
    [
        {"Workflow": {"Status": "RESOLVED"}},
        {"Workflow": {"Status": "SUPPRESSED"}},
        {"RecordState": "ARCHIVED"},
        {"Compliance": {"Status": "PASSED"}},
    ],
)
def test_a_finding_that_is_over_is_resolved(one: Any, over: dict[str, Any]) -> None:
    ended = one(hub(finding(**over)))
    assert ended.status == "resolved"
    assert ended.state_key == one(hub(finding())).state_key


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ({"Label": "CRITICAL"}, "critical"),
        ({"Label": "MEDIUM"}, "warning"),
        ({"Label": "LOW"}, "info"),
        ({"Normalized": 70}, "error"),
        ({}, "warning"),
    ],
)
def test_a_findings_severity_is_mapped(one: Any, severity: dict[str, Any], expected: str) -> None:
    assert one(hub(finding(Severity=severity))).labels["severity"] == expected


def guardduty(severity: float = 8, **fields: Any) -> dict[str, Any]:
    detail = {
        "id": "f-1",
        "accountId": ACCOUNT,
        "region": REGION,
        "type": "CryptoCurrency:EC2/BitcoinTool.B!DNS",
        "severity": severity,
        "title": "A mining domain is queried",
        "resource": {"instanceDetails": {"instanceId": "i-0abc"}},
        "service": {"count": 3, "eventLastSeen": "2026-11-20T08:55:00Z"},
        "updatedAt": "2026-11-20T08:56:00Z",
        **fields,
    }
    return event("aws.guardduty", "GuardDuty Finding", detail)


def test_a_guardduty_finding_that_is_updated_is_the_same_event(one: Any) -> None:
    first, second = one(guardduty()), one(guardduty(updatedAt="2026-11-20T08:57:00Z"))
    assert first.state_key == second.state_key == "aws:f-1"
    assert first.updated_at < second.updated_at
    assert first.kind == "event"
    assert (
        first.annotations["summary"]
        == "GuardDuty finding (severity 8): A mining domain is queried (i-0abc) (eu-central-1)"
    )
    assert "f-1" in first.generator_url


@pytest.mark.parametrize(("score", "severity"), [(9.1, "critical"), (7, "error"), (4, "warning"), (2, "info")])
def test_guarddutys_number_is_a_severity(one: Any, score: float, severity: str) -> None:
    assert one(guardduty(score)).labels["severity"] == severity


def config(compliance: str, **fields: Any) -> dict[str, Any]:
    return {
        "messageType": "ComplianceChangeNotification",
        "configRuleName": "encrypted-volumes",
        "resourceType": "AWS::EC2::Volume",
        "resourceId": "vol-1",
        "awsAccountId": ACCOUNT,
        "awsRegion": REGION,
        "newEvaluationResult": {"complianceType": compliance, "resultRecordedTime": "2026-11-20T08:58:00Z"},
        **fields,
    }


@pytest.mark.parametrize("by_eventbridge", [True, False])
def test_a_rule_of_config_lasts_until_the_resource_complies(one: Any, by_eventbridge: bool) -> None:
    def wrapped(value: dict[str, Any]) -> dict[str, Any]:
        return event("aws.config", "Config Rules Compliance Change", value) if by_eventbridge else value

    bad, good = one(wrapped(config("NON_COMPLIANT"))), one(wrapped(config("COMPLIANT")))
    assert (bad.status, good.status) == ("firing", "resolved")
    assert bad.state_key == good.state_key
    assert bad.annotations["summary"].startswith(
        "AWS Config rule encrypted-volumes: AWS::EC2::Volume vol-1 is non compliant"
    )


def test_a_compliance_that_is_not_known_neither_opens_nor_ends_an_alert(one: Any) -> None:
    assert one(config("INSUFFICIENT_DATA"), message_id="m").kind == "event"
    assert one(config("NON_COMPLIANT", resourceId=None), message_id="m").kind == "event"


def task(**fields: Any) -> dict[str, Any]:
    detail = {
        "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/main",
        "taskArn": "arn:aws:ecs:eu-central-1:111122223333:task/main/0a1b",
        "taskDefinitionArn": "arn:aws:ecs:eu-central-1:111122223333:task-definition/checkout:7",
        "group": "service:checkout",
        "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "app", "exitCode": 1, "lastStatus": "STOPPED"}],
        **fields,
    }
    return event("aws.ecs", "ECS Task State Change", detail, "arn:aws:ecs:eu-central-1:111122223333:task/main/0a1b")


SCALED = {
    "stopCode": "ServiceSchedulerInitiated",
    "stoppedReason": "Scaling activity initiated by (deployment ecs-svc/1)",
}


@pytest.mark.parametrize(
    ("fields", "alertname", "severity", "said"),
    [
        ({}, "ECSTaskFailed", "warning", "stopped: container app exited with 1"),
        (
            {"containers": [{"name": "app", "exitCode": 137, "reason": "OutOfMemoryError: Container killed"}]},
            "ECSTaskOutOfMemory",
            "warning",
            "stopped: container app ran out of memory (exit 137)",
        ),
        (
            {"containers": [{"name": "app", "exitCode": 137}]},
            "ECSTaskFailed",
            "warning",
            "container app exited with 137, killed, often for want of memory",
        ),
        ({"containers": [{"name": "app", "exitCode": 0}], **SCALED}, "ECSTaskStopped", "info", "Scaling activity"),
        (
            {"containers": [], "stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: no"},
            "ECSTaskFailedToStart",
            "warning",
            "CannotPullContainerError: no",
        ),
        ({"containers": [{"name": "app", "exitCode": 0}]}, "ECSTaskStopped", "warning", "Essential container"),
        ({"containers": [{"exitCode": 0}], "group": "family:nightly"}, "ECSTaskStopped", "info", "ECS task checkout"),
        ({"lastStatus": "RUNNING"}, "ECSTaskRunning", "info", "is running"),
    ],
)
def test_a_task_says_why_it_stopped(one: Any, fields: Any, alertname: str, severity: str, said: str) -> None:
    alert = one(task(**fields))
    assert (alert.labels["alertname"], alert.labels["severity"]) == (alertname, severity)
    assert said in alert.annotations["summary"]
    assert "in cluster main" in alert.annotations["summary"]


def test_a_task_of_a_service_is_labelled_as_the_services_alarms_are(one: Any) -> None:
    labels = one(task()).labels
    assert (labels["cluster"], labels["service"], labels["ServiceName"]) == ("main", "checkout", "checkout")
    assert labels["namespace"] == "AWS/ECS"


@pytest.mark.parametrize(
    ("result", "user", "alertname", "severity"),
    [
        ("Success", {"type": "IAMUser", "userName": "jo"}, "ConsoleSignIn", "info"),
        ("Failure", {"type": "IAMUser", "userName": "jo"}, "ConsoleSignInFailed", "warning"),
        ("Success", {"type": "Root"}, "ConsoleRootSignIn", "warning"),
    ],
)
def test_a_sign_in_by_whom_and_from_where(one: Any, result: str, user: Any, alertname: str, severity: str) -> None:
    detail = {
        "eventName": "ConsoleLogin",
        "userIdentity": user,
        "sourceIPAddress": "192.0.2.1",
        "responseElements": {"ConsoleLogin": result},
        "additionalEventData": {"MFAUsed": "Yes"},
        "eventID": "e-1",
    }
    alert = one(event("aws.signin", "AWS Console Sign In via CloudTrail", detail))
    assert (alert.labels["alertname"], alert.labels["severity"]) == (alertname, severity)
    assert "192.0.2.1" in alert.annotations["summary"]
    assert one(detail).labels["alertname"] == alertname
