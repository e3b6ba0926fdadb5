"""The watch over the relay itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.sources.metadata import read

from cli import live_sms
from cli.live_sms import ALARM
from compiler.cost.month import AUDITOR_ALARMS, CLOSE_METRICS, OWN_ALARMS, SCORER_ALARMS, SLO_ALARMS
from compiler.delivery import LastResort, sends_sms
from compiler.load import load
from infra.node import use_packaged_node
from tests.example import CONFIG
from tests.infra.template import Template

use_packaged_node()

import aws_cdk as cdk  # noqa: E402 - importing the CDK starts node, which is found first

from infra.sms_watch import LIMIT_CONTEXT, LIMIT_USD, NEAR, limit_usd  # noqa: E402

Alarm = Mapping[str, Any]
CLOSE = re.compile("-alertrelay-(events|throttles|channel-[a-z]+)-")
"""The alarms that `audit` adds on how long events wait, on throttles, and on the channels."""
VISIBLE = "ApproximateNumberOfMessagesVisible"


def dimensions(alarm: Alarm) -> dict[str, str]:
    return {d["Name"]: d["Value"] for d in alarm.get("Dimensions", ())}


def test_the_relay_watches_its_queues_functions_and_topics(relay: Template) -> None:
    found = {
        (metric["MetricName"], json.dumps(dimensions(metric), sort_keys=True))
        for metric in relay.properties("AWS::CloudWatch::Alarm")
        if not CLOSE.search(metric["AlarmName"])
    }
    resources = relay.document["Resources"]
    for name, resource in resources.items():
        if resource["Type"] == "AWS::SQS::Queue":
            watched = {m for m, dims in found if json.loads(dims) == {"QueueName": {"Fn::GetAtt": [name, "QueueName"]}}}
            called, age, depth = resource["Properties"]["QueueName"], "ApproximateAgeOfOldestMessage", VISIBLE
            assert watched == {age if called.endswith("-timers") else depth}
        if resource["Type"] == "AWS::Lambda::Function" and not name.startswith(
            ("Anomaly", "Auditor", "Rollout", "Slo")
        ):
            assert {m for m, dims in found if json.loads(dims) == {"FunctionName": {"Ref": name}}} == {
                "Errors",
                "Throttles",
                "AsyncEventsDropped",
            }
        if resource["Type"] == "AWS::SNS::Topic" and not name.startswith("Ops"):
            assert {
                m for m, dims in found if json.loads(dims) == {"TopicName": {"Fn::GetAtt": [name, "TopicName"]}}
            } == {
                "NumberOfNotificationsFailed",
            }


def test_the_bill_counts_every_alarm_of_the_relay(relay: Template) -> None:
    names = [a["AlarmName"] for a in relay.properties("AWS::CloudWatch::Alarm") if not CLOSE.search(a["AlarmName"])]
    options = [name for name in names if "-sms-" in name]
    scorer = [name for name in names if "-anomaly-scorer-" in name]
    auditor = [name for name in names if "-auditor-" in name]
    slo = [name for name in names if "-alertrelay-slo-" in name]
    assert len(scorer) in (0, SCORER_ALARMS)
    assert len(auditor) in (0, AUDITOR_ALARMS)
    assert len(slo) in (0, SLO_ALARMS)
    assert len(names) - len(options) - len(scorer) - len(auditor) - len(slo) == OWN_ALARMS


def test_the_watch_mails_by_the_ops_topic_and_says_when_it_is_over(relay: Template) -> None:
    for alarm in relay.properties("AWS::CloudWatch::Alarm"):
        (action,) = alarm["AlarmActions"]
        assert action["Ref"].startswith("OpsTopic")
        assert alarm["OKActions"] == alarm["AlarmActions"]
        # At rest the metrics of trouble are absent, and absence must not look like trouble or like an unknown. A tick
        # is the other way round, and so is a run of the scorer: where there is no metric there was none.
        metric = alarm.get("MetricName")
        pulse = metric in ("TicksDone", "MetricsScored", "AuditsDone", "SloObjectives")
        # What SMS costs is written when one is sent: a gap changes nothing.
        rest = "ignore" if metric == "SMSMonthToDateSpentUSD" else "notBreaching"
        assert alarm["TreatMissingData"] == ("breaching" if pulse else rest)
        labels = read(alarm["AlarmDescription"]).labels
        warns = re.search(
            "-anomaly-scorer-|-alertrelay-slo-|-auditor-Alertrelay(Audit|Account|Alarm|Drifted)|-throttles-|-channel-",
            alarm["AlarmName"],
        )
        severity = "warning" if warns else "critical"
        assert (labels["service"], labels["severity"]) == ("alertrelay", severity)


def test_an_audited_environment_watches_waits_throttles_and_each_channel(relay: Template, environment: str) -> None:
    found = [alarm for alarm in relay.properties("AWS::CloudWatch::Alarm") if CLOSE.search(alarm["AlarmName"])]
    if not any(name.startswith("Auditor") for name in relay.of_type("AWS::Lambda::Function")):
        assert not found
        return
    loaded = load(CONFIG, environment)
    assert loaded.config is not None
    joint = [[part for part in alarm["Metrics"] if "MetricStat" in part] for alarm in found if "Metrics" in alarm]
    stats = [[part["MetricStat"]["Metric"] for part in parts] for parts in joint]
    assert sum(map(len, stats)) == CLOSE_METRICS
    (waits,) = ([dimensions(one) for one in parts] for parts in stats if parts[0]["MetricName"] == "AsyncEventAge")
    assert len({str(one) for one in waits}) == 3
    (throttles,) = (parts for parts in stats if parts[0]["Namespace"] == "AWS/DynamoDB")
    assert {(one["MetricName"], "GlobalSecondaryIndexName" in dimensions(one)) for one in throttles} == {
        (name, index) for name in ("ReadThrottleEvents", "WriteThrottleEvents") for index in (True, False)
    }
    channels = {dimensions(alarm)["channel"] for alarm in found if alarm.get("MetricName") == "ChannelFailures"}
    assert channels == loaded.config.kinds()
    assert all(dimensions(a)["env"] == environment for a in found if "MetricName" in a)


def test_one_error_that_the_retry_mends_wakes_nobody_but_a_last_attempt_does(prod: Template) -> None:
    # Attempts come at 0, 1 and 3 minutes: three of five minutes with an error.
    for alarm in prod.properties("AWS::CloudWatch::Alarm"):
        if alarm.get("MetricName") == "Errors" and not re.search("-anomaly-scorer-|-slo-", alarm["AlarmName"]):
            assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"], alarm["Period"]) == (3, 5, 60)


def test_what_sms_costs_is_watched_near_the_limit_of_an_account(prod: Template) -> None:
    (alarm,) = (a for a in prod.properties("AWS::CloudWatch::Alarm") if a.get("MetricName") == "SMSMonthToDateSpentUSD")
    assert alarm["AlarmName"] == ALARM.format(environment="prod")
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("AWS/SNS", "Maximum", NEAR * LIMIT_USD)
    assert (NEAR, LIMIT_USD) == (live_sms.NEAR, live_sms.DEFAULT_LIMIT_USD)


@pytest.mark.parametrize(("context", "limit"), [({}, 1.0), ({LIMIT_CONTEXT: 50}, 50.0), ({LIMIT_CONTEXT: "2.5"}, 2.5)])
def test_the_limit_of_the_account_comes_from_the_context(context: dict[str, Any], limit: float) -> None:
    assert limit_usd(cdk.Stack(cdk.App(context=context), "S")) == limit


@pytest.mark.parametrize("value", ["much", 0, -1, [1], "nan"])
def test_a_limit_that_is_none_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ValueError, match=LIMIT_CONTEXT):
        limit_usd(cdk.Stack(cdk.App(context={LIMIT_CONTEXT: value}), "S"))


def test_the_cost_of_sms_is_watched_where_somebody_is_notified_by_it() -> None:
    loaded = load(CONFIG, "prod")
    assert loaded.config is not None
    silent = replace(loaded.config, receivers=())
    assert sends_sms(loaded.config, None)
    assert sends_sms(silent, LastResort(email=(), sms=("+15555550100",)))
    assert not sends_sms(silent, LastResort(email=("oncall@example.com",), sms=()))
    assert not sends_sms(silent, None)
