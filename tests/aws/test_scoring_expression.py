"""A ratio of two metrics is asked of GetMetricData as its own math."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from alertrelay.anomaly.scorer.console_link import graph_link
from alertrelay.anomaly.scorer.fetch import Wanted, batches
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.aws.scorer.metrics import CloudWatchMetrics

RATE = WatchedMetric(
    watch="payments",
    namespace="Shop",
    name="PaymentSuccessRate",
    dimensions=(("Shop", "de"),),
    statistic="Sum",
    period=300,
    expression="100 * good / total",
    inputs=(("good", "PaymentsSucceeded"), ("total", "Payments")),
)
PLAIN = WatchedMetric(watch="orders", namespace="Shop", name="Orders", dimensions=(), statistic="Sum", period=300)


class _CloudWatch:
    """Keeps the request, and answers the second of two periods: in the first the denominator was 0."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def get_metric_data(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        result = {"Id": "m1", "Timestamps": [datetime(2026, 11, 18, 0, 5, tzinfo=UTC)], "Values": [99.5]}
        return {"MetricDataResults": [result]}


def test_the_math_is_cloudwatchs_and_its_inputs_return_nothing() -> None:
    cloudwatch = _CloudWatch()
    source = CloudWatchMetrics(lambda: cast("Any", cloudwatch), lambda: cast("Any", None))
    answer = source.read([PLAIN, RATE], start=0.0, end=600.0)
    assert answer.points == {PLAIN.key: [], RATE.key: [(datetime(2026, 11, 18, 0, 5, tzinfo=UTC).timestamp(), 99.5)]}
    plain, rate, *inputs = cloudwatch.asked["MetricDataQueries"]
    assert plain["MetricStat"]["Metric"]["MetricName"] == "Orders"
    assert rate == {"Id": "m1", "Expression": "100 * m1_good / m1_total", "Period": 300}
    assert [(one["Id"], one["MetricStat"]["Metric"]["MetricName"], one["ReturnData"]) for one in inputs] == [
        ("m1_good", "PaymentsSucceeded", False),
        ("m1_total", "Payments", False),
    ]


def test_its_identity_reads_back_and_a_plain_metric_keeps_the_key_it_had() -> None:
    assert WatchedMetric.of_json(RATE.to_json()) == RATE
    assert WatchedMetric.of_json(PLAIN.to_json()) == PLAIN
    assert PLAIN.to_json() == ["orders", "Shop", "Orders", (), "Sum", 300]
    assert str(RATE) == "Shop PaymentSuccessRate = 100 * good / total {Shop=de}"


def test_a_request_has_room_for_the_inputs() -> None:
    wanted = [Wanted(RATE, 0.0)] * 400
    assert [len(batch) for batch in batches(wanted, end=lambda _: 3000.0)] == [166, 166, 68]


def test_the_graph_draws_the_result_and_hides_its_inputs() -> None:
    link = graph_link(RATE, region="eu-west-1", begin=0.0, end=600.0)
    assert "~(~(expression~'100*20*2a*20good*20*2f*20total~id~'result~label~'PaymentSuccessRate))" in link
    assert "~(~'Shop~'PaymentsSucceeded~'Shop~'de~(id~'good~visible~false))" in link
