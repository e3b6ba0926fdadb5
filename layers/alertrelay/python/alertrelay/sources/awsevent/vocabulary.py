"""The names under which the events of AWS, and of most others, have what a person asks for."""

from __future__ import annotations

from collections.abc import Mapping

NAMES: tuple[str, ...] = (
    "name", "resourceName", "serviceName", "environmentName", "jobRunName", "displayName", "monitorName",
    "canary-name", "gatewayName", "check-name", "resourceId", "instance-id", "instanceId", "clusterName",
    "dbClusterIdentifier", "jobName", "functionName", "workflow", "pipeline", "project-name", "application",
    "applicationName", "repository-name", "repositoryName", "bucket.name", "bucketName", "queueName", "topicName",
    "ruleName", "alarmName", "domainName", "volume", "volumeId", "snapshot_id", "snapshotId", "streamName",
    "tableName", "stackName", "file-path", "stack-id", "resourceArn", "resource", "arn", "title", "subject", "id",
)  # fmt: skip

STATES: tuple[str, ...] = (
    "state", "status", "state-name", "state.value", "state.name", "state.code", "status.state", "currentState",
    "currentStatus", "lastStatus", "newState", "newStatus", "currentServiceStatus", "test-run-status",
    "operationStatus", "status-code", "alarm_state", "targetHealth", "healthStatus", "lifecycle", "changeType",
    "readiness-status", "new-state.readiness-status", "new-state", "executionStatus", "jobStatus", "build-status",
    "result",
)  # fmt: skip
ACTS: tuple[str, ...] = ("eventName", "eventType", "event", "action", "operation", "outcome", "type")
"""Names that have a state where it is one word: SERVICE_STEADY_STATE, but not "Opened Qubits", which is a title."""

REASONS: tuple[str, ...] = (
    "reason", "statusReason", "stateReason", "status-reason", "state-reason", "stateDetails", "state-details",
    "stateChangeReason", "stoppedReason", "failureReason", "failure-reason", "failureMessage", "errorMessage",
    "error-message", "error-info", "failure-message", "failure-code", "container.reason", "cause",
    "errorInformation.errorMessage", "errorDetails", "error", "status-message", "statusMessage", "detailedMessage",
    "detailMessage", "changeDescription", "insightDescription", "message", "description", "summary", "details",
    "errorCode",
)  # fmt: skip

RESULTS: tuple[str, ...] = (
    "result", "resultstatus", "outcome", "changetype", "error", "errorcode", "errormessage", "failurereason",
    "failuremessage", "statusmessage", "reason", "cause",
)  # fmt: skip
"""Endings of the names of what a state leaves open: a scan is COMPLETED, and its `scanResultStatus` THREATS_FOUND."""

LINKS: tuple[str, ...] = (
    "deep-link", "consoleLink", "console-link", "insightUrl", "url", "link", "additional-information.logs.deep-link",
)  # fmt: skip

# The labels that CloudWatch's alarms of the same service carry, so that one route takes both.
NAMESPACES: Mapping[str, str] = {
    "autoscaling": "AWS/AutoScaling",
    "backup": "AWS/Backup",
    "codebuild": "AWS/CodeBuild",
    "dms": "AWS/DMS",
    "docdb": "AWS/DocDB",
    "ebs": "AWS/EBS",
    "ec2": "AWS/EC2",
    "ecr": "AWS/ECR",
    "ecs": "AWS/ECS",
    "eks": "AWS/EKS",
    "elasticache": "AWS/ElastiCache",
    "glue": "AWS/Glue",
    "lambda": "AWS/Lambda",
    "neptune": "AWS/Neptune",
    "rds": "AWS/RDS",
    "redshift": "AWS/Redshift",
    "s3": "AWS/S3",
    "ses": "AWS/SES",
    "states": "AWS/States",
}

# Where the console's page of a service is not /<service>/home. What is in neither has the console's own.
HOMES: Mapping[str, str] = {
    "access-analyzer": "/access-analyzer/home", "acm": "/acm/home", "apprunner": "/apprunner/home",
    "athena": "/athena/home", "autoscaling": "/ec2/home", "backup": "/backup/home", "batch": "/batch/home",
    "cloudformation": "/cloudformation/home", "cloudwatch": "/cloudwatch/home",
    "codebuild": "/codesuite/codebuild/projects", "codecommit": "/codesuite/codecommit/repositories",
    "codedeploy": "/codesuite/codedeploy/applications", "codepipeline": "/codesuite/codepipeline/pipelines",
    "config": "/config/home", "datasync": "/datasync/home", "devops-guru": "/devops-guru/home", "dms": "/dms/v2/home",
    "docdb": "/docdb/home", "ebs": "/ec2/home", "ec2": "/ec2/home", "ecr": "/ecr/home", "ecs": "/ecs/v2/home",
    "eks": "/eks/home", "elasticache": "/elasticache/home", "elasticbeanstalk": "/elasticbeanstalk/home",
    "emr": "/emr/home", "emr-serverless": "/emr/home", "events": "/events/home", "glue": "/glue/home",
    "guardduty": "/guardduty/home", "inspector2": "/inspector/v2/home", "internetmonitor": "/cloudwatch/home",
    "kms": "/kms/home", "lambda": "/lambda/home", "macie": "/macie/home", "neptune": "/neptune/home",
    "networkmanager": "/networkmanager/home", "rds": "/rds/home", "redshift": "/redshiftv2/home", "s3": "/s3/home",
    "sagemaker": "/sagemaker/home", "securityhub": "/securityhub/home", "ses": "/ses/home",
    "ssm": "/systems-manager/home", "ssm-incidents": "/systems-manager/incidents/home", "states": "/states/home",
    "storagegateway": "/storagegateway/home", "synthetics": "/cloudwatch/home",
    "trustedadvisor": "/trustedadvisor/home",
}  # fmt: skip
