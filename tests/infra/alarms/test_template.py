"""The alarms of the shipped environments, as CloudFormation would make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from alertrelay.sources.metadata import read

from tests.infra.template import Template

Alarm = Mapping[str, Any]
NAME_LIMIT = 255
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


def every(template: Template) -> Iterator[Alarm]:
    yield from template.properties("AWS::CloudWatch::Alarm")
    yield from template.properties("AWS::CloudWatch::CompositeAlarm")


def named(template: Template, *words: str) -> Alarm:
    """The one alarm whose name has all these words."""
    (alarm,) = (p for p in every(template) if all(w in p["AlarmName"] for w in words))
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


def test_an_alarm_notifies_the_topic_of_its_severity_when_it_fires_and_resolves(
    alarms: Template, environment: str
) -> None:
    for alarm in every(alarms):
        severity = read(alarm["AlarmDescription"]).labels["severity"]
        assert alarm["AlarmActions"] == alarm["OKActions"]
        (action,) = alarm["AlarmActions"]
        assert action["Fn::Join"][1][-1] == f":alertrelay-{environment}-{severity}"
        assert alarm.get("ActionsEnabled", True) is True
        assert "InsufficientDataActions" not in alarm


def test_insufficient_data_is_notified_where_it_was_asked_for_and_can_happen(busy_alarms: Template) -> None:
    asked = {a["AlarmName"]: a for a in busy_alarms.properties("AWS::CloudWatch::Alarm")}
    for alarm in asked.values():
        fires = read(alarm["AlarmDescription"]).insufficient_data_fires
        assert fires is (alarm["TreatMissingData"] == "missing")
        assert alarm.get("InsufficientDataActions") == (alarm["AlarmActions"] if fires else None)
    assert len({a["TreatMissingData"] for a in asked.values()}) == 3


def test_the_description_carries_the_metadata_that_an_alert_needs(alarms: Template) -> None:
    for alarm in every(alarms):
        metadata = read(alarm["AlarmDescription"])
        team = set() if metadata.labels["service"] == "main" else {"team"}  # the cluster is of several teams
        assert {"alertname", "severity", "service", "env", "plane", "category"} | team <= set(metadata.labels)
        assert {"runbook_url", "dashboard_url", "impact"} <= set(metadata.annotations)
        assert len(alarm["AlarmDescription"]) <= 1024
        first, _, why = metadata.prose.partition(". ")
        assert first
        assert why.endswith(".")
        assert "{" not in metadata.prose


def test_the_labels_are_tags_too(alarms: Template) -> None:
    for alarm in every(alarms):
        tags = {tag["Key"]: tag["Value"] for tag in alarm["Tags"]}
        labels = read(alarm["AlarmDescription"]).labels
        assert labels.items() <= tags.items()


def test_the_two_severities_of_one_trouble_share_their_alertname_and_labels(alarms: Template) -> None:
    for words in (("orders-db", "HighCPU"), ("sessions-001", "HighMemory"), ("checkout", "HighMemory")):
        warning = read(named(alarms, *words, "warning")["AlarmDescription"]).labels
        critical = read(named(alarms, *words, "critical")["AlarmDescription"]).labels
        assert {**warning, "severity": "critical"} == critical


def test_an_environments_own_threshold_wins_and_the_sentence_says_so(busy_alarms: Template) -> None:
    for severity, number in (("warning", 70), ("critical", 85)):
        alarm = named(busy_alarms, "orders-db", "HighCPU", severity)
        assert alarm["Threshold"] == number
        assert f"{number} % is this environment's own number" in alarm["AlarmDescription"]


def test_names_differ_between_environments_and_between_things(assembly_names: list[str]) -> None:
    assert len(assembly_names) > 400
    assert len(assembly_names) == len(set(assembly_names))
    assert max(map(len, assembly_names)) <= NAME_LIMIT


def test_a_parent_fires_with_any_of_its_parts_and_is_made_after_them(alarms: Template, environment: str) -> None:
    names = {r["Properties"]["AlarmName"]: id_ for id_, r in alarms.of_type("AWS::CloudWatch::Alarm").items()}
    parents = alarms.of_type("AWS::CloudWatch::CompositeAlarm")
    for parent in parents.values():
        if parent["Properties"]["AlarmName"].startswith(f"{environment}-cluster-"):
            continue
        children = [
            part.removeprefix('ALARM("').removesuffix('")') for part in parent["Properties"]["AlarmRule"].split(" OR ")
        ]
        assert sorted(names[child] for child in children) == sorted(parent["DependsOn"])
        assert all(child.endswith("-critical") for child in children)
    down = named(alarms, f"{environment}-service-orders-DatabaseDown")["AlarmRule"]
    assert f'ALARM("{environment}-rds-orders-db-RDSNotReporting-critical")' in down


def test_an_alarm_over_a_cluster_is_made_after_the_parents_of_its_services(alarms: Template, environment: str) -> None:
    parents = alarms.of_type("AWS::CloudWatch::CompositeAlarm")
    down = {i for i, p in parents.items() if f"{environment}-service-main." in p["Properties"]["AlarmName"]}
    for name in ("MultipleServicesDown", "ClusterDown"):
        (whole,) = (p for p in parents.values() if name in p["Properties"]["AlarmName"])
        assert set(whole["DependsOn"]) == down
        assert len(whole["Properties"]["AlarmActions"]) == 1


def test_a_parent_is_notified_together_with_its_parts(alarms: Template) -> None:
    """The shipped group_by: the parts and their parent make one message and one incident."""
    for parent in alarms.properties("AWS::CloudWatch::CompositeAlarm"):
        own = read(parent["AlarmDescription"]).labels
        for alarm in alarms.properties("AWS::CloudWatch::Alarm"):
            if f'"{alarm["AlarmName"]}"' in parent["AlarmRule"]:
                labels = read(alarm["AlarmDescription"]).labels
                assert [labels.get(k) for k in ("service", "cluster", "env")] == [
                    own.get(k) for k in ("service", "cluster", "env")
                ]


def test_a_learnt_band_stands_where_the_file_asks_for_one(alarms: Template) -> None:
    bands = [a for a in alarms.properties("AWS::CloudWatch::Alarm") if "ThresholdMetricId" in a]
    assert {a["AlarmName"].split("-", 2)[2] for a in bands} == {
        "catalog.writer-AuroraHighConnections-warning",
        "catalog.reader-AuroraHighConnections-warning",
        "main-ALBUnusualTraffic-warning",
    }
    for alarm in bands:
        assert "Threshold" not in alarm
        metric, band = alarm["Metrics"]
        assert band == {
            "Id": "band",
            "Expression": f"ANOMALY_DETECTION_BAND({metric['Id']}, 2)",
            "Label": band["Label"],
            "ReturnData": True,
        }
        lower = "RequestCount" in band["Label"]
        assert alarm["ComparisonOperator"] == (
            "LessThanLowerOrGreaterThanUpperThreshold" if lower else "GreaterThanUpperThreshold"
        )


def test_an_expression_returns_one_result_of_members_of_one_period(alarms: Template) -> None:
    found = [a for a in alarms.properties("AWS::CloudWatch::Alarm") if "Metrics" in a and "Threshold" in a]
    assert len(found) > 10
    for alarm in found:
        *members, result = alarm["Metrics"]
        assert [m["ReturnData"] for m in members] == [False] * len(members)
        assert result["ReturnData"] is True
        assert all(member["Id"] in result["Expression"] for member in members)
        assert len(alarm["Metrics"]) <= 10
        assert len({m["MetricStat"]["Period"] for m in members}) == 1


def test_a_resource_may_have_its_alarms_in_a_stack_of_their_own(busy_alarms: Template, busy_far: Template) -> None:
    assert all("far-db" not in a["AlarmName"] for a in every(busy_alarms))
    assert all("far-db" in a["AlarmName"] for a in every(busy_far))


def test_what_ecs_tells_by_events_alone_reaches_the_topic_of_warnings(alarms: Template, environment: str) -> None:
    patterns = {}
    for rule in alarms.properties("AWS::Events::Rule"):
        (target,) = rule["Targets"]
        assert target["Arn"]["Fn::Join"][1][-1] == f":alertrelay-{environment}-warning"
        pattern = rule["EventPattern"]
        assert pattern["source"] == ["aws.ecs"]
        patterns[pattern["detail-type"][0]] = pattern
    deployment, action, task = (
        patterns[f"ECS {kind}"] for kind in ("Deployment State Change", "Service Action", "Task State Change")
    )
    assert deployment["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}
    assert action["detail"] == {"eventType": ["WARN", "ERROR"]}
    for pattern in (deployment, action):
        (service,) = pattern["resources"]
        assert service["prefix"]["Fn::Join"][1][-1] == ":service/main/"
    assert task["detail"]["clusterArn"][0]["Fn::Join"][1][-1] == ":cluster/main"
    assert task["detail"]["containers"] == {"exitCode": [{"anything-but": [0, 143]}]}


def test_without_services_there_is_no_rule_for_their_events(busy_alarms: Template) -> None:
    assert "AWS::Events::Rule" not in {r["Type"] for r in busy_alarms.document["Resources"].values()}
