"""Reads the scorer's metrics from a Prometheus that runs on loopback, and holds what authorises it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest
from alertrelay.anomaly.scorer.metric import WatchedMetric, dimensions_of
from alertrelay.anomaly.scorer.ports import QueryRefused
from alertrelay.aws.scorer.prometheus import NOT_NAMED, PrometheusMetrics, SourcesOfMetrics
from alertrelay.aws.scorer.prometheus_access import access
from alertrelay.channels.transport.wire import HttpAnswer, Wire
from alertrelay.config.watch import PrometheusServer
from alertrelay.memory.ports import MemorySecrets
from alertrelay.memory.scorer import MemoryMetrics
from botocore.credentials import Credentials

from tests.compiler.rules.prometheus import prometheus

PERIOD = 300
WEEKS = 20 * 86_400
"""At a minute's period more than one request may have."""
BY_SERVICE = (
    'label_replace(vector(time()), "service", "orders", "", "")'
    ' or label_replace(vector(time() % 600) > 0, "service", "search", "", "")'
)
needs_prometheus = pytest.mark.needs_tool("prometheus")
TWICE = f'({BY_SERVICE.replace("> 0", "")}) * on () (vector(1) or label_replace(vector(1), "a", "b", "", ""))'


def metric(service: str = "orders", query: str = BY_SERVICE, period: int = PERIOD) -> WatchedMetric:
    return WatchedMetric(
        watch="rates",
        namespace="Prometheus",
        name="rate",
        dimensions=dimensions_of({"service": service}),
        statistic="Average",
        period=period,
        expression=query,
        source="prometheus",
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusMetrics]:
    with prometheus(tmp_path_factory.mktemp("prometheus")) as server:
        yield _source(server.address)


def _source(address: str) -> PrometheusMetrics:
    return PrometheusMetrics(address, Wire(), lambda _url, _body, headers: (headers,))


@needs_prometheus
def test_each_series_of_a_query_is_a_metric(source: PrometheusMetrics) -> None:
    assert list(source.queried(BY_SERVICE.replace("> 0", ""))) == [(("service", "orders"),), (("service", "search"),)]


@needs_prometheus
def test_the_points_of_each_series_stand_at_the_begin_of_their_periods(source: PrometheusMetrics) -> None:
    orders, search, none = metric(), metric("search"), metric("users")
    found = source.read([orders, search, none], start=6_000, end=7_500)
    assert found.refused == {}
    assert found.points[orders.key] == [(at, at + 300.0) for at in (6000.0, 6300.0, 6600.0, 6900.0, 7200.0)]
    assert found.points[search.key] == [(6000.0, 300.0), (6600.0, 300.0), (7200.0, 300.0)]
    assert list(found.points[none.key]) == []


@needs_prometheus
def test_weeks_of_minutes_take_several_requests_and_have_no_seam(source: PrometheusMetrics) -> None:
    one = metric(period=60)
    points = source.read([one], start=0, end=WEEKS).points[one.key]
    assert [at for at, _ in points] == [60.0 * place for place in range(WEEKS // 60)]


@needs_prometheus
def test_a_query_that_fails_refuses_its_own_metrics_alone(source: PrometheusMetrics) -> None:
    wrong, right = metric(query=TWICE), metric()
    found = source.read([wrong, right], start=0, end=3_000)
    assert set(found.refused) == {wrong.key}
    assert found.refused[wrong.key].startswith("Prometheus: it answers 422: ")
    assert len(found.points[right.key]) == 10


def test_a_server_that_is_down_stops_no_metric_of_cloudwatch() -> None:
    there = WatchedMetric(watch="o", namespace="Shop", name="Orders", dimensions=(), statistic="Sum", period=PERIOD)
    cloudwatch = MemoryMetrics()
    cloudwatch.put(there, [(300.0, 7.0)])
    down = SourcesOfMetrics(cast("Any", cloudwatch), _source("http://127.0.0.1:9"))
    found = down.read([there, metric()], start=0, end=600)
    assert (found.points, list(found.refused)) == ({there.key: [(300.0, 7.0)]}, [metric().key])
    absent = SourcesOfMetrics(cast("Any", cloudwatch), None)
    assert absent.read([there, metric()], start=0, end=600).refused == {metric().key: NOT_NAMED}


class _Wire:
    """Answers 401 to any key but the last; keeps what was sent."""

    def __init__(self, *, status: int = 401, body: bytes = b"") -> None:
        self.sent: list[Mapping[str, str]] = []
        self.status, self.body = status, body

    def ask(self, _url: str, _body: bytes, headers: Mapping[str, str], **_: Any) -> HttpAnswer:
        self.sent.append(headers)
        return HttpAnswer(status=self.status, headers={}, body=self.body, complete=True)


def _refused(server: PrometheusServer, secrets: MemorySecrets) -> tuple[list[str], str]:
    wire = _Wire()
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", "token")
    source = PrometheusMetrics(server.address, cast("Any", wire), access(server, secrets, lambda: credentials))
    with pytest.raises(QueryRefused) as refused:
        source.queried("up")
    return [headers.get("Authorization", "") for headers in wire.sent], str(refused.value)


def test_the_version_before_is_tried_when_a_key_is_refused() -> None:
    server = PrometheusServer(address="https://p.example.com", authentication="bearer", secret_key="p")
    sent, said = _refused(server, MemorySecrets({"p": ("new-s3cr3t", "old-s3cr3t")}))
    assert sent == ["Bearer new-s3cr3t", "Bearer old-s3cr3t"]
    assert said == "it answers 401"


def test_a_user_and_password_go_as_basic() -> None:
    server = PrometheusServer(address="https://p.example.com", authentication="basic", secret_key="p")
    assert _refused(server, MemorySecrets({"p": ("ada:s3cr3t",)}))[0] == ["Basic YWRhOnMzY3IzdA=="]


def test_a_key_that_is_missing_is_named() -> None:
    server = PrometheusServer(address="https://p.example.com", authentication="bearer", secret_key="prometheus_token")
    sent, said = _refused(server, MemorySecrets({}))
    assert sent == []
    assert "prometheus_token" in said


def test_a_request_to_amazon_is_signed_by_the_functions_role() -> None:
    address = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1"
    server = PrometheusServer(address=address, authentication="sigv4", region="eu-central-1")
    (sent,), _ = _refused(server, MemorySecrets({}))
    assert sent.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-central-1/aps/aws4_request" in sent
