"""Events of many services in their documented states: no bad news as info, no end as a beginning, nothing unreadable.

A row is source, detail type, detail and what it has to be: `bad` news goes out as warning or worse, `good` news may be
info, `opens` and `ends` are the two sides of what lasts. Every row is tried on its own, as a text of SNS, within an SQS
record, and with its topic.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.alert import Alert
from alertrelay.sources import parse, unwrap

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ARN = "arn:aws:{}:eu-central-1:111122223333:thing/one"
Row = tuple[str, str, dict[str, Any], str]


def states(source: str, detail_type: str, key: str, more: dict[str, Any], **wanted: str) -> list[Row]:
    """Return a row a state: `bad="FAILED ABORTED"` and so on."""
    return [
        (source, detail_type, {**more, key: state}, want) for want, words in wanted.items() for state in words.split()
    ]


ROWS: list[Row] = [
    *states("aws.batch", "Batch Job State Change", "status", {"jobName": "etl", "jobId": "j-1"},
            bad="FAILED", good="SUCCEEDED RUNNING SUBMITTED RUNNABLE STARTING PENDING"),
    *states("aws.codebuild", "CodeBuild Build State Change", "build-status", {"project-name": "shop"},
            bad="FAILED FAULT TIMED_OUT STOPPED", good="SUCCEEDED IN_PROGRESS"),
    *states("aws.codepipeline", "CodePipeline Pipeline Execution State Change", "state",
            {"pipeline": "shop", "execution-id": "e-1"}, bad="FAILED", good="STARTED SUCCEEDED RESUMED"),
    *states("aws.codedeploy", "CodeDeploy Deployment State-change Notification", "state",
            {"deploymentId": "d-1", "application": "shop", "deploymentGroup": "prod"},
            bad="FAILURE", good="SUCCESS START READY"),
    *states("aws.states", "Step Functions Execution Status Change", "status",
            {"name": "x", "stateMachineArn": ARN.format("states"), "executionArn": ARN.format("states")},
            bad="FAILED TIMED_OUT ABORTED", good="SUCCEEDED RUNNING"),
    *states("aws.glue", "Glue Job State Change", "state", {"jobName": "etl", "jobRunId": "r", "message": "m"},
            bad="FAILED TIMEOUT STOPPED", good="SUCCEEDED"),
    *states("aws.glue", "Glue Crawler State Change", "state", {"crawlerName": "c"}, bad="Failed",
            good="Started Succeeded"),
    *states("aws.emr", "EMR Cluster State Change", "state", {"clusterId": "j-1", "name": "c", "severity": "INFO"},
            bad="TERMINATED_WITH_ERRORS"),
    *states("aws.emr", "EMR Step Status Change", "state", {"clusterId": "j-1", "name": "s", "severity": "ERROR"},
            bad="FAILED"),
    *states("aws.emr-serverless", "EMR Serverless Job Run State Change", "state",
            {"jobRunId": "r", "jobRunName": "etl", "applicationId": "a"}, bad="FAILED CANCELLED"),
    *states("aws.sagemaker", "SageMaker Training Job State Change", "TrainingJobStatus",
            {"TrainingJobName": "t", "FailureReason": "AlgorithmError: exit 1"}, bad="Failed"),
    *states("aws.sagemaker", "SageMaker Endpoint State Change", "EndpointStatus", {"EndpointName": "e"}, bad="FAILED"),
    *states("aws.backup", "Backup Job State Change", "state",
            {"backupJobId": "b", "resourceType": "RDS", "statusMessage": "m"},
            bad="FAILED ABORTED EXPIRED PARTIAL", good="COMPLETED CREATED RUNNING PENDING"),
    *states("aws.backup", "Restore Job State Change", "status", {"restoreJobId": "r"}, bad="FAILED ABORTED"),
    *states("aws.backup", "Copy Job State Change", "state", {"copyJobId": "c"}, bad="FAILED"),
    *states("aws.dms", "DMS Replication Task State Change", "eventType", {"detailMessage": "m", "category": "Failure"},
            bad="REPLICATION_TASK_FAILED"),
    *states("aws.datasync", "DataSync Task Execution State Change", "State", {}, bad="ERROR", good="SUCCESS"),
    *states("aws.transfer", "SFTP Server File Upload Failed", "status-code", {"failure-message": "m"}, bad="FAILED"),
    *states("aws.mediaconvert", "MediaConvert Job State Change", "status",
            {"jobId": "j", "errorMessage": "Unable to open input", "errorCode": 1404}, bad="ERROR CANCELED"),
    *states("aws.medialive", "MediaLive Channel Alert", "alarm_state",
            {"alert_type": "InputLost", "message": "No input", "channel_arn": ARN.format("medialive"), "alarm_id": "7"},
            opens="SET", ends="CLEARED"),
    *states("aws.ecs", "ECS Task State Change", "lastStatus",
            {"group": "service:shop", "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/main",
             "taskArn": "arn:aws:ecs:eu-central-1:111122223333:task/main/1", "stopCode": "EssentialContainerExited",
             "stoppedReason": "Essential container in task exited", "containers": [{"name": "app", "exitCode": 1}]},
            bad="STOPPED"),
    *states("aws.ecs", "ECS Deployment State Change", "eventName", {"eventType": "ERROR", "reason": "circuit breaker"},
            bad="SERVICE_DEPLOYMENT_FAILED"),
    *states("aws.ecs", "ECS Service Action", "eventName",
            {"eventType": "ERROR", "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/main"},
            bad="SERVICE_TASK_PLACEMENT_FAILURE SERVICE_TASK_START_IMPAIRED"),
    *states("aws.autoscaling", "EC2 Instance Launch Unsuccessful", "StatusMessage",
            {"AutoScalingGroupName": "web", "StatusCode": "Failed"}, bad="InsufficientInstanceCapacity"),
    *states("aws.ec2", "EBS Volume Notification", "result", {"event": "attachVolume", "cause": "c"}, bad="failed"),
    *states("aws.ec2", "EBS Snapshot Notification", "result", {"event": "createSnapshot", "cause": ""}, bad="failed"),
    *states("aws.ec2", "EC2 Spot Instance Interruption Warning", "instance-action", {"instance-id": "i-1"},
            bad="terminate stop"),
    *states("aws.cloudformation", "CloudFormation Stack Status Change", "s", {}, bad=""),
    *[("aws.cloudformation", "CloudFormation Stack Status Change",
       {"stack-id": ARN.format("cloudformation"), "status-details": {"status": state, "status-reason": "r"}}, want)
      for state, want in (("CREATE_FAILED", "bad"), ("ROLLBACK_COMPLETE", "bad"), ("UPDATE_ROLLBACK_FAILED", "bad"),
                          ("UPDATE_ROLLBACK_COMPLETE", "bad"), ("DELETE_FAILED", "bad"), ("CREATE_COMPLETE", "good"))],
    *states("aws.config", "Config Rules Compliance Change", "x",
            {"configRuleName": "s3-public", "resourceId": "b", "resourceType": "AWS::S3::Bucket",
             "newEvaluationResult": {"complianceType": "NON_COMPLIANT"}}, opens="1"),
    *states("aws.config", "Config Rules Compliance Change", "x",
            {"configRuleName": "s3-public", "resourceId": "b", "resourceType": "AWS::S3::Bucket",
             "newEvaluationResult": {"complianceType": "COMPLIANT"},
             "oldEvaluationResult": {"complianceType": "NON_COMPLIANT"}}, ends="1"),
    *states("aws.guardduty", "GuardDuty Finding", "type",
            {"id": "f", "severity": 8, "title": "t", "description": "d", "accountId": "111122223333"},
            bad="UnauthorizedAccess:EC2/SSHBruteForce Execution:S3/MaliciousFile"),
    *states("aws.inspector2", "Inspector2 Finding", "status",
            {"severity": "CRITICAL", "title": "CVE-2024-3094", "findingArn": ARN.format("inspector2")},
            opens="ACTIVE", ends="CLOSED"),
    *states("aws.macie", "Macie Finding", "type", {"id": "m", "severity": {"description": "High"}, "title": "t"},
            bad="SensitiveData:S3Object/Credentials"),
    *states("aws.access-analyzer", "Access Analyzer Finding", "status",
            {"id": "a", "resource": ARN.format("s3"), "isPublic": True}, opens="ACTIVE", ends="RESOLVED"),
    *states("aws.kms", "KMS CMK Deletion", "key-id", {}, bad="k-1"),
    *states("aws.kms", "KMS Imported Key Material Expiration", "key-id", {}, bad="k-1"),
    *states("aws.acm", "ACM Certificate Approaching Expiration", "DaysToExpiry", {"CommonName": "example.com"},
            bad="7"),
    *states("aws.acm", "ACM Certificate Expired", "CommonName", {}, bad="example.com"),
    *states("aws.secretsmanager", "AWS API Call via CloudTrail", "eventName",
            {"eventSource": "secretsmanager.amazonaws.com", "errorCode": "AccessDenied"}, bad="RotateSecret"),
    *states("aws.signin", "AWS Console Sign In via CloudTrail", "eventName",
            {"userIdentity": {"type": "Root"}, "responseElements": {"ConsoleLogin": "Failure"}}, bad="ConsoleLogin"),
    *states("aws.trustedadvisor", "Trusted Advisor Check Item Refresh Notification", "status",
            {"check-name": "MFA on Root", "resource_id": "root", "check-item-detail": {"Status": "x"}},
            opens="ERROR WARN", ends="OK"),
    *states("aws.devops-guru", "DevOps Guru New Insight Open", "insightSeverity", {"insightId": "i"}, opens="high"),
    *states("aws.devops-guru", "DevOps Guru Insight Closed", "insightSeverity", {"insightId": "i"}, ends="high"),
    *states("aws.synthetics", "Synthetics Canary TestRun Failure", "test-run-status", {"canary-name": "c"},
            opens="FAILED"),
    *states("aws.synthetics", "Synthetics Canary TestRun Successful", "test-run-status", {"canary-name": "c"},
            ends="PASSED"),
    *states("aws.ssm-incidents", "Incident Manager Incident", "x", {"title": "t"}, bad=""),
    *states("aws.storagegateway", "Storage Gateway State Change", "state", {"gateway-name": "g"}, bad="unavailable"),
    *states("aws.fsx", "FSx File System State Change", "lifecycle", {}, bad="FAILED MISCONFIGURED"),
    *states("aws.redshift", "Redshift Cluster Event", "Message", {"EventSeverity": "ERROR"}, bad="failed"),
    *states("aws.opensearch", "Amazon OpenSearch Service Cluster Status Notification", "status",
            {"event": "Red Cluster", "description": "d", "severity": "High"}, bad="Started"),
    *states("aws.elasticbeanstalk", "Health status change", "Status", {"EnvironmentName": "e", "Severity": "ERROR"},
            bad="Severe Degraded"),
    *states("aws.mwaa", "Apache Airflow Environment State Change", "status", {"name": "m"}, bad="CREATE_FAILED"),
    *states("aws.apprunner", "AppRunner Service Operation Status Change", "operationStatus", {"serviceName": "s"},
            bad="DeploymentFailed UpdateServiceFailed"),
    *states("aws.ivs", "IVS Stream Health Change", "event_name", {"channel_name": "c"}, bad="Starvation_Start"),
    *states("aws.iot", "IoT Thing Connectivity", "eventType", {"clientId": "t"}, bad="disconnected"),
    *states("aws.ses", "Email Bounced", "eventType", {"mail": {"destination": ["a@example.com"]}}, bad="Bounce"),
    *states("aws.vpn", "VPN Tunnel Status", "status", {"tunnel": "1"}, bad="DOWN"),
    *states("aws.directconnect", "Direct Connect BGP Status", "status", {}, bad="down"),
    *states("aws.networkmanager", "Network Manager Routing Update", "changeType", {}, bad="VPN-CONNECTION-BGP-DOWN"),
    *states("aws.health", "AWS Health Event", "statusCode",
            {"service": "RDS", "eventTypeCategory": "issue", "eventTypeCode": "AWS_RDS_OPERATIONAL_ISSUE",
             "eventArn": "arn:aws:health:eu-central-1::event/RDS/X/1", "startTime": "Fri, 20 Nov 2026 08:00:00 GMT",
             "eventDescription": [{"language": "en_US", "latestDescription": "d"}]}, bad="open"),
    *states("aws.newservice", "New Resource State Change", "state", {"name": "n"},
            bad="FAILED DOWN IMPAIRED DEGRADED UNAVAILABLE ERROR STOPPED CRASHED THROTTLED EXPIRED DENIED LOST "
            "REJECTED"),
    *states("aws.newservice", "New Scan State Change", "state", {"scanResult": {"status": "THREATS_FOUND"}},
            bad="COMPLETED"),
    *states("com.example.shop", "OrderFailed", "reason", {"orderId": "o"}, bad="timeout"),
    *states("aws.partner/datadog.com/x", "Datadog Alert Notification", "alert_transition",
            {"alert_type": "error", "title": "t", "id": "1"}, bad="Triggered"),
]  # fmt: skip


def event(row: Row) -> dict[str, Any]:
    source, detail_type, detail, _ = row
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": detail_type,
        "source": source,
        "account": "111122223333",
        "time": "2026-11-20T08:58:00Z",
        "region": "eu-central-1",
        "resources": [ARN.format(source.rpartition(".")[2])],
        "detail": detail,
    }


def by_sns(value: Any, topic: str = "") -> dict[str, Any]:
    arn = f"arn:aws:sns:eu-central-1:111122223333:alertrelay-prod-{topic or 'other'}"
    text = value if isinstance(value, str) else json.dumps(value)
    sns = {"Type": "Notification", "MessageId": "m", "TopicArn": arn, "Message": text}
    return {"Records": [{"EventSource": "aws:sns", "Sns": {**sns, "Timestamp": "2026-11-20T08:58:01.000Z"}}]}


def one(value: Any) -> Alert:
    found = [alert for envelope in unwrap(value) for alert in parse(envelope, received_at=NOW).alerts]
    assert len(found) == 1
    return found[0]


IDS = [f"{row[1]} {'-'.join(map(str, row[2].values()))[-24:]}" for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_each_state_is_what_it_is(row: Row) -> None:
    alert, want = one(by_sns(event(row))), row[3]
    severity = alert.labels.get("severity", "")
    assert alert.source != "raw"
    assert any(map(str.isalpha, alert.annotations["summary"]))
    if want == "bad":
        assert alert.status == "firing"
        assert severity in ("warning", "error", "critical"), alert.annotations["summary"]
    if want == "good":
        assert severity in ("info", "warning")
    if want == "opens":
        assert (alert.kind, alert.status) == ("alert", "firing")
        assert severity in ("warning", "error", "critical")
    if want == "ends":
        assert (alert.kind, alert.status) == ("alert", "resolved")


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_no_state_is_lowered_below_its_topic(row: Row) -> None:
    for topic in ("critical", "warning"):
        assert one(by_sns(event(row), topic)).labels["severity"] in ("critical", topic, "error")


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_each_arrives_by_every_way(row: Row) -> None:
    direct = one(by_sns(event(row)))
    queued = {"Records": [{"messageId": "q", "eventSource": "aws:sqs", "body": json.dumps(event(row))}]}
    for way in (queued, event(row), by_sns({"default": json.dumps(event(row))})):
        found = one(way)
        assert (found.labels["alertname"], found.status, found.annotations["summary"]) == (
            direct.labels["alertname"],
            direct.status,
            direct.annotations["summary"],
        )


def test_what_ends_has_the_identity_of_what_opened_it() -> None:
    opened = {(row[0], one(by_sns(event(row))).state_key) for row in ROWS if row[3] == "opens"}
    ended = {(row[0], one(by_sns(event(row))).state_key) for row in ROWS if row[3] == "ends"}
    assert ended <= opened
