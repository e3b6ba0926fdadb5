"""Forwarders, and the three ways by which an event of theirs can be left over."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alertrelay.groups.messages import TICK

from cli import cloud
from compiler.resources.environment import LEAST_RESERVED
from tests.infra.template import Template

FORWARDERS = ("pagerduty-forwarder", "slack-forwarder", "email-forwarder")
VARIABLES = {
    "ALERTRELAY_ENV",
    "ALERTRELAY_CONFIG",
    "ALERTRELAY_CONFIG_HASH",
    "ALERTRELAY_TABLE",
    "ALERTRELAY_SECRET_ARN",
    "ALERTRELAY_QUEUE_URL",
    "ALERTRELAY_DEAD_LETTER_URL",
    "ALERTRELAY_OPS_TOPIC_ARN",
    "ALERTRELAY_LAST_RESORT_TOPIC_ARN",
    "ALERTRELAY_ACCOUNT_ID",
    "ALERTRELAY_TOPIC_PREFIX",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
}
FOR_SAM = {"AWS_ENDPOINT_URL", "ALERTRELAY_ENDPOINTS"}


def functions(template: Template, environment: str) -> dict[str, tuple[str, Any]]:
    """Logical id and properties of each forwarder, by its name. The scorer is none (test_anomaly.py), nor are the
    auditor (test_auditor.py), the intake, the slo function (test_slo.py) and what checks new versions
    (test_rollout.py)."""
    found = {
        r["Properties"]["FunctionName"].removeprefix(f"alertrelay-{environment}-"): (k, r["Properties"])
        for k, r in template.of_type("AWS::Lambda::Function").items()
    }
    others = ("anomaly-scorer", "auditor", "companion", "intake", "pre-traffic", "slo")
    return {name: function for name, function in found.items() if name not in others}


def live(template: Template, function: str) -> str:
    """The logical id of a function's alias."""
    (found,) = (
        key
        for key, alias in template.of_type("AWS::Lambda::Alias").items()
        if alias["Properties"]["FunctionName"] == {"Ref": function}
    )
    assert template.document["Resources"][found]["Properties"]["Name"] == cloud.ALIAS
    return found


def heard_by(subscription: Any) -> str:
    """The logical id of the function whose alias a subscription names."""
    function, alias = subscription["Endpoint"]["Fn::Join"][1]
    assert alias == f":{cloud.ALIAS}"
    return str(function["Fn::GetAtt"][0])


def queue_names(template: Template) -> dict[str, str]:
    return {k: r["Properties"]["QueueName"] for k, r in template.of_type("AWS::SQS::Queue").items()}


def subscriptions(template: Template) -> list[Any]:
    return [s for s in template.properties("AWS::SNS::Subscription") if s["Protocol"] == "lambda"]


def test_there_is_one_forwarder_a_channel(relay: Template, environment: str) -> None:
    found = functions(relay, environment)
    assert set(found) == set(FORWARDERS)
    for name, (_, function) in found.items():
        assert function["Handler"] == f"lambdas.{name.replace('-', '_')}.handler"
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert "ReservedConcurrentExecutions" not in function


def test_timers_are_not_taken_for_a_loop(relay: Template, environment: str) -> None:
    assert [f["RecursiveLoop"] for _, f in functions(relay, environment).values()] == ["Allow"] * 3


def test_every_forwarder_hears_every_alert_topic_and_no_topic_of_our_own(relay: Template) -> None:
    pairs = {(s["TopicArn"]["Ref"], heard_by(s)) for s in subscriptions(relay)}
    assert len(subscriptions(relay)) == len(pairs) == 15
    assert len({topic for topic, _ in pairs}) == 5
    assert not any(topic.startswith(("Ops", "LastResort")) for topic, _ in pairs)


@pytest.mark.parametrize("name", FORWARDERS)
def test_what_sns_cannot_hand_over_goes_to_the_forwarders_undelivered_queue(
    relay: Template, environment: str, name: str
) -> None:
    function, _ = functions(relay, environment)[name]
    queues = {
        s["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for s in subscriptions(relay)
        if heard_by(s) == function
    }
    assert [queue_names(relay)[queue] for queue in queues] == [f"alertrelay-{environment}-{name}-undelivered"]


@pytest.mark.parametrize("name", FORWARDERS)
def test_what_lambda_gives_up_after_two_retries_goes_to_the_failed_queue(
    relay: Template, environment: str, name: str
) -> None:
    function, _ = functions(relay, environment)[name]
    configs = [c for c in relay.properties("AWS::Lambda::EventInvokeConfig") if c["FunctionName"] == {"Ref": function}]
    # What is asked of $LATEST holds for events of before the alias; the alias has its own.
    latest, alias = sorted((config["Qualifier"] for config in configs), key=str, reverse=True)
    assert latest != alias
    assert json.dumps({"Ref": live(relay, function)}) in json.dumps([latest, alias])
    for config in configs:
        queue = config["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
        assert queue_names(relay)[queue] == f"alertrelay-{environment}-{name}-failed"
        assert config["MaximumRetryAttempts"] == 2
        assert config["MaximumEventAgeInSeconds"] == 21_600


@pytest.mark.parametrize("name", FORWARDERS)
def test_timers_come_one_by_one_and_after_five_receives_go_to_the_expired_queue(
    relay: Template, environment: str, name: str
) -> None:
    function, properties = functions(relay, environment)[name]
    alias = json.dumps({"Ref": live(relay, function)})
    (source,) = (
        m for m in relay.properties("AWS::Lambda::EventSourceMapping") if alias in json.dumps(m["FunctionName"])
    )
    assert (source["BatchSize"], source["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])
    assert source["ScalingConfig"] == {"MaximumConcurrency": 20}
    timers = relay.of_type("AWS::SQS::Queue")[source["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
    assert timers["VisibilityTimeout"] == 6 * properties["Timeout"] == 180
    assert timers["MessageRetentionPeriod"] == 14 * 86_400
    assert timers["RedrivePolicy"]["maxReceiveCount"] == 5
    expired = timers["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert queue_names(relay)[expired] == f"alertrelay-{environment}-{name}-expired"
    assert properties["Environment"]["Variables"]["ALERTRELAY_DEAD_LETTER_URL"] == {"Ref": expired}


@pytest.mark.parametrize("name", FORWARDERS)
def test_a_function_is_woken_each_minute_by_a_rule_of_its_own(relay: Template, environment: str, name: str) -> None:
    function, _ = functions(relay, environment)[name]
    rules = {r["Name"]: (key, r) for key, r in _rules(relay)}
    key, rule = rules[f"alertrelay-{environment}-{name}-tick"]
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(* * * * ? *)", "ENABLED")
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": live(relay, function)}
    assert json.loads(target["Input"]) == TICK
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 2}
    allowed = [p for p in relay.properties("AWS::Lambda::Permission") if p["Principal"] == "events.amazonaws.com"]
    assert {"Fn::GetAtt": [key, "Arn"]} in [p["SourceArn"] for p in allowed]


def _rules(template: Template) -> list[tuple[str, Any]]:
    return [(key, rule["Properties"]) for key, rule in template.of_type("AWS::Events::Rule").items()]


@pytest.mark.parametrize(
    ("name", "metric", "operator", "threshold", "datapoints", "minutes", "missing"),
    [
        # Each of the three forwarders has a tick a minute.
        ("ticks-AlertrelayTickMissing", "TicksDone", "LessThanThreshold", 3, 4, 4, "breaching"),
        ("table-AlertrelayTableFailing", "StoreFailures", "GreaterThanThreshold", 0, 2, 3, "notBreaching"),
    ],
)
def test_no_finished_tick_and_a_failing_table_alarm_within_five_minutes(
    relay: Template,
    environment: str,
    name: str,
    metric: str,
    operator: str,
    threshold: int,
    datapoints: int,
    minutes: int,
    missing: str,
) -> None:
    alarms = relay.properties("AWS::CloudWatch::Alarm")
    (alarm,) = (a for a in alarms if a["AlarmName"] == f"{environment}-alertrelay-{name}")
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("alertrelay", metric, "Sum")
    # What alertrelay.runtime.observe writes, and no other environment of the account.
    assert alarm["Dimensions"] == [{"Name": "env", "Value": environment}, {"Name": "service", "Value": "alertrelay"}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == (operator, threshold)
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (60, minutes, datapoints)
    assert minutes <= 5
    assert alarm["TreatMissingData"] == missing
    assert all(action["Ref"].startswith("Ops") for action in alarm["AlarmActions"] + alarm["OKActions"])


def test_every_rule_has_the_queue_for_what_it_cannot_hand_over(relay: Template, alarms: Template) -> None:
    (queue,) = (key for key, name in queue_names(relay).items() if name.endswith("-rule-failures"))
    for template, arn in ((relay, {"Fn::GetAtt": [queue, "Arn"]}), (alarms, None)):
        for rule in template.properties("AWS::Events::Rule"):
            for target in rule["Targets"]:
                found = target["DeadLetterConfig"]["Arn"]
                assert found == arn or json.dumps(found).endswith('-rule-failures"]]}')


def test_only_rules_of_the_environments_stacks_put_into_that_queue(relay: Template, environment: str) -> None:
    (queue,) = (key for key, name in queue_names(relay).items() if name.endswith("-rule-failures"))
    (policy,) = (p for p in relay.properties("AWS::SQS::QueuePolicy") if p["Queues"] == [{"Ref": queue}])
    (allow,) = (s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow")
    assert allow["Principal"] == {"Service": "events.amazonaws.com"}
    assert json.dumps(allow["Condition"]["ArnLike"]["aws:SourceArn"]).endswith(f':rule/alertrelay-{environment}-*"]]}}')


def test_reserved_concurrency_is_an_option_and_leaves_room_beside_the_timers(busy: Template, relay: Template) -> None:
    for _, function in functions(busy, "busy").values():
        assert function["ReservedConcurrentExecutions"] == 100
    for mapping in relay.properties("AWS::Lambda::EventSourceMapping"):
        assert mapping["ScalingConfig"]["MaximumConcurrency"] < LEAST_RESERVED


def test_a_forwarders_memory_is_an_option(busy: Template, relay: Template, environment: str) -> None:
    assert [function["MemorySize"] for _, function in functions(busy, "busy").values()] == [256, 256, 256]
    assert [function["MemorySize"] for _, function in functions(relay, environment).values()] == [512, 512, 512]


def test_no_queue_depends_on_the_topics_key(relay: Template, environment: str) -> None:
    queues = relay.properties("AWS::SQS::Queue")
    assert len(queues) == 14 + (environment == "prod")  # that of the slo function
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues)
    assert not any("KmsMasterKeyId" in queue for queue in queues)
    assert all(queue["MessageRetentionPeriod"] == 14 * 86_400 for queue in queues)


def test_sns_may_put_into_the_undelivered_queues(relay: Template) -> None:
    undelivered = {k for k, name in queue_names(relay).items() if name.endswith("-undelivered")}
    for policy in relay.properties("AWS::SQS::QueuePolicy"):
        if policy["Queues"][0]["Ref"] in undelivered:
            allow = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
            assert len(allow) == 5
            assert all(s["Principal"] == {"Service": "sns.amazonaws.com"} for s in allow)
            assert all(s["Condition"]["ArnEquals"]["aws:SourceArn"] for s in allow)


@pytest.mark.parametrize("name", FORWARDERS)
def test_a_function_gets_the_environment_that_the_runtime_reads(relay: Template, environment: str, name: str) -> None:
    variables = functions(relay, environment)[name][1]["Environment"]["Variables"]
    assert set(variables) == VARIABLES | (FOR_SAM if environment == "dev" else set())
    assert variables["ALERTRELAY_ENV"] == environment
    assert variables["ALERTRELAY_TOPIC_PREFIX"] == f"alertrelay-{environment}-"
    assert variables["POWERTOOLS_SERVICE_NAME"] == name


def test_only_dev_declares_what_sam_local_fills_and_leaves_it_empty(dev: Template) -> None:
    for _, function in functions(dev, "dev").values():
        assert {function["Environment"]["Variables"][name] for name in FOR_SAM} == {""}


def test_logs_are_kept_as_long_as_the_environment_says(prod: Template, dev: Template, busy: Template) -> None:
    for template, days, policy in ((prod, 90, "Retain"), (dev, 14, "Delete"), (busy, 3653, "Retain")):
        groups = template.of_type("AWS::Logs::LogGroup")
        assert len(groups) >= len(template.of_type("AWS::Lambda::Function"))
        for group in groups.values():
            assert group["Properties"]["RetentionInDays"] == days
            assert group["DeletionPolicy"] == policy


def test_each_function_writes_to_its_own_log_group(relay: Template) -> None:
    groups = [json.dumps(f["LoggingConfig"]["LogGroup"]) for f in relay.properties("AWS::Lambda::Function")]
    assert len(set(groups)) == len(groups) >= 5
