from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.alert import fingerprint

CHANGED = datetime(2026, 11, 20, 8, 59, 30, 123_000, tzinfo=UTC)
METADATA = "CPU is high.\n\nalertname: RDSHighCPU\nseverity: critical\nteam: database"


def test_an_alarm_is_one_alert_with_the_sources_own_clock(alarm: Any, one: Any) -> None:
    alert = one(alarm())
    assert (alert.source, alert.kind, alert.status) == ("cloudwatch", "alert", "firing")
    assert alert.starts_at == alert.updated_at == CHANGED
    assert alert.ends_at is None


def test_labels_are_the_dimensions_and_what_identifies_the_alarm(alarm: Any, one: Any) -> None:
    assert one(alarm()).labels == {
        "alertname": "orders-cpu",
        "alarm_name": "orders-cpu",
        "severity": "warning",
        "account_id": "111122223333",
        "region": "eu-central-1",
        "namespace": "AWS/RDS",
        "metric": "CPUUtilization",
        "DBInstanceIdentifier": "orders-db",
    }


def test_the_fingerprint_is_alertmanagers_over_the_final_labels(alarm: Any, one: Any) -> None:
    alert = one(alarm(), "critical")
    assert alert.fingerprint == fingerprint(alert.labels)


def test_ok_ends_the_alert_and_keeps_its_state_key(alarm: Any, one: Any) -> None:
    alert = one(alarm(NewStateValue="OK"))
    assert (alert.status, alert.ends_at) == ("resolved", CHANGED)
    assert alert.state_key == one(alarm()).state_key


def test_alarm_by_the_critical_topic_and_ok_by_the_info_topic_is_one_incident(alarm: Any, one: Any) -> None:
    fired = one(alarm(), "critical", message_id="1")
    ended = one(alarm(NewStateValue="OK"), "info", message_id="2")
    assert (fired.labels["severity"], ended.labels["severity"]) == ("critical", "info")
    assert fired.state_key == ended.state_key
    assert fired.fingerprint != ended.fingerprint


def test_an_edited_description_does_not_make_it_another_alarm(alarm: Any, one: Any) -> None:
    assert one(alarm(AlarmDescription=METADATA)).state_key == one(alarm()).state_key


def test_nothing_that_varies_between_two_notifications_is_a_label(alarm: Any, one: Any) -> None:
    later = alarm(
        NewStateReason="Threshold Crossed: 1 datapoint [99.0 (20/11/26 09:59:00)] was greater than the threshold (9).",
        StateChangeTime="2026-11-20T09:59:30.123+0000",
        OldStateValue="INSUFFICIENT_DATA",
    )
    assert one(alarm()).labels == one(later).labels


@pytest.mark.parametrize(
    ("description", "status"),
    [(None, "unknown"), ("x\n\ninsufficient_data: firing", "firing"), ("x\n\ninsufficient_data: ignore", "unknown")],
)
def test_insufficient_data_is_unknown_unless_the_description_says_firing(
    alarm: Any, one: Any, description: str | None, status: str
) -> None:
    alert = one(alarm(NewStateValue="INSUFFICIENT_DATA", AlarmDescription=description))
    assert (alert.status, alert.ends_at) == (status, None)


@pytest.mark.parametrize("state", ["PAUSED", None, 3])
def test_a_state_that_nobody_documents_fires(alarm: Any, one: Any, state: object) -> None:
    assert one(alarm(NewStateValue=state)).status == "firing"


def test_the_descriptions_alertname_wins_over_the_alarms_name(alarm: Any, one: Any) -> None:
    labels = one(alarm(AlarmDescription=METADATA)).labels
    assert (labels["alertname"], labels["alarm_name"]) == ("RDSHighCPU", "orders-cpu")


@pytest.mark.parametrize(
    ("topic", "severity", "category"),
    [
        ("critical", "critical", None),
        ("warning", "warning", None),
        ("info", "info", None),
        ("slo-violations", "warning", "slo"),
        ("infrastructure", "warning", "infrastructure"),
        ("", "warning", None),
        ("something", "warning", None),
    ],
)
def test_without_metadata_the_topic_gives_severity_and_category(
    alarm: Any, one: Any, topic: str, severity: str, category: str | None
) -> None:
    labels = one(alarm(), topic).labels
    assert (labels["severity"], labels.get("category")) == (severity, category)


def test_metadata_wins_over_the_topic(alarm: Any, one: Any) -> None:
    described = alarm(AlarmDescription="x\n\nseverity: critical\ncategory: cpu")
    labels = one(described, "slo-violations").labels
    assert (labels["severity"], labels["category"]) == ("critical", "cpu")


def test_the_topic_gives_what_the_metadata_leaves_open(alarm: Any, one: Any) -> None:
    labels = one(alarm(AlarmDescription="x\n\nseverity: critical"), "slo-violations").labels
    assert (labels["severity"], labels["category"]) == ("critical", "slo")


def test_an_odd_severity_is_kept_and_the_topic_does_not_replace_it(alarm: Any, one: Any) -> None:
    assert one(alarm(AlarmDescription="x\n\nseverity: Purple"), "critical").labels["severity"] == "purple"


@pytest.mark.parametrize(
    "tags",
    [
        {"severity": "critical", "Team": "payments", "Owner": "nobody"},
        [{"Key": "severity", "Value": "critical"}, {"Key": "Team", "Value": "payments"}],
        [{"key": "severity", "value": "critical"}, {"key": "Team", "value": "payments"}],
    ],
)
def test_alarm_tags_win_over_the_description(alarm: Any, one: Any, tags: object) -> None:
    described = alarm(AlarmDescription="x\n\nseverity: info\nteam: database\nservice: orders", AlarmTags=tags)
    labels = one(described, "warning").labels
    assert (labels["severity"], labels["team"], labels["service"]) == ("critical", "payments", "orders")
    assert "Owner" not in labels


@pytest.mark.parametrize(
    ("dimensions", "cluster"),
    [
        ({"ClusterName": "shop", "ServiceName": "checkout"}, "shop"),
        ({"DBClusterIdentifier": "orders", "Role": "WRITER"}, "orders"),
        ({"ReplicationGroupId": "sessions"}, "sessions"),
        ({"CacheClusterId": "sessions-001"}, "sessions"),
        ({"CacheClusterId": "sessions-0002-003"}, "sessions"),
        ({"CacheClusterId": "memcached"}, "memcached"),
        ({"DBInstanceIdentifier": "orders-db"}, None),
    ],
)
def test_the_cluster_comes_from_the_dimensions(
    alarm: Any, one: Any, dimensions: dict[str, str], cluster: str | None
) -> None:
    trigger = {**alarm()["Trigger"], "Dimensions": [{"name": n, "value": v} for n, v in dimensions.items()]}
    labels = one(alarm(Trigger=trigger)).labels
    assert labels.get("cluster") == cluster
    assert dimensions.items() <= labels.items()


def test_a_dimension_that_loses_its_name_is_kept_under_another(alarm: Any, one: Any) -> None:
    dimensions = [
        {"name": "region", "value": "moon"},
        {"name": "severity", "value": "FATAL"},
        {"name": "env", "value": "qa"},
    ]
    labels = one(alarm(Trigger={**alarm()["Trigger"], "Dimensions": dimensions})).labels
    assert (labels["region"], labels["dimension_region"]) == ("eu-central-1", "moon")
    assert (labels["severity"], labels["dimension_severity"]) == ("warning", "FATAL")
    assert (labels["env"], labels.get("dimension_env")) == ("qa", None)


def test_value_threshold_and_condition_are_in_words_with_units(alarm: Any, one: Any) -> None:
    notes = one(alarm()).annotations
    assert (notes["value"], notes["threshold"]) == ("91.25%", "80%")
    assert notes["condition"] == "CPUUtilization average over 60 s > 80% for 10 of 10 periods"
    assert notes["reason"].startswith("Threshold Crossed")
    assert notes["summary"] == "CPUUtilization of orders-db is 91.25%"


def test_the_descriptions_first_sentence_is_the_summary(alarm: Any, one: Any) -> None:
    text = "CPU of orders-db is above 80 % for 10 minutes. It was 70 % before.\nCall nobody.\n\nteam: database"
    notes = one(alarm(AlarmDescription=text)).annotations
    assert notes["summary"] == "CPU of orders-db is above 80 % for 10 minutes."
    assert notes["description"] == "CPU of orders-db is above 80 % for 10 minutes. It was 70 % before.\nCall nobody."


def test_the_console_link_survives_an_odd_name(alarm: Any, one: Any) -> None:
    assert one(alarm(AlarmName="a/b [c] 100%")).generator_url == (
        "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#alarmsV2:alarm/a%2Fb%20%5Bc%5D%20100%25"
    )


def test_without_an_arn_the_one_of_a_later_message_is_derived(alarm: Any, one: Any) -> None:
    old = alarm(AlarmArn=..., Region="EU - Frankfurt")
    assert one(old, "critical").state_key == one(alarm(), "critical").state_key
    assert one(old).state_key == one(alarm()).state_key


@pytest.mark.parametrize(
    ("place", "partition", "region"),
    [
        ("China (Beijing)", "aws-cn", "cn-north-1"),
        ("US West (Oregon)", "aws", "us-west-2"),
        ("us-gov-west-1", "aws-us-gov", "us-gov-west-1"),
    ],
)
def test_a_bare_old_message_gets_its_region_from_its_words(
    alarm: Any, one: Any, place: str, partition: str, region: str
) -> None:
    alert = one(alarm(AlarmArn=..., Region=place))
    assert alert.labels.get("region", "") == region
    assert alert.state_key == f"arn:{partition}:cloudwatch:{region}:111122223333:alarm:orders-cpu"


def test_another_accounts_alarm_is_derived_with_that_account(alarm: Any, one: Any) -> None:
    alert = one(alarm(AlarmArn=..., AWSAccountId="444455556666"), "critical")
    assert alert.state_key == "arn:aws:cloudwatch:eu-central-1:444455556666:alarm:orders-cpu"
    assert alert.labels["account_id"] == "444455556666"


@pytest.mark.parametrize("name", [None, ""])
def test_a_missing_name_is_taken_from_the_arn(alarm: Any, one: Any, name: str | None) -> None:
    assert one(alarm(AlarmName=name)).labels["alarm_name"] == "orders-cpu"


def test_two_contributors_of_one_alarm_are_two_alerts(alarm: Any, one: Any) -> None:
    def contributor(key: str, database: str, state: str) -> dict[str, Any]:
        message: dict[str, Any] = alarm(
            NewStateValue=state, AlarmContributorId=key, AlarmContributorAttributes={"DBInstanceIdentifier": database}
        )
        message["Trigger"] = {
            "Period": 60,
            "EvaluationPeriods": 3,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 900.0,
            "Metrics": [
                {
                    "Id": "q",
                    "ReturnData": True,
                    "Expression": 'SELECT MAX(DatabaseConnections) FROM SCHEMA("AWS/RDS", DBInstanceIdentifier) '
                    "GROUP BY DBInstanceIdentifier",
                }
            ],
        }
        return message

    a, b = one(contributor("aa", "orders-db", "ALARM")), one(contributor("bb", "billing-db", "ALARM"))
    ended = one(contributor("aa", "orders-db", "OK"))
    assert a.state_key == "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:orders-cpu#aa"
    assert ended.state_key == a.state_key != b.state_key
    assert (a.labels["DBInstanceIdentifier"], b.labels["DBInstanceIdentifier"]) == ("orders-db", "billing-db")
    assert (a.labels["namespace"], a.labels["metric"]) == ("AWS/RDS", "DatabaseConnections")
    assert a.annotations["condition"] == "DatabaseConnections max over 60 s > 900 for 3 of 3 periods"


def _stat(
    key: str, metric: str, dimensions: dict[str, str], returned: bool, namespace: str = "AWS/ELB"
) -> dict[str, Any]:
    named = [{"name": name, "value": value} for name, value in dimensions.items()]
    metric_of = {"Namespace": namespace, "MetricName": metric, "Dimensions": named}
    return {"Id": key, "ReturnData": returned, "MetricStat": {"Metric": metric_of, "Period": 300, "Stat": "Sum"}}


def test_metric_math_takes_what_its_metrics_share(alarm: Any, one: Any) -> None:
    trigger = {
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5,
        "Metrics": [
            {"Id": "rate", "Expression": "100*e/r", "Label": "failed in %", "ReturnData": True},
            _stat("e", "Errors", {"LoadBalancer": "shop", "Code": "5xx"}, False),
            _stat("r", "Requests", {"LoadBalancer": "shop", "Code": "all"}, False),
        ],
    }
    alert = one(alarm(Trigger=trigger))
    assert (alert.labels["LoadBalancer"], alert.labels["namespace"]) == ("shop", "AWS/ELB")
    assert not {"Code", "metric"} & alert.labels.keys()
    assert alert.annotations["condition"] == "failed in % over 300 s > 5 for 2 of 3 periods"
    assert alert.annotations["expression"] == "100*e/r"


def test_an_anomaly_band_is_the_threshold(alarm: Any, one: Any) -> None:
    trigger = {
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
        "ThresholdMetricId": "band",
        "Metrics": [
            _stat("m", "Orders", {"Shop": "de"}, True),
            {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)", "ReturnData": True},
        ],
    }
    reason = (
        "Thresholds Crossed: 1 out of the last 1 datapoints [12.5 (20/11/26 08:58:00)] was less than the lower "
        "thresholds [20.25] or greater than the upper thresholds [40.5] (minimum 1 datapoint)."
    )
    notes = one(alarm(Trigger=trigger, NewStateReason=reason)).annotations
    assert (notes["value"], notes["threshold"]) == ("12.5", "20.25 to 40.5")
    assert notes["condition"] == "Orders sum over 60 s outside the expected band (20.25 to 40.5) for 1 of 1 period"


@pytest.mark.parametrize(
    ("children", "shown"),
    [
        ([{"Arn": "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:a", "State": {"Value": "ALARM"}}], "a (ALARM)"),
        (["arn:aws:cloudwatch:eu-central-1:111122223333:alarm:a", "b"], "a, b"),
        ([], None),
        (None, None),
    ],
)
def test_a_composite_alarm_names_its_children(alarm: Any, one: Any, children: object, shown: str | None) -> None:
    alert = one(alarm(Trigger=..., AlarmRule='ALARM("a") OR ALARM("b")', TriggeringChildren=children))
    assert alert.annotations.get("triggering_alarms") == shown
    assert alert.annotations["alarm_rule"] == 'ALARM("a") OR ALARM("b")'
    assert not {"metric", "namespace"} & alert.labels.keys()
    assert alert.annotations["summary"].startswith("Alarm orders-cpu is ALARM. Threshold Crossed")


def test_a_composite_alarm_has_the_address_of_each_child(alarm: Any, one: Any) -> None:
    children = [{"Arn": "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:a b", "State": {"Value": "ALARM"}}, "c"]
    addresses = one(alarm(Trigger=..., AlarmRule="x", TriggeringChildren=children)).annotations["triggering_alarm_urls"]
    console = "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#alarmsV2:alarm/"
    assert addresses.splitlines() == [f"{console}a%20b", f"{console}c"]


def test_a_percentile_is_named_in_the_condition(alarm: Any, one: Any) -> None:
    trigger = {**alarm()["Trigger"], "StatisticType": "ExtendedStatistic", "ExtendedStatistic": "p90"}
    assert "CPUUtilization p90 over" in one(alarm(Trigger=trigger)).annotations["condition"]


@pytest.mark.parametrize(
    "field", ["AlarmDescription", "NewStateReason", "OldStateValue", "Region", "Trigger", "AWSAccountId"]
)
@pytest.mark.parametrize("value", [None, ..., 7, [], {}])
def test_null_missing_and_odd_fields_are_survived(alarm: Any, parsed: Any, field: str, value: object) -> None:
    result = parsed(alarm(**{field: value}))
    assert (result.source, result.problem) == ("cloudwatch", "")
    assert all(result.alerts[0].labels.values())


def test_without_a_time_of_its_own_it_has_the_topics_and_is_never_stale(alarm: Any, one: Any) -> None:
    sent = datetime(2026, 11, 20, 8, 59, 31, tzinfo=UTC)
    alert = one(alarm(StateChangeTime="yesterday"), sent_at=sent)
    assert (alert.starts_at, alert.updated_at) == (sent, None)


def test_the_end_of_a_mute_window_is_notified(alarm: Any, one: Any) -> None:
    assert "mute window" in one(alarm(ActionExecutedAfterMuteWindow=True)).annotations["note"]
    assert "note" not in one(alarm(ActionExecutedAfterMuteWindow=False)).annotations


def test_exact_reason_data_wins_over_the_words(alarm: Any, one: Any) -> None:
    exact = alarm(NewStateReasonData='{"recentDatapoints": [90.0, 93.5], "threshold": 80.0}')
    assert one(exact).annotations["value"] == "93.5%"
