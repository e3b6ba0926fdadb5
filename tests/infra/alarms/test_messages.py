"""Every alarm of the template, as CloudWatch would send it, read and rendered: can somebody act on it?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.alert import Alert
from alertrelay.channels.pagerduty import render as pagerduty
from alertrelay.channels.slack import render as slack
from alertrelay.render import facts, plain
from alertrelay.sources.envelope import unwrap
from alertrelay.sources.parse import parse

from tests.channels.pagerduty.example import PAGERDUTY
from tests.channels.slack.example import SLACK_BOT
from tests.infra.template import Template
from tests.render.notifications import notification
from tools.alarm_events import alarms as alarms_of
from tools.alarm_events import event

CLUSTER = "main"
RECEIVED = datetime(2026, 11, 20, 12, 0, 2, tzinfo=UTC)


@pytest.fixture(name="told", scope="module")
def _told(alarms: Template) -> list[tuple[Mapping[str, Any], Alert]]:
    """Each alarm's properties with the alert that its message makes."""
    return [(alarm, _alert(alarm)) for alarm in alarms_of(alarms.document)]


def _alert(alarm: Mapping[str, Any]) -> Alert:
    (envelope,) = unwrap(event(alarm))
    parsed = parse(envelope, received_at=RECEIVED)
    assert (parsed.source, parsed.problem) == ("cloudwatch", "")
    (alert,) = parsed.alerts
    return alert


def _dimensions(alarm: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for metric in alarm.get("Metrics", ()):
        if "MetricStat" in metric:
            yield {d["Name"]: d["Value"] for d in metric["MetricStat"]["Metric"]["Dimensions"]}
    if "Dimensions" in alarm:
        yield {d["Name"]: d["Value"] for d in alarm["Dimensions"]}


def test_an_alert_names_service_severity_reason_and_runbook(told: list[tuple[Mapping[str, Any], Alert]]) -> None:
    assert len(told) > 100
    for alarm, alert in told:
        name = alarm["AlarmName"]
        assert alert.status == "firing", name
        team = set() if alert.labels["service"] == CLUSTER else {"team"}  # of several services of several teams
        assert {"alertname", "service", "severity", "env", "plane", "category"} | team <= set(alert.labels), name
        assert alert.annotations["runbook_url"].endswith(".md"), name
        assert alert.annotations["dashboard_url"].startswith("https://eu-west-1.console.aws.amazon.com/"), name
        assert alert.annotations["impact"].endswith("."), name
        assert alert.annotations["description"].count(". ") >= 1, name
        assert alert.annotations["summary"], name


def test_an_alert_of_a_metric_names_number_threshold_and_resource(told: list[tuple[Mapping[str, Any], Alert]]) -> None:
    for alarm, alert in told:
        if "AlarmRule" in alarm:
            assert alert.annotations["triggering_alarms"], alarm["AlarmName"]
            continue
        assert alert.annotations["threshold"], alarm["AlarmName"]
        assert alert.annotations.get("value") or alarm["TreatMissingData"] == "breaching", alarm["AlarmName"]
        for found in _dimensions(alarm):
            assert found.items() <= alert.labels.items(), alarm["AlarmName"]


def test_a_group_of_nodes_or_tasks_is_one_group_of_alerts(told: list[tuple[Mapping[str, Any], Alert]]) -> None:
    """The shipped `group_by: [service, cluster, env]`: one trouble of a service is one message."""
    groups = {tuple(alert.labels.get(k, "") for k in ("service", "cluster", "env"))[:2] for _, alert in told}
    assert groups == {
        ("orders", ""),
        ("billing", ""),
        ("catalog", "catalog"),
        ("sessions", "sessions"),
        ("checkout", "main"),
        ("payments", "main"),
        ("web", "main"),
        ("edge", ""),
        (CLUSTER, CLUSTER),
    }


def test_every_channel_shows_what_the_night_needs(told: list[tuple[Mapping[str, Any], Alert]]) -> None:
    for alarm, alert in told:
        note = notification(alert)
        for text in (
            plain.body(note, facts.of(note)),
            json.dumps(slack.render(note, SLACK_BOT), ensure_ascii=False),
            json.dumps(pagerduty.render(note, PAGERDUTY), ensure_ascii=False),
        ):
            for needed in (alert.labels["service"], alert.annotations["runbook_url"], alert.annotations["impact"][:40]):
                assert needed in text, (alarm["AlarmName"], needed)
            if "AlarmRule" not in alarm:
                assert alert.annotations["threshold"] in text, alarm["AlarmName"]
