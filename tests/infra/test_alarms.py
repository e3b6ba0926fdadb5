"""The three alarms of the requirements with their companions, and the watch over the relay itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from alertrelay.config import environment as environment_files
from alertrelay.config.environment import Cache, Database, Service
from alertrelay.sources.metadata import read
from hypothesis import given
from hypothesis import strategies as st

from infra.node import use_packaged_node
from tests.infra.template import Template

use_packaged_node()

from infra.alarms import ecs, elasticache, rds  # noqa: E402 - importing the CDK starts node, which is found first
from infra.alarms.description import LIMIT, describe  # noqa: E402
from infra.alarms.rule import NAME_LIMIT, Rule, Watched, alarm_name  # noqa: E402

Alarm = Mapping[str, Any]
REQUIRED = [
    ("RDSHighCPU", "warning", "AWS/RDS", "CPUUtilization", 80, 10),
    ("RDSHighCPU", "critical", "AWS/RDS", "CPUUtilization", 90, 5),
    ("CacheHighMemory", "warning", "AWS/ElastiCache", "DatabaseMemoryUsagePercentage", 85, 10),
    ("CacheHighMemory", "critical", "AWS/ElastiCache", "DatabaseMemoryUsagePercentage", 95, 5),
    ("ECSHighCPU", "warning", "AWS/ECS", "CPUUtilization", 80, 10),
    ("ECSHighCPU", "critical", "AWS/ECS", "CPUUtilization", 90, 5),
]
SERVICE = {"ClusterName": "main", "ServiceName": "checkout"}
DIMENSIONS = {
    "AWS/RDS": {"DBInstanceIdentifier": "orders-db"},
    "AWS/ElastiCache": {"CacheClusterId": "sessions-001"},
    "AWS/ECS": SERVICE,
}


def named(template: Template, *words: str) -> Alarm:
    """The one alarm whose name has all these words."""
    (alarm,) = (p for p in template.properties("AWS::CloudWatch::Alarm") if all(w in p["AlarmName"] for w in words))
    return alarm


def dimensions(alarm: Alarm) -> dict[str, str]:
    return {d["Name"]: d["Value"] for d in alarm["Dimensions"]}


@pytest.mark.parametrize(("alertname", "severity", "namespace", "metric", "threshold", "minutes"), REQUIRED)
def test_what_is_listed_gets_the_requirements_alarm_and_its_companion(
    alarms: Template, alertname: str, severity: str, namespace: str, metric: str, threshold: float, minutes: int
) -> None:
    thing = list(DIMENSIONS[namespace].values())[-1]
    alarm = named(alarms, thing, alertname, severity)
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == (namespace, metric, "Average")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", threshold)
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (60, minutes, minutes)
    assert dimensions(alarm) == DIMENSIONS[namespace]


def test_every_listed_thing_has_every_alarm_of_its_pack(alarms: Template) -> None:
    assert len(alarms.properties("AWS::CloudWatch::Alarm")) == (2 + 1 + 3) * 2  # databases, caches, services


def test_an_alarm_tells_the_topic_of_its_severity_when_it_fires_and_when_it_ends(
    alarms: Template, environment: str
) -> None:
    for alarm in alarms.properties("AWS::CloudWatch::Alarm"):
        severity = read(alarm["AlarmDescription"]).labels["severity"]
        assert alarm["AlarmActions"] == alarm["OKActions"]
        (action,) = alarm["AlarmActions"]
        assert action["Fn::Join"][1][-1] == f":alertrelay-{environment}-{severity}"
        assert alarm.get("ActionsEnabled", True) is True


def test_the_description_carries_the_metadata_that_an_alert_needs(alarms: Template) -> None:
    for alarm in alarms.properties("AWS::CloudWatch::Alarm"):
        metadata = read(alarm["AlarmDescription"])
        assert set(metadata.labels) == {"alertname", "severity", "service", "env", "team", "plane", "category"}
        assert {"runbook_url", "impact"} <= set(metadata.annotations)
        assert metadata.annotations["runbook_url"].endswith(f"/{metadata.labels['alertname']}")
        assert f"above {alarm['Threshold']:g} %" in metadata.prose


def test_the_two_severities_of_one_trouble_share_their_alertname_and_labels(alarms: Template) -> None:
    for words in (("orders-db",), ("sessions-001",), ("checkout",)):
        warning = read(named(alarms, *words, "warning")["AlarmDescription"]).labels
        critical = read(named(alarms, *words, "critical")["AlarmDescription"]).labels
        assert {**warning, "severity": "critical"} == critical


def test_an_environments_own_threshold_wins_and_the_sentence_says_so(busy_alarms: Template) -> None:
    for severity, number in (("warning", 70), ("critical", 85)):
        alarm = named(busy_alarms, "orders-db", severity)
        assert alarm["Threshold"] == number
        assert f"{number} % is this environment's own number" in alarm["AlarmDescription"]


@pytest.mark.parametrize(
    ("rules", "known"),
    [
        (rds.RULES, environment_files.DATABASE_THRESHOLDS),
        (elasticache.RULES, environment_files.CACHE_THRESHOLDS),
        (ecs.RULES, environment_files.SERVICE_THRESHOLDS),
    ],
)
def test_the_thresholds_that_a_file_may_name_are_those_of_the_rules(rules: tuple[Rule, ...], known: object) -> None:
    assert tuple(rule.threshold_key for rule in rules) == known


def test_names_differ_between_environments_and_between_things(assembly_names: list[str]) -> None:
    names = assembly_names
    assert len(names) > 150
    assert len(names) == len(set(names))
    assert max(map(len, names)) <= NAME_LIMIT


def test_two_services_whose_joined_names_are_alike_have_two_alarms() -> None:
    one = ecs.watched(Service(id="c", cluster="a-b", labels={}, thresholds={}))
    other = ecs.watched(Service(id="b-c", cluster="a", labels={}, thresholds={}))
    assert alarm_name("prod", one, ecs.RULES[0]) != alarm_name("prod", other, ecs.RULES[0])


def test_a_name_that_is_too_long_is_cut_and_still_tells_two_things_apart() -> None:
    def name(service: str) -> str:
        thing = ecs.watched(Service(id=service, cluster="c" * 255, labels={}, thresholds={}))
        return alarm_name("prod", thing, ecs.RULES[0])

    assert len(name("s" * 254 + "1")) == NAME_LIMIT
    assert name("s" * 254 + "1") != name("s" * 254 + "2")


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (rds.watched(Database(id="d", labels={}, thresholds={})), {"DBInstanceIdentifier": "d"}),
        (elasticache.watched(Cache(id="c-001", labels={}, thresholds={})), {"CacheClusterId": "c-001"}),
    ],
)
def test_a_thing_is_watched_by_the_dimension_that_its_metric_has(thing: Watched, expected: dict[str, str]) -> None:
    assert thing.dimensions == expected


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40)


@given(
    sentence=VALUES,
    metadata=st.dictionaries(st.sampled_from(["alertname", "service", "team", "plane"]), VALUES, min_size=1),
)
def test_a_description_reads_back_as_what_was_written(sentence: str, metadata: dict[str, str]) -> None:
    found = read(describe(sentence, metadata))
    assert dict(found.labels) == metadata


def test_a_description_that_cloudwatch_would_refuse_is_refused_here() -> None:
    with pytest.raises(ValueError, match=f"at most {LIMIT} characters, this has 1040"):
        describe("x" * LIMIT, {"team": "platform"})
    with pytest.raises(ValueError, match="line break"):
        describe("a sentence", {"team": "one\nseverity: info"})


def test_the_relay_watches_its_queues_functions_and_topics(relay: Template) -> None:
    found = {
        (metric["MetricName"], json.dumps(dimensions(metric), sort_keys=True))
        for metric in relay.properties("AWS::CloudWatch::Alarm")
    }
    resources = relay.document["Resources"]
    for name, resource in resources.items():
        if resource["Type"] == "AWS::SQS::Queue":
            watched = {m for m, dims in found if json.loads(dims) == {"QueueName": {"Fn::GetAtt": [name, "QueueName"]}}}
            timers = resource["Properties"]["QueueName"].endswith("-timers")
            depth = set() if timers else {"ApproximateNumberOfMessagesVisible"}
            assert watched == {"ApproximateAgeOfOldestMessage"} | depth
        if resource["Type"] == "AWS::Lambda::Function":
            assert {m for m, dims in found if json.loads(dims) == {"FunctionName": {"Ref": name}}} == {
                "Errors",
                "Throttles",
                "AsyncEventsDropped",
                "DestinationDeliveryFailures",
                "RecursiveInvocationsDropped",
            }
        if resource["Type"] == "AWS::SNS::Topic" and not name.startswith("Ops"):
            assert {
                m for m, dims in found if json.loads(dims) == {"TopicName": {"Fn::GetAtt": [name, "TopicName"]}}
            } == {
                "NumberOfNotificationsFailed",
                "NumberOfNotificationsRedrivenToDlq",
                "NumberOfNotificationsFailedToRedriveToDlq",
            }


def test_the_watch_mails_by_the_ops_topic_and_says_when_it_is_over(relay: Template) -> None:
    for alarm in relay.properties("AWS::CloudWatch::Alarm"):
        (action,) = alarm["AlarmActions"]
        assert action["Ref"].startswith("OpsTopic")
        assert alarm["OKActions"] == alarm["AlarmActions"]
        # At rest these metrics are absent, and absence must not look like trouble or like an unknown.
        assert alarm["TreatMissingData"] == "notBreaching"
        labels = read(alarm["AlarmDescription"]).labels
        assert (labels["service"], labels["severity"]) == ("alertrelay", "critical")


def test_one_error_that_the_retry_mends_wakes_nobody_but_a_last_attempt_does(prod: Template) -> None:
    # Attempts come at 0, 1 and 3 minutes: three of five minutes with an error.
    for alarm in prod.properties("AWS::CloudWatch::Alarm"):
        if alarm["MetricName"] == "Errors":
            assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"], alarm["Period"]) == (3, 5, 60)
