"""Log alarms, PromQL alarms, burn rates, and alarms that are not evaluated in full."""

from __future__ import annotations

from typing import Any

import pytest
from alertrelay.sources.burn_rate import limit_of, sentence


def burning(identifier: str, window: str) -> dict[str, Any]:
    named = [{"name": "SloName", "value": "pay"}, {"name": "BurnRateWindowMinutes", "value": window}]
    metric = {"Namespace": "AWS/ApplicationSignals", "MetricName": "BurnRate", "Dimensions": named}
    return {"Id": identifier, "ReturnData": False, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}


@pytest.mark.parametrize(
    ("rate", "over", "expected"),
    [
        (31.2, True, "burns 31.2 times as fast as planned over 60 minutes (limit 14.4): at this rate a 30-day budget"),
        (0.4, False, "burns 0.4 times as fast as planned over 60 minutes (limit 14.4)"),
        (None, True, "burns more than 14.4 times as fast as planned over 60 minutes"),
    ],
)
def test_a_burn_rate_is_explained_by_its_window_and_the_budget(rate: float | None, over: bool, expected: str) -> None:
    said = sentence(objective="pay", windows=["60"], rate=rate, limit=14.4, over=over)
    assert said.startswith(f"SLO pay: the error budget {expected}")


@pytest.mark.parametrize(
    ("expression", "limit"),
    [("IF(s>14.4 AND l > 14.4,1,0)", 14.4), ("IF(s>14.4 AND l>6,1,0)", None), ("m1/m2", None), ("a>" + "9" * 50, None)],
)
def test_metric_math_has_the_limit_that_all_its_windows_share(expression: str, limit: float | None) -> None:
    assert limit_of(expression) == limit


def test_metric_math_over_two_windows_is_about_the_objective(alarm: Any, one: Any) -> None:
    math = {"Id": "e", "Expression": "IF(s>14.4 AND l>14.4,1,0)", "ReturnData": True}
    trigger = {"Metrics": [math, burning("s", "5"), burning("l", "180")], "Threshold": 1, "EvaluationPeriods": 1}
    alert = one(alarm(Trigger=trigger), "critical")
    assert (alert.labels["category"], alert.labels["severity"]) == ("slo", "critical")
    assert "over 5 minutes and 3 hours" in alert.annotations["summary"]


def test_the_objective_is_the_category_unless_the_metadata_names_another(alarm: Any, one: Any) -> None:
    trigger = {**alarm()["Trigger"], "MetricName": "checkout_burn_rate", "Namespace": "Shop"}
    assert one(alarm(Trigger=trigger), "infrastructure").labels["category"] == "slo"
    assert one(alarm(Trigger=trigger, AlarmDescription="x\n\ncategory: cost")).labels["category"] == "cost"


def test_a_log_alarm_by_sns_is_read_like_its_event(alarm: Any, one: Any) -> None:
    query = {
        "QueryString": "fields @message",
        "AggregationExpression": "avg(latency) by host",
        "LogGroupIdentifiers": ["arn:aws:logs:eu-central-1:111122223333:log-group:/aws/ecs/shop:*"],
        "ScheduleConfiguration": {"ScheduleExpression": "rate(5 minutes)"},
    }
    trigger = {
        "ScheduledQueryConfiguration": query,
        "Threshold": 100.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "QueryResultsToEvaluate": 5,
        "QueryResultsToAlarm": 3,
    }
    reason = (
        "Threshold Crossed: 3 out of the last 5 query results [120.0 (20/11/26 08:50:00), 142.0 (20/11/26 08:55:00)] "
        "were greater than the threshold (100.0)."
    )
    alert = one(alarm(Trigger=trigger, NewStateReason=reason, LogLines=["a", {"message": "b"}]))
    notes = alert.annotations
    assert alert.labels["log_group"] == "/aws/ecs/shop"
    assert (notes["value"], notes["log_lines"]) == ("142", "a\nb")
    assert notes["condition"] == "avg(latency) by host > 100 for 3 of 5 query results every 5 minutes"


@pytest.mark.parametrize(("topic", "severity"), [("critical", "info"), ("warning", "info")])
def test_a_promql_contributors_severity_counts_as_its_author_wrote_it(
    alarm: Any, one: Any, topic: str, severity: str
) -> None:
    criteria = {"EvaluationCriteria": {"PromQLCriteria": {"Query": "up == 0", "PendingPeriod": 60}}}
    found = one(alarm(Trigger=criteria, AlarmContributorId="x", AlarmContributorAttributes={"severity": "info"}), topic)
    assert found.labels["severity"] == severity
    assert "dimension_severity" not in found.labels


def test_a_severity_that_is_a_dimension_of_the_data_never_lowers_the_topics(alarm: Any, one: Any) -> None:
    found = one(alarm(AlarmContributorId="x", AlarmContributorAttributes={"severity": "info"}), "critical")
    assert found.labels["severity"] == "critical"


@pytest.mark.parametrize(
    ("word", "summary"),
    [
        ("EVALUATION_ERROR", "Alarm orders-cpu cannot be evaluated: its configuration has an error. No such metric"),
        ("IN_WARM_UP", "Alarm orders-cpu is warming up: it is not evaluated yet. No such metric"),
        ("SOMETHING_NEW", "Alarm orders-cpu something new. No such metric"),
    ],
)
def test_an_alarm_without_data_names_why_it_is_not_evaluated(alarm: Any, one: Any, word: str, summary: str) -> None:
    state = {"NewStateValue": "INSUFFICIENT_DATA", "NewStateReason": "No such metric", "EvaluationState": word}
    assert one(alarm(**state)).annotations["summary"] == summary


def test_an_alarm_on_part_of_the_data_keeps_its_sentence(alarm: Any, one: Any) -> None:
    notes = one(alarm(EvaluationState="PARTIAL_DATA")).annotations
    assert notes["summary"] == "CPUUtilization of orders-db is 91.25%"
    assert notes["evaluation"] == "only part of the data was evaluated"


def test_a_composite_alarms_sentence_has_names_in_place_of_arns(alarm: Any, one: Any) -> None:
    reason = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:child transitioned to ALARM"
    notes = one(alarm(Trigger=..., AlarmRule="ALARM(child)", NewStateReason=reason)).annotations
    assert notes["summary"] == "Alarm orders-cpu is ALARM. child transitioned to ALARM"


def test_a_severity_in_the_alarms_name_raises_the_topics(alarm: Any, one: Any) -> None:
    assert one(alarm(AlarmName="hosts-SEV1"), "warning").labels["severity"] == "critical"
    assert one(alarm(AlarmName="hosts-SEV4"), "warning").labels["severity"] == "warning"
    assert one(alarm(AlarmName="hosts-SEV1", AlarmDescription="x\n\nseverity: info")).labels["severity"] == "info"
