from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

ARN = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:orders-cpu"
REASON_DATA = json.dumps({"recentDatapoints": [88.0, 91.25], "threshold": 80.0})
METRIC = {
    "id": "m1",
    "returnData": True,
    "metricStat": {
        "metric": {
            "namespace": "AWS/RDS",
            "name": "CPUUtilization",
            "dimensions": {"DBInstanceIdentifier": "orders-db"},
        },
        "period": 60,
        "stat": "Average",
    },
}


def event(detail_type: str = "CloudWatch Alarm State Change", **detail: Any) -> dict[str, Any]:
    state = {
        "value": "ALARM",
        "reason": "Threshold Crossed",
        "reasonData": REASON_DATA,
        "timestamp": "2026-11-20T08:59:30.123+0000",
    }
    whole = {"alarmName": "orders-cpu", "state": state, "configuration": {"metrics": [METRIC]}, **detail}
    return {
        "version": "0",
        "id": "e-1",
        "detail-type": detail_type,
        "source": "aws.cloudwatch",
        "account": "111122223333",
        "time": "2026-11-20T08:59:31Z",
        "region": "eu-central-1",
        "resources": [ARN],
        "detail": {name: value for name, value in whole.items() if value is not ...},
    }


def direct(**data: Any) -> dict[str, Any]:
    detail = event(**data)["detail"]
    wrapping = {"source": "aws.cloudwatch", "alarmArn": ARN, "accountId": "111122223333", "region": "eu-central-1"}
    return {**wrapping, "time": "2026-11-20T08:59:31.000+0000", "alarmData": detail}


@pytest.mark.parametrize(("message", "source"), [(event(), "eventbridge"), (direct(), "cloudwatch-direct")])
def test_it_is_the_alert_of_the_alarms_own_sns_message(
    alarm: Any, one: Any, message: dict[str, Any], source: str
) -> None:
    alert, by_sns = one(message), one(alarm())
    assert alert.source == source
    assert (alert.state_key, alert.updated_at, alert.status) == (by_sns.state_key, by_sns.updated_at, by_sns.status)
    assert alert.labels == by_sns.labels
    assert (alert.annotations["value"], alert.annotations["threshold"]) == ("91.25%", "80%")


def test_a_contributor_is_an_alert_of_its_own(one: Any) -> None:
    contributor = {"id": "aa", "attributes": {"QueueName": "invoices"}}
    alert = one(event("CloudWatch Alarm Contributor State Change", alarmContributor=contributor))
    assert alert.state_key == f"{ARN}#aa"
    assert alert.labels["QueueName"] == "invoices"


@pytest.mark.parametrize("build", [event, direct])
@pytest.mark.parametrize(
    ("value", "status"), [("ALARM", "unknown"), ("OK", "resolved"), ("INSUFFICIENT_DATA", "unknown")]
)
def test_a_suppressed_alarm_does_not_fire_but_still_ends(one: Any, build: Any, value: str, status: str) -> None:
    state = {"value": value, "timestamp": "2026-11-20T08:59:30Z", "actionsSuppressedBy": "WaitPeriod"}
    alert = one(build(state=state))
    assert alert.status == status
    assert alert.annotations.get("suppressed_by") == ("WaitPeriod" if value == "ALARM" else None)


def test_a_muted_alarm_does_not_fire(one: Any) -> None:
    alert = one(event(muteDetail={"mutedByArn": "arn:aws:cloudwatch:eu-central-1:111122223333:alarm-mute-rule:x"}))
    assert alert.status == "unknown"
    assert alert.annotations["suppressed_by"] == "mute rule x"


def test_a_deleted_alarm_ends_its_alert_under_its_own_identity(one: Any) -> None:
    alert = one(event("CloudWatch Alarm Configuration Change", operation="delete"), "critical")
    assert (alert.kind, alert.status, alert.state_key) == ("alert", "resolved", one(event()).state_key)
    assert alert.annotations["summary"] == "Alarm orders-cpu was deleted"
    assert alert.ends_at == alert.updated_at is not None


@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_configuration_change_is_information_under_its_own_id(one: Any, operation: str) -> None:
    alert = one(event("CloudWatch Alarm Configuration Change", operation=operation), "critical")
    assert (alert.kind, alert.labels["severity"], alert.state_key) == ("event", "info", "eventbridge:e-1")
    assert alert.annotations["summary"].startswith(f"Alarm orders-cpu was {operation}d; its state is ALARM")
    assert (alert.ends_at, alert.updated_at) == (None, None)


def test_a_composite_names_its_rule_and_its_children(one: Any) -> None:
    children = [{"arn": "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:a", "state": {"value": "ALARM"}}]
    state = {**event()["detail"]["state"], "reasonData": json.dumps({"triggeringAlarms": children})}
    alert = one(event(state=state, configuration={"alarmRule": "ALARM(a)"}))
    assert (alert.annotations["alarm_rule"], alert.annotations["triggering_alarms"]) == ("ALARM(a)", "a (ALARM)")


def test_an_anomaly_band_is_no_expression(one: Any) -> None:
    band = {"id": "ad1", "expression": "ANOMALY_DETECTION_BAND(m1, 2)", "returnData": True}
    alert = one(event(configuration={"metrics": [METRIC, band]}))
    assert alert.labels["metric"] == "CPUUtilization"
    assert "expression" not in alert.annotations


@pytest.mark.parametrize("field", ["state", "previousState", "configuration", "alarmContributor", "alarmTags"])
@pytest.mark.parametrize("value", [None, ..., 7, [], {}, {"x": 1}])
def test_odd_details_are_survived(parsed: Any, field: str, value: object) -> None:
    for detail_type in ("CloudWatch Alarm State Change", "CloudWatch Alarm Configuration Change"):
        result = parsed(event(detail_type, **{field: value}))
        assert (result.source, result.problem) == ("eventbridge", "")


def test_without_a_state_timestamp_the_events_time_counts(one: Any) -> None:
    alert = one(event(state={"value": "OK"}))
    assert alert.ends_at == alert.updated_at == datetime(2026, 11, 20, 8, 59, 31, tzinfo=UTC)


def test_without_resources_the_arn_is_derived(one: Any) -> None:
    assert one({**event(), "resources": []}).state_key == ARN


def test_alarm_tags_win(one: Any) -> None:
    described = {"metrics": [METRIC], "description": "x\n\nteam: a"}
    assert one(event(configuration=described, alarmTags={"team": "b"})).labels["team"] == "b"
