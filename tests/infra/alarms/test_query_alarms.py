"""Alarms on queries: PromQL over OpenTelemetry metrics and Logs Insights, held against the services' own models."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from compiler.alarms.plan import plan
from compiler.reading.finding import Findings
from compiler.resources.resource import ResourceWatch, Service
from infra.node import use_packaged_node
from tests.compiler.alarms.test_check import PROD

use_packaged_node()

import aws_cdk as cdk  # noqa: E402 - starts node, which is found first

from infra.alarms.alarm import ResourceAlarms  # noqa: E402

STRICT = {"@aws-cdk/core:validateAgainstDefaultRules": True}
CHECKOUT = Service(
    id="checkout",
    cluster="main",
    container_insights="standard",
    opentelemetry="shop/checkout",
    log_group="/ecs/checkout",
    watch=ResourceWatch(thresholds={"request_p95_seconds": 1.5, "log_errors": 7}),
)


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    """The template of the service's alarms, by the rules of the shipped cdk.json: a breach raises."""
    app = cdk.App(context=STRICT)
    stack = cdk.Stack(app, "Somebody")
    ResourceAlarms(stack, "Checkout", CHECKOUT, labels={"env": "prod", "service": "checkout"})
    found: dict[str, dict[str, Any]] = app.synth().get_stack_by_name("Somebody").template["Resources"]
    return found


def _named(resources: dict[str, dict[str, Any]], word: str) -> dict[str, Any]:
    (one,) = (r["Properties"] for r in resources.values() if word in r["Properties"].get("AlarmName", ""))
    found: dict[str, Any] = one
    return found


def _problems(operation: str, properties: dict[str, Any]) -> str:
    """Holds properties against what the API takes; CloudFormation's tokens count as text."""
    model = botocore.session.get_session().get_service_model("cloudwatch")
    shape = model.operation_model(operation).input_shape
    assert shape
    report: str = ParamValidator().validate(_plain(properties), shape).generate_report()
    return report


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        tokens = {"Ref", "Fn::Join", "Fn::GetAtt"}
        return "token" if set(value) & tokens else {k.replace("Arn", "ARN"): _plain(v) for k, v in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def test_a_promql_alarm_has_its_threshold_in_the_query_and_waits_as_a_rule_does(
    resources: dict[str, dict[str, Any]],
) -> None:
    slow = _named(resources, "ServiceHighLatency-warning")
    criteria = slow["EvaluationCriteria"]["PromQLCriteria"]
    assert criteria == {
        "Query": 'histogram_quantile(0.95, sum(rate({"http.server.request.duration", '
        '"@resource.service.name"="shop/checkout"}[5m]))) > 1.5',
        "PendingPeriod": 300,
        "RecoveryPeriod": 300,
    }
    assert slow["EvaluationInterval"] == 60
    assert not {"MetricName", "Metrics", "Threshold", "EvaluationPeriods", "InsufficientDataActions"} & set(slow)
    assert _problems("PutMetricAlarm", slow) == ""
    failing = _named(resources, "ServiceHighErrorRate-critical")["EvaluationCriteria"]["PromQLCriteria"]["Query"]
    assert failing.endswith("> 0.1) > 10")
    assert '"http.response.status_code"=~"5.."' in failing


def test_a_log_alarm_counts_lines_as_a_role_that_reads_this_log_alone(resources: dict[str, dict[str, Any]]) -> None:
    alarm = _named(resources, "ServiceLogErrors-warning")
    query = alarm["ScheduledQueryConfiguration"]
    assert query["AggregationExpression"] == "count(*)"
    assert query["LogGroupIdentifiers"] == ["/ecs/checkout"]
    assert query["ScheduleConfiguration"] == {"ScheduleExpression": "rate(5 minutes)", "StartTimeOffset": 300}
    assert (alarm["Threshold"], alarm["QueryResultsToAlarm"], alarm["QueryResultsToEvaluate"]) == (7, 2, 3)
    assert alarm["TreatMissingData"] == "notBreaching"
    assert _problems("PutLogAlarm", alarm) == ""
    (role,) = (r["Properties"] for r in resources.values() if r["Type"] == "AWS::IAM::Role")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "logs.amazonaws.com"}
    assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]
    (policy,) = (r["Properties"] for r in resources.values() if r["Type"] == "AWS::IAM::Policy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert all(arn["Fn::Join"][1][-1].startswith(":log-group:/ecs/checkout") for arn in statement["Resource"])


def test_each_carries_its_metadata_and_goes_to_the_topic_of_its_severity(resources: dict[str, dict[str, Any]]) -> None:
    for word, severity in (("ServiceHighLatency-critical", "critical"), ("ServiceLogErrors-warning", "warning")):
        alarm = _named(resources, word)
        assert f"severity: {severity}" in alarm["AlarmDescription"]
        assert alarm["AlarmActions"] == alarm["OKActions"]
        assert alarm["AlarmActions"][0]["Fn::Join"][1][-1].endswith(f"alertrelay-prod-{severity}")


def test_a_query_alarm_is_charged_as_one_metric() -> None:
    found = plan([CHECKOUT], PROD, Findings())
    assert [alarm.billed_metrics for alarm in found.alarms if alarm.query] == [1, 1, 1, 1, 1]
