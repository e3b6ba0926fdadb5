"""Events that were once read wrongly, and what each has to become: severity, name and sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alertrelay.alert import Alert
from alertrelay.sources import parse, unwrap

FOLDER = Path(__file__).parent / "faults"
NOW = datetime(2026, 6, 10, 13, 0, tzinfo=UTC)


def fault(name: str, topic: str = "") -> Alert:
    """The only alert of a file, as a topic of ours would bring it."""
    value = json.loads((FOLDER / f"{name}.json").read_text())
    if topic:
        arn = f"arn:aws:sns:us-east-1:123456789012:alertrelay-prod-{topic}"
        value = {"Records": [{"Sns": {"Message": json.dumps(value), "MessageId": name, "TopicArn": arn}}]}
    ((alert,),) = [parse(envelope, received_at=NOW).alerts for envelope in unwrap(value)]
    return alert


CASES: dict[str, tuple[str, str, str]] = {
    "kind-08-rds-0007-storage-exhausted": (
        "critical",
        "RDSInstanceLowStorage",
        "RDS instance orders-db: The allocated storage for the DB instance has been consumed.",
    ),
    "kind-10-rds-0031-failed-incompat": (
        "critical",
        "RDSInstanceFailure",
        "RDS instance orders-db: DB instance put into incompatible-parameters state",
    ),
    "kind-13-rds-0069-cluster-failover-failed": (
        "critical",
        "RDSClusterFailover",
        "RDS cluster orders-cluster: Cluster failover failed",
    ),
    "kind-21-ec-sns-failover": (
        "warning",
        "ElastiCacheFailoverComplete",
        "ElastiCache sessions: failover complete",
    ),
    "kind-27-ecs-deploy-rollback": (
        "warning",
        "ECSServiceDeploymentRollback",
        "ECS service servicetest in cluster default: deployment in progress. ECS deployment circuit breaker: rolling",
    ),
    "kind-30-ecs-task-elb-unhealthy": (
        "warning",
        "ECSTaskFailed",
        "A task of ECS service checkout in cluster main stopped: Task failed ELB health checks",
    ),
    "kind-33-ecs-task-health": (
        "warning",
        "ECSTaskStopped",
        "A task of ECS service checkout in cluster main stopped: Task failed container health checks",
    ),
    "kind-49-trusted-advisor-error": (
        "error",
        "TrustedAdvisorCheck",
        "Trusted Advisor: Security Groups - Unrestricted Access is ERROR for sg-0abc123def456 (Port: 22",
    ),
    "kind-57-batch-failed": (
        "warning",
        "BatchJobFailed",
        "Batch job nightly-etl: failed. OutOfMemoryError: Container killed due to memory usage",
    ),
    "kind-67-mwaa-log-less-emr-serverless": (
        "warning",
        "EMRServerlessJobRunFailed",
        "EMR Serverless job run etl: failed. Job failed, please check complete logs",
    ),
    "kind-68-apprunner-failed": ("error", "AppRunnerServiceCreateFailed", "App Runner service my-app: create failed"),
    "kind-69-synthetics-failed": (
        "warning",
        "SyntheticsCanaryTestRunFailure",
        "Synthetics canary checkout-canary: failed. TimeoutError: Navigation timeout of 30000 ms exceeded",
    ),
    "kind-80-backup-scan-threats": (
        "warning",
        "BackupScanThreatsFound",
        "Backup scan of i-0515aee7de03f58e1: threats found (us-west-2)",
    ),
    "news-01-networkmanager-ipsec-down": (
        "warning",
        "NetworkManagerVpnConnectionIpsec",
        "Network Manager vpn-1/198.51.100.3: VPN-CONNECTION-IPSEC-DOWN. IPsec for a VPN connection has gone down.",
    ),
    "news-03-internetmonitor-health-event-created": (
        "warning",
        "InternetMonitorHealthEvent",
        "Internet Monitor web: health event active, availability, 11.4 % of all traffic",
    ),
    "news-05-batch-queue-blocked": (
        "warning",
        "BatchJobQueueBlocked",
        "Batch job queue blocked by job nightly-etl: runnable. MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    ),
    "news-20-ssm-parameter-expiration": (
        "warning",
        "SSMParameterExpiration",
        "SSM parameter db-password: The parameter will be expired in 3 days",
    ),
    "news-28-storagegateway-unavailable": (
        "warning",
        "StorageGatewayStateChange",
        "Storage Gateway State Change gw1: unavailable",
    ),
    "news-31-undeliverable": ("warning", "DeliveryStatus", "aws.ses: Delivery status x: undeliverable"),
    "news-50-iot-disconnected": ("critical", "SSMIncident", "Incident Checkout down: open"),
    "18-health-empty-detail": ("warning", "AWSHealthEvent", "AWS Health event: no details were sent"),
    "19-dms-raw-newline": (
        "warning",
        "DMSTaskFailed",
        "DMS task orders: Replication task has failed. Reason: Error in mapping rules.",
    ),
    "04a-sechub-critical-bucket-a": (
        "critical",
        "SecurityHubFinding",
        "Security Hub finding (CRITICAL): CRITICAL finding aaa on bucket-a",
    ),
    "04b-sechub-medium-bucket-b": (
        "warning",
        "SecurityHubFinding",
        "Security Hub finding (MEDIUM): MEDIUM finding bbb on bucket-b",
    ),
}


@pytest.mark.parametrize(("name", "severity", "alertname", "summary"), [(name, *case) for name, case in CASES.items()])
def test_what_was_read_wrongly_is_read_as_a_person_would(
    name: str, severity: str, alertname: str, summary: str
) -> None:
    found = fault(name)
    assert found.annotations["summary"].startswith(summary)
    assert (found.labels["severity"], found.labels["alertname"]) == (severity, alertname)


@pytest.mark.parametrize(
    "name", [name for name in CASES if name.startswith(("news-", "kind-80", "kind-27", "kind-30"))]
)
def test_what_comes_by_the_critical_topic_stays_critical(name: str) -> None:
    assert fault(name, "critical").labels["severity"] == "critical"


def test_a_sentence_of_success_is_not_the_reason_of_a_failure() -> None:
    assert "generated successfully" not in fault("kind-69-synthetics-failed").annotations["summary"]
    assert "successful" not in fault("kind-80-backup-scan-threats").annotations["summary"]


def test_a_task_that_says_why_it_was_stopped_is_not_guessed_to_lack_memory() -> None:
    found = fault("kind-30-ecs-task-elb-unhealthy")
    assert "memory" not in found.annotations["summary"]
    assert found.annotations["reason"].startswith("Task failed ELB health checks")


def test_a_name_is_no_hash_where_the_event_has_a_better_one() -> None:
    assert fault("kind-68-apprunner-failed").labels["resource"] == "my-app"


def test_two_findings_have_resources_that_matchers_can_tell_apart() -> None:
    first, second = fault("04a-sechub-critical-bucket-a"), fault("04b-sechub-medium-bucket-b")
    assert (first.labels["resource"], second.labels["resource"]) == ("arn:aws:s3:::bucket-a", "arn:aws:s3:::bucket-b")
    assert first.state_key != second.state_key


def test_each_page_of_a_health_event_stands_by_itself() -> None:
    first, second = fault("kind-35-health-page1"), fault("kind-36-health-page2")
    assert first.state_key != second.state_key
    assert "(page 1 of 2)" in first.annotations["summary"]
    assert "(page 2 of 2)" in second.annotations["summary"]
    assert first.annotations["affected"] == "i-00000000000000000, i-00000000000000001, i-00000000000000002"
    assert second.annotations["affected"] == "i-00000000000000064, i-00000000000000065, i-00000000000000066"


def test_a_health_event_without_an_id_has_no_link_to_it() -> None:
    assert fault("18-health-empty-detail").generator_url == ""


def test_a_link_with_a_line_break_ends_before_it() -> None:
    link = fault("19-dms-raw-newline").generator_url
    assert link == "https://console.aws.amazon.com/dms/home?region=us-east-1#tasks:ids=orders"


def test_an_insight_that_closes_ends_the_one_that_opened() -> None:
    opened, closed = fault("kind-47-devopsguru-open"), fault("kind-48-devopsguru-closed")
    assert (opened.kind, opened.status, closed.status) == ("alert", "firing", "resolved")
    assert opened.state_key == closed.state_key
    assert opened.labels["alertname"] == closed.labels["alertname"]
    assert opened.generator_url.endswith("/insight/reactive/AIYH")
