"""Messages of other senders that were once raw, or whose end was a new alert."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alertrelay.alert import Alert
from alertrelay.sources import parse, unwrap

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FOLDER = Path(__file__).parent / "faults"


def alert(name: str) -> Alert:
    (file,) = FOLDER.glob(f"{name}-*.json")
    (envelope,) = unwrap(file.read_bytes())
    parsed = parse(envelope, received_at=NOW)
    assert parsed.problem == ""
    (found,) = parsed.alerts
    return found


@pytest.mark.parametrize(
    ("begin", "end", "key"),
    [
        ("kind-61", "kind-62", "datadog:222222"),
        ("kind-63", "kind-64", "newrelic:2c111856-2829-4235-a26b-85511bf74c08"),
        ("12", "12d", None),
    ],
)
def test_an_end_resolves_the_alert_that_it_opened(begin: str, end: str, key: str | None) -> None:
    fired, ended = alert(begin), alert(end)
    assert (fired.kind, fired.status, ended.kind, ended.status) == ("alert", "firing", "alert", "resolved")
    assert fired.state_key == ended.state_key == (key or fired.state_key)
    assert ended.ends_at is not None


@pytest.mark.parametrize(
    ("name", "severity", "summary", "link"),
    [
        (
            "kind-61",
            "error",
            "UnHealthyHostCount is in state Alert: max(last_5m):avg:aws.applicationelb.un_healthy_host_count"
            "{aws_account:123456789012} <= 1",
            "https://app.datadoghq.com/monitors/222222",
        ),
        (
            "kind-63",
            "critical",
            "Monitor failed for location l on 'PROD_KnowledgeAdvanced:AutomatedTesting'",
            "https://radar-api.service.newrelic.com/accounts/1/issues/0ea2?notifier=SLACK&action=",
        ),
        ("kind-78", "critical", "5xx 7%", "https://x.grafana.net/a/grafana-oncall-app/alert-groups/I68"),
        ("kind-79", "error", "Checkout down", "https://acme.pagerduty.com/incidents/PGR0VU2"),
        ("12", "critical", "Pod shop/checkout-0 is crash looping", "http://prom/graph?g0.expr=x"),
        ("14", "critical", "5xx above 7 % on checkout", ""),
        ("33", "critical", "CVE-2024-3094 - xz", "https://console.aws.amazon.com/inspector"),
        ("kind-59", "warning", "EC2 auto scaling refresh failed for ASG OrderProcessorServiceASG!", ""),
        ("kind-60", "critical", "Banana Order processing is down!", "http://www.example.com"),
    ],
)
def test_severity_sentence_and_page_are_the_senders_own(name: str, severity: str, summary: str, link: str) -> None:
    found = alert(name)
    assert found.labels["severity"] == severity
    assert found.annotations["summary"] == summary
    assert found.generator_url == link


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kind-61", {"provider": "datadog", "alertname": "UnHealthyHostCount", "service": "checkout", "env": "prod"}),
        ("kind-63", {"provider": "newrelic", "alertname": "Automated testing failed", "policy": "PROD:Email"}),
        ("kind-78", {"provider": "grafana-oncall", "alertname": "HighErrors"}),
        ("kind-79", {"provider": "pagerduty", "service": "checkout", "urgency": "high"}),
        ("kind-60", {"provider": "amazonq", "alertname": "BananaOrderAppEvent", "thread": "OrderProcessing-1"}),
        ("12", {"alertname": "KubePodCrashLooping", "namespace": "shop"}),
        ("14", {"alertname": "HighErrors", "service": "checkout"}),
        ("33", {"resource": "i-123", "account_id": "123456789012"}),
    ],
)
def test_its_labels_can_be_matched(name: str, expected: dict[str, str]) -> None:
    assert expected.items() <= alert(name).labels.items()


def test_ids_of_incident_groups_and_dedup_keys_are_the_identity() -> None:
    keys = [alert(name).state_key for name in ("kind-78", "kind-79", "14")]
    assert keys == ["grafana-oncall:I68T24C13IFW1", "pagerduty:PGR0VU2", "text:abc123"]


def test_amazon_qs_next_steps_and_runbook_are_for_people() -> None:
    notes = alert("kind-60").annotations
    assert notes["next_steps"] == (
        "1. Refer to diagnosis runbook (http://www.example.com)\n"
        "2. Check if instance i-04d2 needs to receive an AMI rehydration"
    )
    assert notes["runbook_url"] == "http://www.example.com"
    assert notes["description"].startswith("Banana Order processor application is no longer processing orders.")


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        (
            "kind-76",
            "Checkout error rate cannot be evaluated: [sse.dataQueryError] failed to execute query [A]: "
            'Post "https://prom/api/v1/query": context deadline exceeded',
        ),
        (
            "kind-77",
            "Grafana has no data for Checkout error rate: its series are missing, so Grafana resolved the alert",
        ),
        ("17", "Grafana has no data for host cpu (query A)"),
    ],
)
def test_a_grafana_rule_without_a_result_is_named_in_place_of_its_sentence(name: str, summary: str) -> None:
    found = alert(name)
    assert found.annotations["summary"] == summary
    assert found.annotations["rule_summary"] in (
        "Checkout error rate is above 5 %",
        "s",
        "CPU of [no value] above 90 %",
    )
    assert "value" not in found.annotations
