"""Alarms that were once read wrongly: labels that routes match, and sentences that a person can act on."""

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
    ("name", "expected"),
    [
        ("kind-03", {"service": "checkout", "env": "prod", "cluster": "prod-eu", "severity": "critical"}),
        ("kind-04", {"service": "checkout", "severity": "critical", "job": "checkout"}),
        ("kind-05", {"category": "slo", "SloName": "checkout-availability", "severity": "warning"}),
        ("kind-06", {"service": "checkout", "env": "eks:prod/default", "cluster": "prod"}),
        ("kind-07", {"service": "checkout", "cluster": "main"}),
        ("kind-01", {"log_group": "/aws/lambda/my-function", "severity": "warning"}),
        ("kind-02", {"endpoint": "/api/orders"}),
        ("21", {"severity": "critical"}),
    ],
)
def test_labels_that_a_route_can_match_come_from_what_aws_sends(name: str, expected: dict[str, str]) -> None:
    labels = alert(name).labels
    assert expected.items() <= labels.items()
    assert "dimension_severity" not in labels


def test_a_log_alarm_has_its_value_condition_query_and_log_group() -> None:
    found = alert("kind-01")
    notes = found.annotations
    assert (notes["value"], notes["threshold"]) == ("142", "100")
    assert notes["condition"] == "count(*) > 100 for 3 of 5 query results every 5 minutes"
    assert notes["log_groups"] == "/aws/lambda/my-function"
    assert notes["query"] == "fields @timestamp, @message | filter @message like /ERROR/\n| stats count(*)"
    assert notes["logs_url"] == (
        "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1"
        "#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fmy-function"
    )


def test_a_log_alarms_contributor_is_named_with_its_newest_value() -> None:
    notes = alert("kind-02").annotations
    assert notes["summary"] == "avg(latency) of /api/orders is 1250"
    assert notes["log_groups"] == "/aws/lambda/my-function, /aws/ecs/my-service"


def test_a_promql_alarm_has_its_query_and_pending_period() -> None:
    notes = alert("kind-03").annotations
    query = 'sum by ("@resource.service.name") (rate(http_server_errors_total[5m])) > 0.05'
    assert (notes["query"], notes["pending_period"]) == (query, "300 s")
    assert notes["condition"] == f"{query} for 300 s"
    assert notes["summary"] == f"Alarm checkout-error-ratio for checkout, prod-eu, prod is ALARM. {query} for 300 s"
    assert alert("kind-04").annotations["summary"] == "Error ratio of a service above 5 %"


def test_a_burn_rate_has_its_rate_window_and_budget_in_a_sentence() -> None:
    assert alert("kind-05").annotations["summary"] == (
        "SLO checkout-availability: the error budget burns 31.2 times as fast as planned over 60 minutes "
        "(limit 14.4): at this rate a 30-day budget lasts 23.1 hours"
    )
