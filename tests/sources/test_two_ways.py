"""What comes by EventBridge and by SNS is one thing: one name, one identity, one severity."""

from __future__ import annotations

from typing import Any

import pytest
from alertrelay.sources.awsevent import rds

ACCOUNT, REGION = "111122223333", "eu-central-1"


def event(source: str, detail_type: str, detail: Any, *resources: str) -> dict[str, Any]:
    return {
        "id": "7bf73129",
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": "2026-11-20T08:58:01Z",
        "region": REGION,
        "resources": list(resources),
        "detail": detail,
    }


def rds_event(number: str, kind: str = "DB_INSTANCE", category: str = "notification") -> dict[str, Any]:
    detail = {
        "EventCategories": [category],
        "SourceType": kind,
        "SourceIdentifier": "orders",
        "Date": "2026-11-20T08:58:00.123Z",
        "Message": "Something happened.",
        "EventID": f"RDS-EVENT-{number}",
    }
    return event("aws.rds", "RDS DB Instance Event", detail)


def rds_notice(number: str, kind: str = "db-instance") -> dict[str, Any]:
    return {
        "Event Source": kind,
        "Event Time": "2026-11-20 08:58:00.123",
        "Identifier Link": f"https://console.aws.amazon.com/rds/home?region={REGION}#dbinstance:id=orders",
        "Source ID": "orders",
        "Source ARN": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders",
        "Event ID": f"http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#RDS-EVENT-{number}",
        "Event Message": "Something happened.",
    }


SCALING = {"AutoScalingGroupName": "web", "EC2InstanceId": "i-1", "ActivityId": "a-1", "StatusMessage": "No capacity."}
TASK = f"arn:aws:dms:{REGION}:{ACCOUNT}:task:orders"
INSIGHT = {"insightId": "AI1", "insightSeverity": "high", "insightDescription": "5XX", "messageType": "NEW_INSIGHT"}
HEALTH = {
    "eventArn": "arn:aws:health:eu-central-1::event/RDS/X/1",
    "eventTypeCode": "AWS_RDS_ISSUE",
    "eventTypeCategory": "issue",
    "statusCode": "open",
    "affectedAccount": ACCOUNT,
}
BAD_HEALTH = "Environment health has transitioned from Ok to Severe."
WAYS: dict[str, tuple[Any, Any]] = {
    "RDS, storage": (rds_event("0007", category="low storage"), rds_notice("0007")),
    "RDS, failover": (rds_event("0013", category="failover"), rds_notice("0013")),
    "RDS, backup": (rds_event("0002", category="backup"), rds_notice("0002")),
    "RDS, cluster": (rds_event("0069", "CLUSTER", "failover"), rds_notice("0069", "db-cluster")),
    "Auto Scaling, failure": (
        event("aws.autoscaling", "EC2 Instance Launch Unsuccessful", SCALING),
        {**SCALING, "Event": "autoscaling:EC2_INSTANCE_LAUNCH_ERROR"},
    ),
    "Auto Scaling, end": (
        event("aws.autoscaling", "EC2 Instance Terminate Successful", SCALING),
        {**SCALING, "Event": "autoscaling:EC2_INSTANCE_TERMINATE"},
    ),
    "DevOps Guru": (
        event("aws.devops-guru", "DevOps Guru New Insight Open", INSIGHT),
        {key[0].upper() + key[1:]: value for key, value in INSIGHT.items()},
    ),
    "Health": (event("aws.health", "AWS Health Event", HEALTH), HEALTH),
    "Elastic Beanstalk": (
        event("aws.elasticbeanstalk", "Health status change", {"EnvironmentName": "shop", "Message": BAD_HEALTH}),
        f"Timestamp: Fri Nov 20 08:58:00 UTC 2026\nMessage: {BAD_HEALTH}\n\nEnvironment: shop\nApplication: shop\n",
    ),
}


@pytest.mark.parametrize(("by_event", "by_notice"), WAYS.values(), ids=WAYS.keys())
def test_one_event_is_one_thing_whichever_way_it_came(one: Any, by_event: Any, by_notice: Any) -> None:
    first, second = one(by_event, "warning"), one(by_notice, "warning")
    assert first.state_key == second.state_key
    for label in ("alertname", "severity", "aws_service", "resource", "account_id", "region"):
        assert first.labels.get(label) == second.labels.get(label), label
    assert (first.kind, first.status) == (second.kind, second.status)
    assert first.annotations["summary"] == second.annotations["summary"]


def test_a_dms_task_has_one_name_whichever_way_it_came(one: Any) -> None:
    detail = {"eventType": "REPLICATION_TASK_FAILED", "eventId": "DMS-EVENT-0078", "type": "REPLICATION_TASK"}
    notice = {**rds_notice("0078", "replication-task"), "Event ID": "CHAP_Events.html#DMS-EVENT-0078"}
    first = one(event("aws.dms", "DMS Replication Task State Change", detail, TASK))
    assert first.labels["alertname"] == one(notice).labels["alertname"] == "DMSTaskFailed"
    assert first.labels["severity"] == one(notice).labels["severity"] == "warning"


@pytest.mark.parametrize(
    ("number", "severity"),
    [
        ("0007", "critical"),
        ("0031", "critical"),
        ("0089", "error"),
        ("0006", "warning"),
        ("0001", "info"),
        ("9999", ""),
    ],
)
def test_a_database_event_is_as_bad_as_its_id_says(number: str, severity: str) -> None:
    assert rds.severity_of(f"RDS-EVENT-{number}") == severity


def test_a_database_event_of_an_unknown_id_is_never_info(one: Any) -> None:
    value = rds_event("9999", category="backup")
    value["detail"]["Message"] = "Finished something new."
    assert one(value).labels["severity"] == "warning"


@pytest.mark.parametrize(("number", "severity"), [("0002", "info"), ("0006", "critical"), ("0007", "critical")])
def test_only_routine_events_of_a_database_are_below_the_critical_topic(one: Any, number: str, severity: str) -> None:
    assert one(rds_notice(number), "critical").labels["severity"] == severity


def test_two_events_of_one_database_are_two(one: Any) -> None:
    later = {**rds_notice("0013"), "Event Time": "2026-11-20 08:59:00.123"}
    keys = {one(rds_notice("0013")).state_key, one(rds_notice("0015")).state_key, one(later).state_key}
    assert len(keys) == 3
