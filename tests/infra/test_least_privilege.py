"""What each role of the stack may do, action by action; what holds something is encrypted, and closed to others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from tests.infra.template import Template
from tests.infra.test_permissions import statements

LOGS = "logs:CreateLogStream logs:PutLogEvents"
ALARMS = "cloudwatch:DescribeAlarmContributors cloudwatch:DescribeAlarms"
FORWARDER = f"""
    {LOGS} {ALARMS} dynamodb:BatchGetItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query
    dynamodb:Scan dynamodb:UpdateItem secretsmanager:GetSecretValue sns:Publish sqs:ChangeMessageVisibility
    sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage sqs:SendMessage
"""
ROLES: Mapping[str, str] = {
    "PagerDuty": FORWARDER,
    "Slack": FORWARDER,
    "Email": FORWARDER,
    "Anomaly": f"""
        {LOGS} cloudwatch:GetMetricData cloudwatch:ListMetrics dynamodb:PutItem dynamodb:Query dynamodb:UpdateItem
        kms:Decrypt kms:GenerateDataKey s3:GetObject s3:ListBucket s3:PutObject sns:Publish sqs:SendMessage
        tag:GetResources
    """,
    "Auditor": f"""
        {LOGS} {ALARMS} cloudwatch:ListAlarmMuteRules dynamodb:BatchGetItem dynamodb:DescribeTable dynamodb:GetItem
        dynamodb:Query dynamodb:Scan ec2:DescribeInstances elasticache:DescribeCacheClusters events:DescribeRule
        lambda:GetFunctionConfiguration rds:DescribeDBClusters rds:DescribeDBInstances secretsmanager:DescribeSecret
        sns:ListSubscriptionsByTopic sns:Publish sqs:SendMessage
    """,
    "Slo": f"{LOGS} cloudwatch:GetMetricData dynamodb:UpdateItem sqs:SendMessage",
    "RolloutHook": f"{LOGS} codedeploy:PutLifecycleEventHookExecutionStatus lambda:InvokeFunction",
    "RolloutRole": """
        cloudwatch:DescribeAlarms lambda:GetAlias lambda:GetProvisionedConcurrencyConfig lambda:InvokeFunction
        lambda:UpdateAlias
    """,
}
"""By the beginning of the role's logical id: all that it may do, in the shipped prod."""
INTAKE = f"""
    {LOGS} dynamodb:BatchGetItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:Scan dynamodb:UpdateItem
    kms:Decrypt kms:GenerateDataKey lambda:InvokeFunction logs:GetQueryResults logs:StartQuery
    secretsmanager:GetSecretValue sns:Publish sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes
    sqs:ReceiveMessage sqs:SendMessage
"""
"""Of `intake: direct`, which the shipped files leave out."""
COMPANION = f"""
    {LOGS} dynamodb:GetItem iam:PassRole secretsmanager:GetSecretValue sns:Publish sqs:ChangeMessageVisibility
    sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage ssm:StartAutomationExecution
"""
"""Of `grafana` and `automation`."""
FORWARDERS = ("PagerDuty", "Slack", "Email")
SENDING = {"cloudwatch:GetMetricData", "ses:SendEmail", "ses:SendRawEmail"}
"""What `charts: true` and `transport: ses` add to a forwarder."""
OPTIONS = """
    cloudwatch:GetMetricData kms:Decrypt kms:GenerateDataKey logs:GetQueryResults logs:StartQuery
    secretsmanager:GetSecretValue ses:SendEmail ses:SendRawEmail sts:AssumeRole
"""
"""What `drill`, `heartbeat_key`, `roles` and `report` add to the auditor."""


def granted(template: Template) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, statement in statements(template):
        action = statement["Action"]
        found[name] |= {action} if isinstance(action, str) else set(action)
    return found


def test_each_role_may_do_what_is_written_here_and_nothing_else(prod: Template) -> None:
    found = granted(prod)
    known = {name: prefix for name in found for prefix in ROLES if name.startswith(prefix)}
    assert set(known) == set(found), "a role that nobody looked at"
    assert {name: found[name] for name in found} == {name: set(ROLES[known[name]].split()) for name in found}


def test_the_options_of_the_auditor_add_only_what_they_need(prod: Template, busy: Template) -> None:
    (own,) = (actions for name, actions in granted(busy).items() if name.startswith("Auditor"))
    assert own - set(ROLES["Auditor"].split()) == set(OPTIONS.split())


def test_what_is_optional_may_do_what_is_written_here_and_nothing_else(busy: Template) -> None:
    options = {"Intake": INTAKE, "Companion": COMPANION, "OpsPage": "events:InvokeApiDestination"}
    found = granted(busy)
    for prefix, actions in options.items():
        assert [found[name] for name in found if name.startswith(prefix)] == [set(actions.split())]
    assert {name for name in found if not name.startswith((*ROLES, *options))} == set(), "a role that nobody looked at"


def test_a_forwarder_that_takes_batches_may_poll_one_queue_more(batched: Template) -> None:
    """Of `intake: batched`; that environment's messages have charts, and its mail, fallbacks too, goes by SES."""
    found = granted(batched)
    known = {name: prefix for name in found for prefix in FORWARDERS if name.startswith(prefix)}
    assert len(known) == len(FORWARDERS)
    for name, prefix in known.items():
        assert set(FORWARDER.split()) <= found[name] <= {*FORWARDER.split(), *SENDING}
        (poll,) = (one for role, one in statements(batched) if role == name and one.get("Sid") == "Poll")
        polled = {queue["Fn::GetAtt"][0] for queue in poll["Resource"]}
        assert len(polled) == 2
        assert all(queue.startswith((f"{prefix}Timers", f"{prefix}Arrivals")) for queue in polled)
    arrivals = [one for one in batched.properties("AWS::SQS::Queue") if "forwarder-arrivals" in one["QueueName"]]
    assert len(arrivals) == len(FORWARDERS)
    test_a_queue_takes_messages_of_named_sources_alone(batched)


def test_everything_that_holds_something_is_encrypted(relay: Template, busy: Template) -> None:
    for template in (relay, busy):
        for queue in template.properties("AWS::SQS::Queue"):
            assert queue["SqsManagedSseEnabled"] is True
        for table in template.properties("AWS::DynamoDB::Table"):
            assert table.get("SSESpecification", {}).get("SSEEnabled", True) is True
        for topic in template.properties("AWS::SNS::Topic"):
            people = re.search(r"-(ops|last-resort)$", topic["TopicName"])
            assert ("KmsMasterKeyId" in topic) is not bool(people), topic["TopicName"]
        # CloudWatch Logs encrypts every group by itself; a key of ours would be one more thing that a delivery needs.
        for group in template.properties("AWS::Logs::LogGroup"):
            assert "KmsKeyId" not in group
            assert group["RetentionInDays"]
        for bucket in template.document["Resources"].values():
            if bucket["Type"] == "AWS::S3::Bucket":
                assert bucket["Properties"]["BucketEncryption"]
                assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}


def test_no_value_of_a_secret_stands_in_a_template(relay: Template, busy: Template) -> None:
    for template in (relay, busy):
        for secret in template.properties("AWS::SecretsManager::Secret"):
            assert not {"SecretString"} & secret.keys()
        text = str(template.document)
        assert not re.search(r"hooks\.slack\.com/services/|xox[bp]-|-----BEGIN", text)


def test_a_queue_takes_messages_of_named_sources_alone(relay: Template) -> None:
    """Who may publish to the topics is in test_publishers.py."""
    for policy in relay.properties("AWS::SQS::QueuePolicy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert set(statement["Principal"]) == {"Service"}
                assert "aws:SourceArn" in str(statement["Condition"])
