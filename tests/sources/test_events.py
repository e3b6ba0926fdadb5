"""The events of the folder, as the forwarders would receive them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alertrelay.alert import Alert
from alertrelay.sources import Parsed, parse, unwrap

NOW = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
FOLDER = Path(__file__).parents[2] / "events"
FILES = {file.stem: file for file in sorted(FOLDER.glob("*.json")) if file.stem != "env"}
RAW = {"raw-text", "truncated-json"}


def parsed(name: str) -> list[Parsed]:
    return [parse(envelope, received_at=NOW) for envelope in unwrap(FILES[name].read_bytes())]


def alert(name: str) -> Alert:
    ((found,),) = [each.alerts for each in parsed(name)]
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_event_is_of_a_known_kind_and_readable(name: str) -> None:
    for each in parsed(name):
        assert (each.source == "raw") == (name in RAW), each.problem
        for found in each.alerts:
            assert found.labels["alertname"]
            assert found.labels["severity"] in ("critical", "error", "warning", "info")
            assert len(found.annotations["summary"]) <= 250
            assert all(found.labels.values())
            assert all(found.annotations.values())


@pytest.mark.parametrize("name", FILES)
def test_every_event_has_the_shape_that_lambda_receives(name: str) -> None:
    for record in json.loads(FILES[name].read_text())["Records"]:
        assert record["EventSource"] == "aws:sns"
        assert record["EventSubscriptionArn"].startswith(record["Sns"]["TopicArn"] + ":")
        assert {"MessageId", "Timestamp", "Subject", "Message", "MessageAttributes"} <= record["Sns"].keys()
        assert record["Sns"]["TopicArn"].startswith("arn:aws:sns:eu-central-1:111122223333:")
        assert len(record["Sns"]["Subject"] or "") <= 100


def test_no_two_records_share_a_message_id() -> None:
    ids = [record["Sns"]["MessageId"] for file in FILES.values() for record in json.loads(file.read_text())["Records"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith("-ok") and not name.startswith("insuff")])
def test_an_ok_ends_the_alarm_of_its_pair(name: str) -> None:
    fired, ended = alert(name.removesuffix("-ok") + "-alarm"), alert(name)
    assert (fired.status, ended.status) == ("firing", "resolved")
    assert fired.state_key == ended.state_key
    assert ended.updated_at is not None
    assert fired.updated_at is not None
    assert ended.updated_at > fired.updated_at


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("datadog-triggered", "datadog-recovered"),
        ("newrelic-activated", "newrelic-closed"),
        ("alertmanager-own-template", "alertmanager-own-template-over"),
    ],
)
def test_the_end_of_another_senders_alert_resolves_it(begin: str, end: str) -> None:
    fired, ended = alert(begin), alert(end)
    assert (fired.status, ended.status, fired.state_key) == ("firing", "resolved", ended.state_key)


def test_the_critical_alarm_says_all_that_a_person_needs() -> None:
    found = alert("rds-cpu-critical-alarm")
    assert found.labels == {
        "alertname": "RDSHighCPU",
        "alarm_name": "prod-rds-orders-db-RDSHighCPU-critical",
        "severity": "critical",
        "service": "orders",
        "team": "commerce",
        "plane": "app",
        "env": "prod",
        "category": "cpu",
        "account_id": "111122223333",
        "region": "eu-central-1",
        "namespace": "AWS/RDS",
        "metric": "CPUUtilization",
        "DBInstanceIdentifier": "orders-db",
    }
    assert found.annotations["summary"] == "CPU of database orders-db is above 90 % for 5 minutes."
    assert (found.annotations["value"], found.annotations["threshold"]) == ("96.83%", "90%")
    assert {"runbook_url", "dashboard_url", "impact", "condition", "reason"} <= found.annotations.keys()
    assert found.generator_url.endswith("alarmsV2:alarm/prod-rds-orders-db-RDSHighCPU-critical")


def test_one_alarm_on_two_topics_is_one_alert_at_one_moment() -> None:
    first, second = alert("rds-cpu-critical-alarm"), alert("rds-cpu-critical-alarm-second-topic")
    assert (first.state_key, first.updated_at) == (second.state_key, second.updated_at)


def test_ok_by_the_info_topic_ends_the_alarm_of_the_critical_one() -> None:
    assert alert("rds-cpu-critical-ok-info-topic").state_key == alert("rds-cpu-critical-alarm").state_key


def test_two_contributors_are_two_alerts_of_one_alarm() -> None:
    orders, billing = alert("contributor-orders-alarm"), alert("contributor-billing-alarm")
    assert orders.state_key != billing.state_key
    assert orders.state_key.partition("#")[0] == billing.state_key.partition("#")[0]
    assert orders.labels["alarm_name"] == billing.labels["alarm_name"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("slo-violation", {"category": "slo", "severity": "warning"}),
        ("slo-burn-rate-alarm", {"category": "slo", "SloName": "checkout-availability"}),
        ("log-alarm", {"service": "checkout", "team": "commerce", "severity": "error"}),
        ("amazonq-notification", {"service": "orders", "thread": "nightly-export", "severity": "error"}),
        ("datadog-triggered", {"service": "checkout", "team": "commerce", "provider": "datadog"}),
        ("own-json", {"service": "edge", "severity": "error", "category": "infrastructure"}),
        ("transactions-alarm", {"category": "transactions"}),
        ("anomaly-detected", {"category": "anomaly", "alarm_name": "response-time", "service": "catalog"}),
        ("anomaly-band-alarm", {"category": "transactions", "metric": "OrdersPlaced"}),
        ("info-alarm", {"severity": "info"}),
        ("no-metadata-alarm", {"severity": "warning", "category": "infrastructure"}),
        ("unknown-topic-alarm", {"severity": "warning"}),
        ("elasticache-memory-alarm", {"cluster": "sessions", "category": "memory"}),
        ("ecs-cpu-alarm", {"cluster": "main", "ServiceName": "checkout"}),
        ("truncated-json", {"severity": "critical"}),
        ("old-message-without-arn", {"region": "eu-central-1"}),
    ],
)
def test_an_event_has_the_labels_that_it_is_routed_by(name: str, expected: dict[str, str]) -> None:
    assert expected.items() <= alert(name).labels.items()


@pytest.mark.parametrize(("name", "status"), [("insufficient-data", "unknown"), ("insufficient-data-fires", "firing")])
def test_insufficient_data_by_the_descriptions_switch(name: str, status: str) -> None:
    assert alert(name).status == status


def test_the_hostile_description_arrives_whole_and_unchanged() -> None:
    message = json.loads(json.loads(FILES["hostile-description-alarm"].read_text())["Records"][0]["Sns"]["Message"])
    assert len(message["AlarmDescription"]) == 1024
    assert alert("hostile-description-alarm").annotations["description"] == message["AlarmDescription"].strip()


def test_a_contributor_by_eventbridge_is_the_one_that_its_sns_message_is_about() -> None:
    assert alert("eventbridge-contributor").state_key == alert("contributor-orders-alarm").state_key


def test_a_mixed_group_is_four_alerts() -> None:
    (each,) = parsed("alertmanager-firing-and-resolved")
    assert [found.status for found in each.alerts] == ["firing", "resolved", "firing", "resolved"]
    assert len({found.state_key for found in each.alerts}) == 4


def test_what_we_sent_is_marked() -> None:
    assert [name for name in FILES if any(each.hop for each in parsed(name))] == ["own-message-come-back"]


def test_every_event_is_in_the_table_of_the_readme() -> None:
    readme = (FOLDER / "README.md").read_text()
    missing: list[Any] = [name for name in FILES if f"`{name}.json`" not in readme]
    assert missing == []
