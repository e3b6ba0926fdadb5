"""AWS's events by EventBridge: what each kind becomes."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT, REGION = "111122223333", "eu-central-1"
ARN = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:"


def arn(service: str, resource: str) -> str:
    return ARN.format(service) + resource


def event(source: str, detail_type: str, detail: Any, *resources: str, **fields: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": "2026-11-20T08:58:00Z",
        "region": REGION,
        "resources": list(resources),
        "detail": detail,
        **fields,
    }


SERVICE = arn("ecs", "service/main/checkout")
DEPLOYMENT = {
    "eventType": "INFO",
    "eventName": "SERVICE_DEPLOYMENT_COMPLETED",
    "deploymentId": "ecs-svc/1",
    "reason": "y",
}
CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "RDS failover": (
        event(
            "aws.rds",
            "RDS DB Instance Event",
            {
                "EventCategories": ["failover"],
                "SourceType": "DB_INSTANCE",
                "SourceIdentifier": "orders-db",
                "Message": "Multi-AZ instance failover started.",
                "EventID": "RDS-EVENT-0013",
            },
        ),
        "RDSInstanceFailover",
        "warning",
        "RDS instance orders-db: Multi-AZ instance failover started. (eu-central-1)",
    ),
    "RDS backup": (
        event(
            "aws.rds",
            "RDS DB Cluster Event",
            {
                "EventCategories": ["backup"],
                "SourceType": "CLUSTER",
                "SourceArn": arn("rds", "cluster:c1"),
                "Message": "x",
            },
        ),
        "RDSClusterBackup",
        "info",
        "RDS cluster c1: x (eu-central-1)",
    ),
    "DMS": (
        event(
            "aws.dms",
            "DMS Replication Task State Change",
            {
                "eventType": "REPLICATION_TASK_FAILED",
                "type": "REPLICATION_TASK",
                "detailMessage": "Last error: timeout.",
            },
            arn("dms", "task:ABC"),
        ),
        "DMSTaskFailed",
        "warning",
        "DMS task ABC: Last error: timeout. (eu-central-1)",
    ),
    "ECS deployment failed": (
        event(
            "aws.ecs",
            "ECS Deployment State Change",
            {
                **DEPLOYMENT,
                "eventType": "ERROR",
                "eventName": "SERVICE_DEPLOYMENT_FAILED",
                "reason": "ECS deployment circuit breaker: tasks failed to start.",
            },
            SERVICE,
        ),
        "ECSServiceDeploymentFailed",
        "warning",
        "ECS service checkout in cluster main: deployment failed. ECS deployment circuit breaker",
    ),
    "ECS deployment completed": (
        event("aws.ecs", "ECS Deployment State Change", DEPLOYMENT, SERVICE),
        "ECSServiceDeploymentCompleted",
        "info",
        "ECS service checkout in cluster main: deployment completed. y",
    ),
    "ECS cannot place": (
        event(
            "aws.ecs",
            "ECS Service Action",
            {
                "eventType": "ERROR",
                "eventName": "SERVICE_TASK_PLACEMENT_FAILURE",
                "clusterArn": arn("ecs", "cluster/main"),
                "reason": "RESOURCE:FARGATE",
            },
            arn("ecs", "service/checkout"),
        ),
        "ECSServiceTaskPlacementFailure",
        "warning",
        "ECS service checkout in cluster main: task placement failure. RESOURCE:FARGATE",
    ),
    "EC2 running": (
        event("aws.ec2", "EC2 Instance State-change Notification", {"instance-id": "i-0abc", "state": "running"}),
        "EC2InstanceRunning",
        "info",
        "EC2 instance i-0abc: running (eu-central-1)",
    ),
    "EC2 stopped": (
        event("aws.ec2", "EC2 Instance State-change Notification", {"instance-id": "i-0abc", "state": "stopped"}),
        "EC2InstanceStopped",
        "warning",
        "EC2 instance i-0abc: stopped (eu-central-1)",
    ),
    "spot": (
        event(
            "aws.ec2",
            "EC2 Spot Instance Interruption Warning",
            {"instance-id": "i-0abc", "instance-action": "terminate"},
        ),
        "EC2SpotInterruption",
        "warning",
        "EC2 Spot instance i-0abc will be interrupted in two minutes (terminate)",
    ),
    "Auto Scaling launch": (
        event(
            "aws.autoscaling",
            "EC2 Instance Launch Successful",
            {"AutoScalingGroupName": "web", "EC2InstanceId": "i-0abc", "Cause": "At 08:57 a user request."},
        ),
        "AutoScalingLaunchSuccessful",
        "info",
        "Auto Scaling group web: launched instance i-0abc. At 08:57 a user request.",
    ),
    "Auto Scaling failure": (
        event(
            "aws.autoscaling",
            "EC2 Instance Launch Unsuccessful",
            {"AutoScalingGroupName": "web", "StatusMessage": "No capacity.", "EC2InstanceId": ""},
        ),
        "AutoScalingLaunchUnsuccessful",
        "warning",
        "Auto Scaling group web: failed to launch instance. No capacity.",
    ),
    "CodeBuild failed": (
        event(
            "aws.codebuild",
            "CodeBuild Build State Change",
            {"build-status": "FAILED", "project-name": "shop-api", "additional-information": {"initiator": "jo"}},
        ),
        "CodeBuildBuildFailed",
        "warning",
        "CodeBuild build of shop-api: failed (eu-central-1)",
    ),
    "CodeBuild succeeded": (
        event(
            "aws.codebuild", "CodeBuild Build State Change", {"build-status": "SUCCEEDED", "project-name": "shop-api"}
        ),
        "CodeBuildBuildSucceeded",
        "info",
        "CodeBuild build of shop-api: succeeded",
    ),
    "CodeDeploy": (
        event(
            "aws.codedeploy",
            "CodeDeploy Deployment State-change Notification",
            {"application": "shop", "deploymentGroup": "prod", "deploymentId": "d-1", "state": "FAILURE"},
        ),
        "CodeDeployDeploymentFailure",
        "warning",
        "CodeDeploy deployment of shop/prod: failure",
    ),
    "CodePipeline": (
        event(
            "aws.codepipeline",
            "CodePipeline Stage Execution State Change",
            {"pipeline": "shop", "stage": "Deploy", "state": "FAILED", "execution-id": "x"},
        ),
        "CodePipelineFailed",
        "warning",
        "CodePipeline shop/Deploy: failed",
    ),
    "CloudFormation": (
        event(
            "aws.cloudformation",
            "CloudFormation Stack Status Change",
            {
                "stack-id": arn("cloudformation", "stack/shop/1-2"),
                "status-details": {"status": "UPDATE_ROLLBACK_COMPLETE", "status-reason": "no"},
            },
        ),
        "CloudFormationStackUpdateRollbackComplete",
        "warning",
        "CloudFormation stack shop: update rollback complete. no",
    ),
    "Glue": (
        event("aws.glue", "Glue Job State Change", {"jobName": "etl", "state": "TIMEOUT", "message": "It took 1 h."}),
        "GlueJobTimeout",
        "warning",
        "Glue job etl: timeout. It took 1 h.",
    ),
    "Step Functions": (
        event(
            "aws.states",
            "Step Functions Execution Status Change",
            {
                "stateMachineArn": arn("states", "stateMachine:billing"),
                "executionArn": arn("states", "execution:billing:42"),
                "name": "42",
                "status": "FAILED",
                "cause": "no money",
            },
        ),
        "StepFunctionsExecutionFailed",
        "warning",
        "Step Functions execution of billing: failed. no money",
    ),
    "Batch": (
        event("aws.batch", "Batch Job State Change", {"jobName": "nightly", "status": "FAILED", "statusReason": "OOM"}),
        "BatchJobFailed",
        "warning",
        "Batch job nightly: failed. OOM",
    ),
    "S3": (
        event("aws.s3", "Object Created", {"bucket": {"name": "b"}, "object": {"key": "k"}, "reason": "PutObject"}),
        "S3BucketPutObject",
        "info",
        "S3 bucket b: PutObject. k",
    ),
    "SSM automation": (
        event(
            "aws.ssm",
            "EC2 Automation Execution Status-change Notification",
            {"ExecutionId": "e-1", "Definition": "Restart", "Status": "TimedOut"},
        ),
        "SSMAutomationTimedOut",
        "warning",
        "SSM automation Restart: TimedOut",
    ),
    "SSM parameter": (
        event("aws.ssm", "Parameter Store Change", {"operation": "Update", "name": "/shop/key", "type": "String"}),
        "SSMParameterUpdate",
        "info",
        "SSM parameter /shop/key: update",
    ),
    "maintenance window": (
        event(
            "aws.ssm",
            "Maintenance Window Execution State-change Notification",
            {"window-id": "mw-1", "status": "FAILED", "window-execution-id": "x"},
        ),
        "SSMMaintenanceWindowFailed",
        "warning",
        "SSM maintenance window mw-1: failed",
    ),
    "Trusted Advisor": (
        event(
            "aws.trustedadvisor",
            "Trusted Advisor Check Item Refresh Notification",
            {"check-name": "Service Limits", "status": "ERROR", "resource_id": "", "uuid": "u"},
        ),
        "TrustedAdvisorCheck",
        "error",
        "Trusted Advisor: Service Limits is ERROR",
    ),
    "backup": (
        event(
            "aws.backup",
            "Backup Job State Change",
            {"backupJobId": "j", "state": "FAILED", "resourceArn": arn("rds", "db:orders-db"), "statusMessage": "IAM"},
        ),
        "BackupJobFailed",
        "warning",
        "Backup job of orders-db: failed. IAM",
    ),
    "schedule": (
        event("aws.events", "Scheduled Event", {}, arn("events", "rule/nightly")),
        "Schedule",
        "info",
        "Schedule nightly (eu-central-1)",
    ),
    "Glue says how bad": (
        event("aws.glue", "Glue Job State Change", {"jobName": "etl", "state": "FAILED", "severity": "ERROR"}),
        "GlueJobFailed",
        "error",
        "Glue job etl: failed",
    ),
    "Inspector scan of an instance": (
        event(
            "aws.inspector2",
            "Inspector2 Scan",
            {
                "scan-status": "INITIAL_SCAN_COMPLETE",
                "finding-severity-counts": {"CRITICAL": 0, "HIGH": 2},
                "instance-id": "i-0abc",
            },
        ),
        "InspectorScan",
        "warning",
        "Scan of i-0abc: 2 high",
    ),
    "malware": (
        event(
            "aws.guardduty",
            "GuardDuty Malware Protection Object Scan Result",
            {
                "s3ObjectDetails": {"bucketName": "b", "objectKey": "k"},
                "scanResultDetails": {"scanResultStatus": "THREATS_FOUND", "threats": [{"name": "EICAR"}]},
            },
        ),
        "GuardDutyMalwareScanThreatsFound",
        "warning",
        "GuardDuty malware scan of b/k: threats found. EICAR",
    ),
    "a notification rule's pipeline": (
        {
            **event("aws.codepipeline", "", {"pipeline": "shop", "state": "FAILED"}),
            "detail-type": None,
            "detailType": "CodePipeline Pipeline Execution State Change",
            "additionalAttributes": {"failedActions": [{"action": "Deploy", "additionalInformation": "no rights"}]},
        },
        "CodePipelineFailed",
        "warning",
        "CodePipeline shop: failed. no rights",
    ),
    "keys that nobody has seen": (
        event(
            "aws.monitoring",
            "Probe Run Failure",
            {"probe-name": "login", "probe-run-status": "FAILED", "message": "a click timed out"},
        ),
        "ProbeRunFailure",
        "warning",
        "aws.monitoring: Probe Run Failure login: failed. a click timed out",
    ),
    "an unknown kind of AWS": (
        event("aws.voiceid", "VoiceId Batch Fraudster Job", {"jobStatus": "FAILED", "jobName": "x"}),
        "VoiceIdBatchFraudsterJob",
        "warning",
        "VoiceId Batch Fraudster Job x: failed",
    ),
    "somebody's own": (
        event("com.example.shop", "Order Stuck", {"orderId": "42", "message": "waits"}),
        "OrderStuck",
        "warning",
        "com.example.shop: Order Stuck 42: waits",
    ),
}


@pytest.mark.parametrize(("value", "alertname", "severity", "summary"), CASES.values(), ids=CASES.keys())
def test_an_event_says_what_where_and_how_bad(
    parsed: Any, value: dict[str, Any], alertname: str, severity: str, summary: str
) -> None:
    result = parsed(value)
    (alert,) = result.alerts
    assert (result.source, alert.source, alert.kind, alert.status) == ("aws-event", "aws-event", "event", "firing")
    assert alert.annotations["summary"].startswith(summary)
    assert (alert.labels["alertname"], alert.labels["severity"]) == (alertname, severity)
    assert (alert.labels["account_id"], alert.labels["region"]) == (ACCOUNT, REGION)
    assert alert.generator_url.startswith("https://") == value["source"].startswith("aws.")
