"""The alarms of an environment as CloudWatch lists them, in the form in which SNS brings their updates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from alertrelay.alert import Alert
from alertrelay.aws.alarms.survey import surveyed_alarms
from alertrelay.dispatch.survey import Alarms
from alertrelay.sources import parse
from botocore.exceptions import ClientError
from botocore.model import ServiceModel

from tests.aws.test_alarms_ended import MODEL, OLD

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SINCE = datetime(2026, 11, 20, 2, 40, 1, 250000, tzinfo=UTC)
ARN = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:alertrelay-prod-critical"


def described(name: str, *, state: str = "ALARM", topic: str = TOPIC, **more: Any) -> dict[str, Any]:
    """A metric alarm as DescribeAlarms has it."""
    return {
        "AlarmName": name,
        "AlarmArn": f"{ARN}{name}",
        "AlarmDescription": "CPU is high.\n\nservice: orders",
        "AlarmActions": ["arn:aws:sns:eu-central-1:111122223333:other", topic],
        "OKActions": [topic],
        "StateValue": state,
        "StateReason": "Threshold Crossed: 1 datapoint [93.0] was greater than the threshold (90.0).",
        "StateUpdatedTimestamp": NOW,
        "StateTransitionedTimestamp": SINCE,
        "MetricName": "CPUUtilization",
        "Namespace": "AWS/RDS",
        "Statistic": "Average",
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders-db"}],
        "Period": 60,
        "EvaluationPeriods": 5,
        "Threshold": 90.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


class CloudWatch:
    """DescribeAlarms of one state, a page at a time, and the contributors of an alarm."""

    def __init__(self, *pages: Mapping[str, Any], model: ServiceModel = MODEL, throttles: bool = False) -> None:
        self.meta = SimpleNamespace(service_model=model)
        self.pages, self.throttles = pages, throttles
        self.contributors: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []

    def describe_alarms(self, **asked: Any) -> dict[str, Any]:
        if self.throttles:
            raise ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "DescribeAlarms")
        self.asked.append(asked)
        place = int(asked.get("NextToken", 0))
        more = {"NextToken": str(place + 1)} if place + 1 < len(self.pages) else {}
        return {"ResponseMetadata": {}, **self.pages[place], **more}

    def describe_alarm_contributors(self, **asked: Any) -> dict[str, Any]:
        first = "NextToken" not in asked
        return {"AlarmContributors": self.contributors[: 1 if first else None][0 if first else 1 :]} | (
            {"NextToken": "2"} if first and len(self.contributors) > 1 else {}
        )


def ask(cloudwatch: CloudWatch, state: str = "ALARM", token: str = "") -> Alarms | None:
    port = surveyed_alarms(
        lambda: cloudwatch,  # type: ignore[arg-type,return-value] # the two calls that are made
        account="111122223333",
        region="eu-central-1",
        topics="alertrelay-prod-",
        now=lambda: NOW,
        log=lambda _event, **_fields: None,
    )
    return port(state, token)


def alerts(page: Alarms | None) -> list[Alert]:
    assert page
    return [alert for envelope, _ in page.updates for alert in parse(envelope, received_at=NOW).alerts]


def test_an_alarm_is_read_as_the_update_that_sns_brought() -> None:
    (found,) = alerts(ask(CloudWatch({"MetricAlarms": [described("cpu")]})))
    assert (found.status, found.source, found.state_key) == ("firing", "cloudwatch", f"{ARN}cpu")
    assert found.updated_at == SINCE
    labels = {name: found.labels.get(name) for name in ("severity", "service", "metric", "DBInstanceIdentifier")}
    assert labels == {
        "severity": "critical",
        "service": "orders",
        "metric": "CPUUtilization",
        "DBInstanceIdentifier": "orders-db",
    }
    assert "93" in found.annotations["value"]
    assert found.annotations["threshold"].startswith("90")


@pytest.mark.parametrize("kind", ["CompositeAlarms", "LogAlarms"])
def test_every_type_of_alarm_is_found(kind: str) -> None:
    cloudwatch = CloudWatch({kind: [described("cpu")]})
    assert [one.state_key for one in alerts(ask(cloudwatch))] == [f"{ARN}cpu"]
    assert cloudwatch.asked[0]["AlarmTypes"] == MODEL.shape_for("AlarmType").enum  # type: ignore[attr-defined]
    assert cloudwatch.asked[0]["StateValue"] == "ALARM"


def test_an_alarm_of_another_environment_is_none_of_ours() -> None:
    other = described("cpu", topic=TOPIC.replace("prod", "dev"))
    assert alerts(ask(CloudWatch({"MetricAlarms": [other]}))) == []


def test_an_alarm_of_the_relay_on_itself_is_no_alert() -> None:
    own = described("prod-alertrelay-table-AlertrelayTableFailing", topic=TOPIC.replace("critical", "ops"))
    assert alerts(ask(CloudWatch({"MetricAlarms": [own]}))) == []


def test_an_alarm_that_is_as_it_was_created_is_left_out() -> None:
    created: dict[str, Any] = {"AlarmConfigurationUpdatedTimestamp": SINCE}
    page = {"MetricAlarms": [described("new", state="OK", **created), described("cpu", **created)]}
    assert [one.state_key for one in alerts(ask(CloudWatch(page)))] == [f"{ARN}cpu"]


def test_pages_follow_by_token_and_a_resolve_is_read() -> None:
    pages = [{"MetricAlarms": [described(name, state="OK")]} for name in ("a", "b")]
    cloudwatch = CloudWatch(*pages)
    first = ask(cloudwatch, "OK")
    assert first
    assert [(one.status, one.state_key) for one in alerts(first)] == [("resolved", f"{ARN}a")]
    second = ask(cloudwatch, "OK", first.token)
    assert second
    assert (alerts(second)[0].state_key, second.token) == (f"{ARN}b", "")


def test_each_contributor_that_fires_is_an_update() -> None:
    query = [{"Id": "q", "Expression": "SELECT MAX(Errors) FROM Shop GROUP BY Shop"}]
    cloudwatch = CloudWatch({"MetricAlarms": [described("errors", Metrics=query)]})
    cloudwatch.contributors = [
        {"ContributorId": f"c{n}", "ContributorAttributes": {"Shop": f"shop-{n}"}, "StateTransitionedTimestamp": SINCE}
        for n in range(3)
    ]
    found = alerts(ask(cloudwatch))
    assert [one.state_key for one in found] == [f"{ARN}errors#c{n}" for n in range(3)]
    assert [one.labels["Shop"] for one in found] == ["shop-0", "shop-1", "shop-2"]


def test_a_model_without_contributors_gives_the_alarm_itself() -> None:
    query = [{"Id": "q", "Expression": "SELECT MAX(Errors) FROM Shop GROUP BY Shop"}]
    cloudwatch = CloudWatch({"MetricAlarms": [described("errors", Metrics=query)]}, model=OLD)
    assert [one.state_key for one in alerts(ask(cloudwatch))] == [f"{ARN}errors"]


def test_where_cloudwatch_refuses_nothing_is_known() -> None:
    assert ask(CloudWatch(throttles=True)) is None


def test_what_stands_in_a_message_is_plain_json() -> None:
    page = ask(CloudWatch({"MetricAlarms": [described("cpu")]}))
    assert page
    envelope, since = page.updates[0]
    assert since == SINCE
    assert json.loads(envelope.text)["StateChangeTime"].startswith("2026-11-20T02:40:01.250")
