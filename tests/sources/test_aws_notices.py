"""What AWS's services publish to SNS without EventBridge."""

from __future__ import annotations

from typing import Any

import pytest

BUDGET = """AWS Budget Notification November 20, 2026
AWS Account 111122223333

Dear AWS Customer,

You requested that we alert you when the ACTUAL Cost associated with your shop-monthly budget is greater than $80.00.

Budget Name: shop-monthly
Budget Type: Cost
Budgeted Amount: $100.00
Alert Type: ACTUAL
Alert Threshold: > $80.00
ACTUAL Amount: $91.20

[1] https://console.aws.amazon.com/billing/home#/budgets
"""
STACK = """StackId='arn:aws:cloudformation:eu-central-1:111122223333:stack/shop/0a1b'
Timestamp='2026-11-20T08:58:00.123Z'
EventId='DB-CREATE_FAILED-1'
LogicalResourceId='DB'
Namespace='111122223333'
PhysicalResourceId=''
ResourceProperties='{"a":"it's
here"}'
ResourceStatus='CREATE_FAILED'
ResourceStatusReason='Resource handler returned message: "no such subnet"'
ResourceType='AWS::RDS::DBInstance'
StackName='shop'
ClientRequestToken='null'
"""
RDS = {
    "Event Source": "db-instance",
    "Event Time": "2026-11-20 08:58:00.123",
    "Identifier Link": "https://console.aws.amazon.com/rds/home?region=eu-central-1#dbinstance:id=orders-db",
    "Source ID": "orders-db",
    "Event ID": "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#RDS-EVENT-0031",
    "Event Message": "DB instance put into failed state.",
}
SCALING = {
    "AutoScalingGroupName": "web",
    "AutoScalingGroupARN": "arn:aws:autoscaling:eu-central-1:111122223333:autoScalingGroup:u:autoScalingGroupName/web",
    "Service": "AWS Auto Scaling",
    "Event": "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "StatusCode": "Failed",
    "StatusMessage": "We have no capacity.",
    "ActivityId": "a-1",
    "AccountId": "111122223333",
}
BOUNCE = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "jane@example.com", "diagnosticCode": "smtp; 550 no such user"}],
        "feedbackId": "f-1",
    },
    "mail": {
        "source": "shop@example.com",
        "sourceArn": "arn:aws:ses:eu-central-1:111122223333:identity/example.com",
        "messageId": "m-1",
        "destination": ["jane@example.com"],
    },
}
S3 = {
    "Records": [
        {
            "eventSource": "aws:s3",
            "awsRegion": "eu-central-1",
            "eventTime": "2026-11-20T08:58:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "b"}, "object": {"key": "a+b%2Fc.txt", "size": 3, "sequencer": "1"}},
        }
    ]
}
CODEDEPLOY = {
    "region": "eu-central-1",
    "accountId": "111122223333",
    "applicationName": "shop",
    "deploymentGroupName": "prod",
    "deploymentId": "d-1",
    "status": "FAILED",
    "errorInformation": '{"ErrorCode":"HEALTH_CONSTRAINTS","ErrorMessage":"Too many instances failed."}',
}
CASES: dict[str, tuple[Any, str, str, str]] = {
    "budget": (
        BUDGET,
        "BudgetExceeded",
        "warning",
        "Budget shop-monthly: actual $91.20 of $100.00 budgeted, alert threshold > $80.00",
    ),
    "budget as JSON": (
        {"budgetName": "shop", "alertType": "FORECASTED", "budgetedAmount": "100", "forecastedAmount": "130"},
        "BudgetForecastExceeded",
        "warning",
        "Budget shop: forecast 130 of 100 budgeted",
    ),
    "cost anomaly": (
        {
            "anomalyId": "a-1",
            "accountId": "111122223333",
            "impact": {"totalImpact": 151, "totalImpactPercentage": 302},
            "dimensionalValue": "AmazonRDS",
            "rootCauses": [{"service": "AmazonRDS", "region": "eu-central-1", "usageType": "Storage"}],
            "anomalyDetailsLink": "https://console.aws.amazon.com/x",
        },
        "CostAnomaly",
        "warning",
        "Cost anomaly in AmazonRDS: $151.00 more than expected (302%). Cause: AmazonRDS Storage eu-central-1",
    ),
    "stack": (
        STACK,
        "CloudFormationResourceCreateFailed",
        "warning",
        "CloudFormation stack shop, resource DB (AWS::RDS::DBInstance): create failed. Resource handler",
    ),
    "RDS": (
        RDS,
        "RDSInstanceFailure",
        "critical",
        "RDS instance orders-db: DB instance put into failed state. (eu-central-1)",
    ),
    "RDS backup": (
        {**RDS, "Event ID": "RDS-EVENT-0002", "Event Message": "Finished DB Instance backup"},
        "RDSInstanceBackup",
        "info",
        "RDS instance orders-db: Finished DB Instance backup",
    ),
    "ElastiCache failover": (
        {"ElastiCache:FailoverComplete": "sessions-002"},
        "ElastiCacheFailoverComplete",
        "warning",
        "ElastiCache sessions-002: failover complete",
    ),
    "ElastiCache snapshot": (
        {"ElastiCache:SnapshotComplete": "sessions-0001-001"},
        "ElastiCacheSnapshotComplete",
        "info",
        "ElastiCache sessions-0001-001: snapshot complete",
    ),
    "ElastiCache in words": (
        {
            "Date": "2026-11-20T08:58:00Z",
            "Message": "Cache cluster created",
            "SourceIdentifier": "c1",
            "SourceType": "cache-cluster",
        },
        "ElastiCacheEvent",
        "info",
        "ElastiCache cache-cluster c1: Cache cluster created",
    ),
    "ElastiCache as a line": (
        "ElastiCache:AddCacheNodeFailed : sessions",
        "ElastiCacheAddCacheNodeFailed",
        "warning",
        "ElastiCache sessions: add cache node failed",
    ),
    "ElastiCache for a reason": (
        {"ElastiCache:AddCacheNodeFailed due to insufficient free IP addresses": "c1"},
        "ElastiCacheAddCacheNodeFailedDueToInsufficientFreeIPAddresses",
        "warning",
        "ElastiCache c1: add cache node failed due to insufficient free ip addresses",
    ),
    "Auto Scaling": (
        SCALING,
        "AutoScalingLaunchUnsuccessful",
        "warning",
        "Auto Scaling group web: failed to launch instance. We have no capacity.",
    ),
    "Auto Scaling test": (
        {**SCALING, "Event": "autoscaling:TEST_NOTIFICATION", "StatusMessage": ""},
        "AutoScalingTestNotification",
        "info",
        "Auto Scaling group web: test notification",
    ),
    "bounce": (
        BOUNCE,
        "SESBounce",
        "warning",
        "SES bounce (Permanent/General): mail of shop@example.com to jane@example.com. smtp; 550 no such user",
    ),
    "delivery": (
        {"eventType": "Delivery", "mail": BOUNCE["mail"], "delivery": {}},
        "SESDelivery",
        "info",
        "SES delivery: mail of shop@example.com to jane@example.com",
    ),
    "S3": (S3, "S3ObjectCreatedPut", "info", "S3 ObjectCreated:Put: b/a b/c.txt, 3 bytes (eu-central-1)"),
    "S3 test": (
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b", "Time": "2026-11-20T08:58:00Z"},
        "S3TestEvent",
        "info",
        "S3 test event: bucket b",
    ),
    "CodeDeploy": (
        CODEDEPLOY,
        "CodeDeployDeploymentFailed",
        "warning",
        "CodeDeploy deployment of shop/prod: failed. Too many instances failed.",
    ),
    "CodePipeline approval": (
        {
            "region": "eu-central-1",
            "approval": {"pipelineName": "shop", "stageName": "Prod", "actionName": "Ok", "token": "t0k"},
        },
        "CodePipelineApprovalNeeded",
        "info",
        "CodePipeline shop waits for approval of Prod/Ok",
    ),
    "run command": (
        {"commandId": "c-1", "documentName": "AWS-RunShellScript", "instanceIds": ["i-1"], "status": "Failed"},
        "SSMCommandFailed",
        "warning",
        "SSM command AWS-RunShellScript on i-1: failed",
    ),
    "backup without attributes": (
        "An AWS Backup job failed. Resource ARN : arn:aws:rds:eu-central-1:111122223333:db:orders-db. BackupJob ID : j",
        "AWSBackupJobFailed",
        "warning",
        "AWS backup job of orders-db: failed.",
    ),
    "Inspector assessment": (
        {
            "event": "ASSESSMENT_RUN_COMPLETED",
            "run": "arn:aws:inspector:eu-central-1:111122223333:target/0-a/template/0-b/run/0-c",
            "template": "arn:aws:inspector:eu-central-1:111122223333:target/0-a/template/0-b",
            "findingsCount": "{arn=3}",
        },
        "InspectorAssessmentRunCompleted",
        "info",
        "Inspector assessment run completed: findings {arn=3} (0-c)",
    ),
    "Config item": (
        {
            "messageType": "ConfigurationItemChangeNotification",
            "recordVersion": "1.3",
            "configurationItemDiff": {"changeType": "DELETE"},
            "configurationItem": {
                "resourceType": "AWS::EC2::SecurityGroup",
                "resourceId": "sg-1",
                "awsRegion": "eu-central-1",
            },
        },
        "ConfigurationItemChangeNotification",
        "info",
        "AWS Config ConfigurationItemChangeNotification: AWS::EC2::SecurityGroup sg-1: delete",
    ),
    "Lambda's destination": (
        {
            "version": "1.0",
            "requestContext": {
                "functionArn": "arn:aws:lambda:eu-central-1:111122223333:function:pay:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
                "requestId": "r-1",
            },
            "requestPayload": {"order": 1},
            "responsePayload": {"errorMessage": "boom"},
        },
        "LambdaInvocationFailed",
        "warning",
        "Lambda function pay: RetriesExhausted after 3 tries. boom",
    ),
    "a trigger's record": (
        {
            "Records": [
                {
                    "eventSource": "aws:codecommit",
                    "eventName": "ReferenceChanges",
                    "eventSourceARN": "arn:aws:codecommit:eu-central-1:111122223333:shop",
                    "codecommit": {"references": [{"ref": "refs/heads/main"}]},
                }
            ]
        },
        "CodecommitReferenceChanges",
        "info",
        "codecommit ReferenceChanges: shop refs/heads/main",
    ),
    "CloudTrail delivery": (
        {"s3Bucket": "trail", "s3ObjectKey": ["AWSLogs/x.json.gz"]},
        "CloudTrailLogDelivered",
        "info",
        "CloudTrail wrote to bucket trail: AWSLogs/x.json.gz",
    ),
}


@pytest.mark.parametrize(("message", "alertname", "severity", "summary"), CASES.values(), ids=CASES.keys())
def test_a_notice_says_what_where_and_how_bad(
    parsed: Any, message: Any, alertname: str, severity: str, summary: str
) -> None:
    result = parsed(message, message_id="m-1")
    (alert,) = result.alerts
    assert (result.source, result.problem, alert.kind, alert.status) == ("aws-event", "", "event", "firing")
    assert alert.annotations["summary"].startswith(summary)
    assert (alert.labels["alertname"], alert.labels["severity"]) == (alertname, severity)


def test_a_database_of_a_notice_is_labelled_as_its_alarms_are(one: Any) -> None:
    labels = one(RDS).labels
    assert (labels["namespace"], labels["DBInstanceIdentifier"]) == ("AWS/RDS", "orders-db")
    cache = one({"ElastiCache:FailoverComplete": "sessions-002"}, "warning").labels
    assert (cache["namespace"], cache["cluster"], cache["region"]) == ("AWS/ElastiCache", "sessions", "eu-central-1")


def test_a_token_is_not_shown(one: Any) -> None:
    alert = one(CASES["CodePipeline approval"][0])
    assert "t0k" not in str(alert)


def test_backups_attributes_win_over_its_sentence(one: Any) -> None:
    text = "An AWS Backup job was stopped. Resource ARN : arn:aws:ec2:us-west-1:111122223333:volume/vol-1."
    attributes = {"EventType": "BACKUP_JOB", "State": "EXPIRED", "Id": "j-1", "AccountId": "111122223333"}
    alert = one(text, attributes=attributes)
    assert alert.labels["alertname"] == "AWSBackupJobExpired"
    assert (alert.state_key, alert.labels["region"]) == ("aws:backup:BACKUP_JOB/j-1/EXPIRED", "us-west-1")


def test_the_topic_gives_a_severity_only_where_the_event_has_none(one: Any) -> None:
    assert one(RDS, "critical").labels["severity"] == "critical"
    assert one({**RDS, "Event ID": "#RDS-EVENT-0002"}, "critical").labels["severity"] == "info"


def test_two_records_are_two_events(parsed: Any) -> None:
    second = {**S3["Records"][0], "eventName": "ReducedRedundancyLostObject"}
    alerts = parsed({"Records": [S3["Records"][0], second]}).alerts
    assert [alert.labels["severity"] for alert in alerts] == ["info", "warning"]
    assert alerts[0].state_key != alerts[1].state_key
