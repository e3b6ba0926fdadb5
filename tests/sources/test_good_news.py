"""A guess at good news never takes an alert from those whom its topic would notify."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT, REGION = "111122223333", "eu-central-1"


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


BUILD = event("aws.codebuild", "CodeBuild Build State Change", {"build-status": "SUCCEEDED", "project-name": "shop"})
CLEAN, CREATED = {"scanResultStatus": "NO_THREATS_FOUND"}, {"status": "CREATE_COMPLETE"}
ROUTINE: dict[str, dict[str, Any]] = {
    "a build": BUILD,
    "a job": event("aws.batch", "Batch Job State Change", {"jobName": "etl", "status": "SUCCEEDED"}),
    "an instance": event("aws.ec2", "EC2 Instance State-change Notification", {"instance-id": "i", "state": "running"}),
    "a backup": event("aws.backup", "Backup Job State Change", {"state": "COMPLETED", "backupJobId": "j"}),
    "a scan": event("aws.backup", "Scan Job State Change", {"state": "COMPLETED", "scanResult": CLEAN}),
    "a stack": event("aws.cloudformation", "CloudFormation Stack Status Change", {"status-details": CREATED}),
    "a task": event("aws.ecs", "ECS Task State Change", {"lastStatus": "RUNNING", "group": "service:shop"}),
    "an object": event("aws.s3", "Object Created", {"bucket": {"name": "b"}, "object": {"key": "failed/x"}}),
}  # fmt: skip


@pytest.mark.parametrize("value", ROUTINE.values(), ids=ROUTINE.keys())
def test_good_news_of_a_kind_with_a_table_is_info_where_the_topic_gives_nothing(one: Any, value: Any) -> None:
    assert one(value).labels["severity"] == "info"
    assert one(value, "info").labels["severity"] == "info"


@pytest.mark.parametrize("topic", ["critical", "warning"])
@pytest.mark.parametrize("value", ROUTINE.values(), ids=ROUTINE.keys())
def test_a_guess_never_lowers_what_the_topic_gives(one: Any, value: Any, topic: str) -> None:
    assert one(value, topic).labels["severity"] == topic


@pytest.mark.parametrize("status", ["SUCCEEDED", "COMPLETED", "AVAILABLE", "CREATED", "UPDATED", "OK", "RUNNING", ""])
def test_an_event_of_no_known_kind_is_never_info(one: Any, status: str) -> None:
    detail = {"name": "x", "status": status} if status else {"name": "x"}
    assert one(event("aws.newservice", "New Thing State Change", detail)).labels["severity"] == "warning"


def test_bad_news_raises_what_the_topic_gives(one: Any) -> None:
    failed = event("aws.batch", "Batch Job State Change", {"jobName": "etl", "status": "FAILED"})
    assert one(failed, "info").labels["severity"] == "warning"
    assert one(failed, "critical").labels["severity"] == "critical"


@pytest.mark.parametrize(
    "detail",
    [
        {"jobName": "etl", "status": "RUNNABLE", "statusReason": "MISCONFIGURATION: no capacity"},
        {"jobName": "etl", "status": "SUCCEEDED", "result": "FAILURE"},
        {"jobName": "etl", "status": "SUCCEEDED", "container": {"errorCode": "AccessDenied"}},
        {"jobName": "etl", "status": "SUCCEEDED", "severity": "INFO", "outcome": "not delivered"},
        {"jobName": "etl", "status": "NOT_COMPLETED"},
        {"jobName": "etl", "status": "somewhere else"},
    ],
)
def test_a_result_that_is_bad_news_overrules_a_good_state(one: Any, detail: Any) -> None:
    assert one(event("aws.batch", "Batch Job State Change", detail)).labels["severity"] == "warning"


def test_a_scan_that_ended_without_a_result_is_not_good_news(one: Any) -> None:
    assert one(event("aws.backup", "Scan Job State Change", {"state": "COMPLETED"})).labels["severity"] == "warning"
    text = "An AWS Backup scan job was completed successfully."
    assert one(text, attributes={"EventType": "SCAN_JOB", "State": "COMPLETED"}).labels["severity"] == "warning"


@pytest.mark.parametrize("state", ["ACTIVE", "NEW", "CREATED", "OPEN", "COMPLETED", "RESOLVED", "CLOSED"])
@pytest.mark.parametrize("kind", ["Finding", "Insight", "Incident"])
def test_findings_insights_and_incidents_are_not_good_news_by_their_state(one: Any, kind: str, state: str) -> None:
    value = event("aws.watcher", f"Watcher {kind} Update", {"title": "x", "status": state})
    assert one(value).labels["severity"] == "warning"


def test_the_events_own_word_wins_over_the_topic(one: Any) -> None:
    finding = event("aws.inspector2", "Inspector2 Finding", {"severity": "LOW", "title": "x", "findingArn": "arn:f"})
    assert one(finding, "critical").labels["severity"] == "info"
    job = event("aws.glue", "Glue Job State Change", {"jobName": "etl", "state": "FAILED", "severity": "ERROR"})
    assert one(job, "info").labels["severity"] == "error"


def test_a_word_below_warning_is_not_taken_of_what_failed(one: Any) -> None:
    detail = {"serviceName": "x", "currentServiceStatus": "CREATE_FAILED", "severity": "INFO"}
    assert one(event("aws.apprunner", "AppRunner Service Status Change", detail)).labels["severity"] == "warning"


def test_a_word_below_warning_of_an_unknown_kind_does_not_undo_the_topic(one: Any) -> None:
    value = event("aws.newservice", "New Thing", {"name": "x", "logLevel": "INFO"})
    assert one(value, "critical").labels["severity"] == "critical"


ORDERLY = {
    "lastStatus": "STOPPED",
    "group": "service:shop",
    "stopCode": "ServiceSchedulerInitiated",
    "stoppedReason": "Scaling activity initiated by (deployment ecs-svc/1)",
    "containers": [{"name": "app", "exitCode": 137}],
}


def test_a_task_that_a_deployment_replaced_is_info_by_any_topic(one: Any) -> None:
    assert one(event("aws.ecs", "ECS Task State Change", ORDERLY), "warning").labels["severity"] == "info"


def test_a_task_without_exit_codes_did_not_end_well(one: Any) -> None:
    detail = {
        "lastStatus": "STOPPED",
        "group": "family:nightly",
        "stopCode": "EssentialContainerExited",
        "containers": [{"name": "app"}],
    }
    assert one(event("aws.ecs", "ECS Task State Change", detail)).labels["severity"] == "warning"
