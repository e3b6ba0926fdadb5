"""The auditor of an environment with `audit`, and nothing of it elsewhere."""

from __future__ import annotations

import json
from typing import Any

from tests.infra.template import Template
from tests.infra.test_permissions import by_sid


def function(template: Template) -> dict[str, Any]:
    """The function's properties."""
    (found,) = (f for f in template.properties("AWS::Lambda::Function") if f["FunctionName"].endswith("-auditor"))
    return dict(found)


def test_an_environment_without_audit_has_nothing_of_it(dev: Template) -> None:
    assert "uditor" not in json.dumps(dev.document)


def test_it_may_read_the_table_send_to_the_forwarders_and_ask_about_alarms(prod: Template, busy: Template) -> None:
    own = by_sid(prod, "AuditorRole")
    assert {sid: statement["Action"] for sid, statement in own.items()} == {
        "Logs": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Read": ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
        "Due": "dynamodb:Scan",
        "Send": "sqs:SendMessage",
        "Tell": "sns:Publish",
        "Verify": [
            "cloudwatch:DescribeAlarmContributors",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:ListAlarmMuteRules",
        ],
        "Resources": [
            "dynamodb:DescribeTable",
            "ec2:DescribeInstances",
            "elasticache:DescribeCacheClusters",
            "lambda:GetFunctionConfiguration",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
        ],
        "Subscribers": "sns:ListSubscriptionsByTopic",
        "Rules": "events:DescribeRule",
        "Versions": "lambda:GetFunctionConfiguration",
        "Age": "secretsmanager:DescribeSecret",
    }
    queues = {queue["Fn::GetAtt"][0][:11] for queue in own["Send"]["Resource"]}
    assert queues == {"EmailTimers", "PagerDutyTi", "SlackTimers"}
    assert own["Tell"]["Resource"]["Ref"].startswith("OpsTopic")
    assert by_sid(busy, "AuditorRole")["Accounts"] == {
        "Sid": "Accounts",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": "arn:aws:iam::444455556666:role/alertrelay-audit",
    }


def test_a_drill_may_publish_to_one_topic_and_a_heartbeat_may_read_the_secret(busy: Template) -> None:
    own = by_sid(busy, "AuditorRole")
    assert own["Drill"]["Action"] == "sns:Publish"
    assert own["Drill"]["Resource"]["Ref"].startswith("AlertTopicsWarning")
    assert (own["Encrypt"]["Action"], own["Keys"]["Action"]) == (
        ["kms:Decrypt", "kms:GenerateDataKey"],
        "secretsmanager:GetSecretValue",
    )
    assert {
        rule["Name"].removeprefix("alertrelay-busy-auditor-"): rule["ScheduleExpression"]
        for rule in busy.properties("AWS::Events::Rule")
        if "-auditor-" in str(rule["Name"])
    } == {
        "reconcile": "rate(1 hour)",
        "weekly": "rate(7 days)",
        "drill": "rate(12 hours)",
        "heartbeat": "rate(5 minutes)",
        "report": "rate(7 days)",
    }
    variables = function(busy)["Environment"]["Variables"]
    assert json.loads(variables["ALERTRELAY_DRILL"]) == {"severity": "warning", "within": 120}
    assert variables["ALERTRELAY_HEARTBEAT_KEY"] == "heartbeat_url"
    for policy in busy.properties("AWS::SNS::TopicPolicy"):
        alerts = policy["Topics"][0]["Ref"].startswith("AlertTopics")
        ops = policy["Topics"][0]["Ref"].startswith("OpsTopic")
        assert ("AuditorRole" in json.dumps(policy)) is (alerts or ops)


def test_it_may_publish_to_the_ops_topic_and_to_no_other(prod: Template) -> None:
    for policy in prod.properties("AWS::SNS::TopicPolicy"):
        ops = policy["Topics"][0]["Ref"].startswith("OpsTopic")
        assert ("AuditorRole" in json.dumps(policy)) is ops


def test_its_rules_run_it_and_what_they_cannot_hand_over_is_kept(prod: Template) -> None:
    rules = {
        rule["Name"]: (rule["ScheduleExpression"], json.loads(rule["Targets"][0]["Input"]))
        for rule in prod.properties("AWS::Events::Rule")
        if "-auditor-" in str(rule["Name"])
    }
    assert rules == {
        "alertrelay-prod-auditor-reconcile": ("rate(15 minutes)", {"do": "reconcile"}),
        "alertrelay-prod-auditor-weekly": ("rate(7 days)", {"do": "list_useless_alarms"}),
    }


def test_its_variables_are_those_that_its_root_reads(prod: Template) -> None:
    variables = function(prod)["Environment"]["Variables"]
    assert set(variables) == {
        "ALERTRELAY_ACCOUNT_ID", "ALERTRELAY_AUDIT_ROLES", "ALERTRELAY_CONFIG_HASH", "ALERTRELAY_ENV",
        "ALERTRELAY_FUNCTIONS", "ALERTRELAY_SECRET_ARN", "ALERTRELAY_OPS_TOPIC_ARN",
        "ALERTRELAY_QUEUES", "ALERTRELAY_TABLE", "ALERTRELAY_TOPICS", "POWERTOOLS_LOG_LEVEL",
        "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME",
    }  # fmt: skip


def test_a_report_may_read_the_logs_and_metrics_and_has_the_file_in_code_of_its_own(busy: Template) -> None:
    own = by_sid(busy, "AuditorRole")
    assert (own["History"]["Action"], own["Counted"]["Action"]) == (
        "logs:StartQuery",
        ["cloudwatch:GetMetricData", "logs:GetQueryResults"],
    )
    read = {group["Fn::GetAtt"][0] for group in own["History"]["Resource"]}
    assert {
        name
        for name in ("EmailLogs", "SlackLogs", "PagerDutyLogs", "IntakeLogs")
        if any(group.startswith(name) for group in read)
    } == {"EmailLogs", "SlackLogs", "PagerDutyLogs", "IntakeLogs"}
    variables = function(busy)["Environment"]["Variables"]
    assert variables["ALERTRELAY_REPORT"] == "email-database"
    assert variables["ALERTRELAY_ALARMS"] == "alertrelay-alarms.json"
    others = [f for f in busy.properties("AWS::Lambda::Function") if f["FunctionName"].endswith("-forwarder")]
    assert all(function(busy)["Code"] != other["Code"] for other in others)
