"""A message charts the metric of its alarm, where charts are on and nobody waits for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.ports import ChartFailure, Retryable
from alertrelay.sources import Envelope
from alertrelay.state import StoreFailure
from alertrelay.values.charted import ANNOTATION, MetricQuery

from tests.dispatch.world import START, World, alarm, config

CHARTS = replace(config(), charts=True)
BARS = "▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█ 10% to 93%, threshold 90% █"
TRIGGER = {
    "MetricName": "CPUUtilization",
    "Namespace": "AWS/RDS",
    "Statistic": "AVERAGE",
    "Dimensions": [{"name": "DBInstanceIdentifier", "value": "orders"}],
    "Period": 60,
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 90.0,
}


class Metrics:
    """CloudWatch as it answers, or fails; `asked` keeps each question."""

    def __init__(self, failure: str = "") -> None:
        self.asked: list[tuple[MetricQuery, float, float]] = []
        self._failure = failure

    def __call__(self, query: MetricQuery, start: float, end: float) -> Sequence[tuple[float, float]]:
        self.asked.append((query, start, end))
        if self._failure:
            raise ChartFailure(self._failure)
        return [(start + 60.0 * minute, 93.0 if minute == 179 else 10.0) for minute in range(180)]


def _alarm(state: str = "ALARM", *, severity: str = "warning", region: str = "", **trigger: Any) -> Envelope:
    envelope = alarm("cpu", state, severity=severity, topic=severity)
    text = json.dumps({**json.loads(envelope.text), "Trigger": {**TRIGGER, **trigger}})
    return replace(envelope, text=text.replace("cloudwatch:eu-central-1", f"cloudwatch:{region}") if region else text)


def _said(world: World) -> str:
    return "".join(json.dumps(dict(message), ensure_ascii=False) for c in world.senders for message in world.sent(c))


def _not_drawn(world: World) -> list[str]:
    return [fields["failure"] for event, fields in world.log if event == "chart_not_drawn"]


def test_a_slack_message_has_the_chart_of_its_metric() -> None:
    metrics = Metrics()
    world = World(config=CHARTS, ask_metric=metrics)
    world.publish(_alarm())
    assert f"*Last 3 h*\\n{BARS}" in json.dumps(world.sent("slack")[0], ensure_ascii=False)
    ((query, start, end),) = metrics.asked
    assert query == MetricQuery(
        namespace="AWS/RDS",
        name="CPUUtilization",
        dimensions=(("DBInstanceIdentifier", "orders"),),
        statistic="Average",
        period=60,
    )
    assert (start, end) == (START.timestamp() - 10_800, START.timestamp())


def test_no_message_shows_what_is_asked() -> None:
    for charted in (CHARTS, config()):
        world = World(config=charted, ask_metric=Metrics())
        world.publish(_alarm(), _alarm(severity="critical"))
        assert ANNOTATION not in _said(world)
        assert world.sent("pagerduty")


def test_a_critical_alert_waits_for_nothing() -> None:
    metrics = Metrics()
    world = World(config=CHARTS, ask_metric=metrics)
    world.publish(_alarm(severity="critical"))
    assert [len(world.sent(channel)) for channel in ("pagerduty", "slack", "email")] == [1, 1, 1]
    assert metrics.asked == []


def test_the_fallback_mail_has_the_chart_too() -> None:
    world = World(config=CHARTS, ask_metric=Metrics())
    world.senders["slack"].always = Retryable("Slack answered 503")
    world.publish(_alarm())
    assert f"Last 3 h: {BARS}" in world.sent("email")[0]["text"]


def test_a_failure_leaves_the_message_without_a_chart_and_is_logged() -> None:
    world = World(config=CHARTS, ask_metric=Metrics("ReadTimeoutError"))
    world.publish(_alarm())
    assert "Last 3 h" not in _said(world)
    assert len(world.sent("slack")) == 1
    assert _not_drawn(world) == ["ReadTimeoutError"]


def test_where_charts_are_off_messages_are_as_before() -> None:
    metrics = Metrics()
    world = World(ask_metric=metrics)
    world.publish(_alarm())
    assert (len(world.sent("slack")), metrics.asked) == (1, [])
    assert "Last 3 h" not in _said(world)


@pytest.mark.parametrize(
    "trigger",
    [
        {"Metrics": [{"Id": "e", "Expression": "a / b", "ReturnData": True}]},
        {"Period": None},
        {"Statistic": "", "ExtendedStatistic": ""},
        {"Namespace": ""},
        {"Dimensions": [{"name": "Db", "value": "x" * 3000}]},
    ],
    ids=["math", "no period", "no statistic", "no namespace", "too long"],
)
def test_what_is_no_single_metric_is_not_asked_for(trigger: dict[str, Any]) -> None:
    metrics = Metrics()
    world = World(config=CHARTS, ask_metric=metrics)
    world.publish(_alarm(**trigger))
    assert (len(world.sent("slack")), metrics.asked) == (1, [])


def _stat(name: str, metric: str, **more: Any) -> dict[str, Any]:
    of = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": metric,
        "Dimensions": [{"name": "LoadBalancer", "value": "a"}],
    }
    return {"Id": name, "MetricStat": {"Metric": of, "Period": 60, "Stat": "Sum"}, "ReturnData": False, **more}


MATH = (
    {"Id": "share", "Expression": "100 * bad / seen", "Label": "5xx %", "ReturnData": True},
    {"Id": "seen", "Expression": "FILL(all, 1)", "ReturnData": False},
    _stat("bad", "HTTPCode_Target_5XX_Count"),
    _stat("all", "RequestCount"),
)


def test_metric_math_is_asked_for_with_what_it_is_made_of() -> None:
    metrics = Metrics()
    world = World(config=CHARTS, ask_metric=metrics)
    world.publish(_alarm(Metrics=MATH, Namespace="", MetricName="", Statistic="", Dimensions=[]))
    ((query, _, _),) = metrics.asked
    assert (query.name, query.period) == ("5xx %", 60)
    assert query.math == (("share", "100 * bad / seen"), ("seen", "FILL(all, 1)"))
    assert [(name, one.name, one.statistic) for name, one in query.of] == [
        ("bad", "HTTPCode_Target_5XX_Count", "Sum"),
        ("all", "RequestCount", "Sum"),
    ]
    assert "Last 3 h" in _said(world)


@pytest.mark.parametrize(
    "metrics",
    [
        [{**MATH[0], "Expression": "SEARCH('{AWS/RDS}', 'Sum')"}, *MATH[1:]],
        [MATH[0], {**MATH[1], "Expression": 'SELECT MAX(x) FROM "AWS/RDS"'}, *MATH[2:]],
        [MATH[0], *MATH[2:], _stat("bad", "RequestCount")],
        [MATH[0], _stat("bad; drop", "RequestCount")],
        [MATH[0], _stat("bad", "")],
    ],
    ids=["search", "query", "twice", "id", "no name"],
)
def test_math_over_many_metrics_or_without_its_own_is_not_asked_for(metrics: list[dict[str, Any]]) -> None:
    asked = Metrics()
    world = World(config=CHARTS, ask_metric=asked)
    world.publish(_alarm(Metrics=metrics))
    assert (len(world.sent("slack")), asked.asked) == (1, [])


def test_a_metric_of_another_region_is_not_asked_for_and_the_log_says_so() -> None:
    metrics = Metrics()
    world = World(config=CHARTS, ask_metric=metrics)
    world.publish(_alarm(region="us-east-1"))
    assert (len(world.sent("slack")), metrics.asked) == (1, [])
    assert _not_drawn(world) == ["AnotherAccountOrRegion"]


def test_a_metric_of_two_points_has_no_chart_and_the_log_says_so() -> None:
    world = World(config=CHARTS, ask_metric=lambda _, start, __: [(start, 10.0), (start + 60.0, 93.0)])
    world.publish(_alarm())
    assert (len(world.sent("slack")), _not_drawn(world)) == (1, ["TooFewPoints"])


def test_while_the_table_fails_nothing_is_asked_or_shown() -> None:
    class Dead:
        def __init__(self, store: Any) -> None:
            self._store = store

        def __getattr__(self, name: str) -> Any:
            if name == "put_alert":
                raise StoreFailure("the table does not answer")
            return getattr(self._store, name)

    metrics = Metrics()
    world = World(config=CHARTS, ask_metric=metrics, wrap=Dead)
    world.publish(_alarm(severity="critical"))
    assert metrics.asked == []
    assert world.sent("slack")
    assert ANNOTATION not in _said(world)
