"""The scorer's ports keep the same promises in memory and on AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.alert import AnomalyVerdict
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.anomaly.scorer.ports import (
    Deployment,
    Metrics,
    MetricsFailure,
    Notebook,
    NotebookFailure,
    QueryRefused,
    Shelf,
    ShelfFailure,
    Vote,
)
from alertrelay.aws.clients import Clients
from alertrelay.aws.scorer.metrics import CloudWatchMetrics
from alertrelay.aws.scorer.notes import DynamoNotebook
from alertrelay.aws.scorer.objects import S3Shelf
from alertrelay.aws.scorer.prometheus import SourcesOfMetrics
from alertrelay.aws.state.items import anomalies_key
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.scorer import MemoryMetrics, MemoryNotebook, MemoryShelf
from botocore.exceptions import ClientError

from tests.aws import state

START = 1_795_000_200.0  # 2026-11-18, a whole period of five minutes
BUCKET = "alertrelay-scorer-state"


def _vote(at: float, *, helpful: bool = True) -> Vote:
    return Vote(
        fingerprint=f"{int(at):016x}",
        started="2026-11-18T00:00:00.000Z",
        at=at,
        helpful=helpful,
        by="somebody",
        comment="naïve »quotes«",
        watch="orders",
        alertname="AnomalyDetected",
        service="shop",
    )


def _deployment(name: str, at: float) -> Deployment:
    return Deployment(id=name, at=at, what=f"stack {name}", names=("shop", name), link="https://example.com")


# --- the shelf ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["memory", "s3"])
def shelf(request: pytest.FixtureRequest, aws: Clients) -> Shelf:
    if request.param == "memory":
        return MemoryShelf()
    aws.s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return S3Shelf(aws.s3, BUCKET)


def test_what_was_put_is_got_and_what_was_not_is_none(shelf: Shelf) -> None:
    assert shelf.get("shard") is None
    assert shelf.put("shard", b"\x00one", over=None)
    kept = shelf.get("shard")
    assert kept is not None
    assert kept.content == b"\x00one"


def test_an_object_is_written_only_over_the_version_that_was_read(shelf: Shelf) -> None:
    assert shelf.put("shard", b"one", over=None)
    first = shelf.get("shard")
    assert first is not None
    assert not shelf.put("shard", b"other", over=None)
    assert shelf.put("shard", b"two", over=first.version)
    assert not shelf.put("shard", b"three", over=first.version)
    kept = shelf.get("shard")
    assert kept is not None
    assert kept.content == b"two"


def test_an_object_that_is_gone_is_not_written_over(shelf: Shelf) -> None:
    assert shelf.put("shard", b"one", over=None)
    first = shelf.get("shard")
    assert first is not None
    assert not shelf.put("other", b"two", over=first.version)


def test_a_bucket_that_does_not_answer_is_a_failure(aws: Clients) -> None:
    there = S3Shelf(aws.s3, "no-such-bucket-anywhere")
    with pytest.raises(ShelfFailure, match="NoSuchBucket"):
        there.get("shard")
    with pytest.raises(ShelfFailure, match="NoSuchBucket"):
        there.put("shard", b"one", over=None)


# --- the notebook ---------------------------------------------------------------------------------------------------


@pytest.fixture(params=["memory", "dynamodb"])
def notebook(request: pytest.FixtureRequest, dynamodb: Any, clock: ManualClock) -> Iterator[Notebook]:
    if request.param == "memory":
        yield MemoryNotebook()
        return
    with state.table(dynamodb):
        yield DynamoNotebook(lambda: dynamodb, state.TABLE, clock)


def test_one_run_at_a_time_holds_the_lease_until_it_gives_it_back_or_it_runs_out(notebook: Notebook) -> None:
    first = notebook.begin_run(owner="a", now=START, until=START + 100)
    assert first is not None
    assert first.published == {}
    assert notebook.begin_run(owner="b", now=START + 50, until=START + 150) is None
    notebook.end_run(first, published={"shard-00": START})
    second = notebook.begin_run(owner="b", now=START + 60, until=START + 160)
    assert second is not None
    assert second.published == {"shard-00": START}
    third = notebook.begin_run(owner="c", now=START + 161, until=START + 261)
    assert third is not None
    # The second comes back late: the lease is no longer its own.
    notebook.end_run(second, published={"shard-00": START + 99})
    assert notebook.begin_run(owner="d", now=START + 200, until=START + 300) is None
    notebook.end_run(third, published=third.published)
    fourth = notebook.begin_run(owner="d", now=START + 201, until=START + 301)
    assert fourth is not None
    assert fourth.published == {"shard-00": START}


def test_deployments_are_found_from_a_time_on_oldest_first_and_each_once(notebook: Notebook) -> None:
    for name, at in (("b", START + 20), ("a", START), ("c", START + 40), ("b", START + 20)):
        notebook.keep_deployment(_deployment(name, at))
    assert notebook.deployments(START + 10) == [_deployment("b", START + 20), _deployment("c", START + 40)]
    assert [d.id for d in notebook.deployments(0)] == ["a", "b", "c"]


def test_of_many_deployments_the_newest_hundred_are_found(notebook: Notebook) -> None:
    for place in range(105):
        notebook.keep_deployment(_deployment(f"{place:03d}", START + place))
    found = notebook.deployments(0)
    assert (len(found), found[0].id, found[-1].id) == (100, "005", "104")


def test_votes_are_found_from_a_time_on_oldest_first_with_all_that_was_said(notebook: Notebook) -> None:
    for at, helpful in ((START + 20, False), (START, True)):
        notebook.add_vote(_vote(at, helpful=helpful))
    assert notebook.votes(START + 10) == [_vote(START + 20, helpful=False)]
    assert notebook.votes(0) == [_vote(START), _vote(START + 20, helpful=False)]


def test_an_anomaly_may_be_noted_and_dropped_more_than_once(
    notebook: Notebook, dynamodb: Any, clock: ManualClock
) -> None:
    for _ in range(2):
        notebook.note_anomaly("shop", "00ff", {"text": "unusual", "score": 0.9}, until=START + 60)
    notebook.note_anomaly("shop", "0011", {"text": "odd", "score": 0.8}, until=START + 60)
    for _ in range(2):
        notebook.drop_anomaly("shop", "00ff")
    notebook.drop_anomaly("nobody", "00ff")
    if isinstance(notebook, MemoryNotebook):
        kept = set(notebook.anomalies["shop"])
    else:
        key = {"pk": {"S": anomalies_key("shop")}, "sk": {"S": "N"}}
        item = dynamodb.get_item(TableName=state.TABLE, Key=key)["Item"]
        kept = {name.removeprefix("anomaly_") for name in item if name.startswith("anomaly_")}
    assert kept == {"0011"}


def test_the_notes_of_a_service_stand_in_one_item_an_attribute_each(dynamodb: Any, clock: ManualClock) -> None:
    with state.table(dynamodb):
        there = DynamoNotebook(lambda: dynamodb, state.TABLE, clock)
        there.note_anomaly("shop", "00ff", {"text": "unusual", "score": 0.99}, until=START)
        there.note_anomaly("shop", "0011", {"text": "odd", "score": 0.8}, until=START)
        there.drop_anomaly("shop", "0011")
        key = {"pk": {"S": anomalies_key("shop")}, "sk": {"S": "N"}}
        item = dynamodb.get_item(TableName=state.TABLE, Key=key)["Item"]
    assert set(item) == {"pk", "sk", "v", "ttl", "anomaly_00ff"}
    assert item["ttl"] == {"N": str(int(START))}


def test_the_last_verdict_on_an_anomaly_is_kept_for_its_messages(dynamodb: Any, clock: ManualClock) -> None:
    with state.table(dynamodb):
        notebook = DynamoNotebook(lambda: dynamodb, state.TABLE, clock)
        vote = replace(_vote(START), fingerprint="00ff")
        late = replace(vote, at=START + 5), replace(vote, at=START + 10, started="2026-11-17T00:00:00.000Z")
        for one in (vote, replace(vote, at=START + 9, helpful=False, by="bo"), *late):
            notebook.add_vote(one)
        facts = state.dynamo(dynamodb, clock).facts(alerts=(), inhibitors=(), judged=["00ff", "0011"])
        item = dynamodb.get_item(TableName=state.TABLE, Key={"pk": {"S": "V#00ff"}, "sk": {"S": "V"}})["Item"]
    assert facts.context.verdicts == {
        "00ff": AnomalyVerdict(helpful=False, by="bo", at=START + 9, started=vote.started)
    }
    assert item["ttl"] == {"N": str(int(START + 9) + 18 * 86_400)}


def test_a_table_that_does_not_answer_is_a_failure(dynamodb: Any, clock: ManualClock) -> None:
    there = DynamoNotebook(lambda: dynamodb, "no-such-table", clock)
    for ask in (
        lambda: there.begin_run(owner="a", now=START, until=START + 1),
        lambda: there.deployments(0),
        lambda: there.votes(0),
        lambda: there.add_vote(_vote(START)),
        lambda: there.drop_anomaly("shop", "00ff"),
    ):
        with pytest.raises(NotebookFailure, match="ResourceNotFoundException"):
            ask()


# --- the metrics ----------------------------------------------------------------------------------------------------


def _metric(name: str = "Orders", *, service: str = "") -> WatchedMetric:
    dimensions = (("Service", service),) if service else ()
    return WatchedMetric(watch="w", namespace="Shop", name=name, dimensions=dimensions, statistic="Sum", period=300)


def _fill(metrics: Metrics, aws: Clients, metric: WatchedMetric, points: list[tuple[float, float]]) -> None:
    if isinstance(metrics, MemoryMetrics):
        metrics.put(metric, points)
        return
    data: Any = [
        {
            "MetricName": metric.name,
            "Dimensions": [{"Name": n, "Value": v} for n, v in metric.dimensions],
            "Timestamp": datetime.fromtimestamp(at, UTC),
            "Value": value,
        }
        for at, value in points
    ]
    aws.cloudwatch().put_metric_data(Namespace=metric.namespace, MetricData=data)


@pytest.fixture(params=["memory", "cloudwatch"])
def metrics(request: pytest.FixtureRequest, aws: Clients) -> Metrics:
    return (
        MemoryMetrics()
        if request.param == "memory"
        else SourcesOfMetrics(CloudWatchMetrics(aws.cloudwatch, aws.tagging), None)
    )


def test_points_are_read_from_the_start_up_to_and_without_the_end_oldest_first(metrics: Metrics, aws: Clients) -> None:
    _fill(metrics, aws, _metric(), [(START + place * 300, float(place)) for place in (3, 1, 0, 2)])
    answer = metrics.read([_metric()], start=START + 300, end=START + 900)
    assert answer.points == {_metric().key: [(START + 300, 1.0), (START + 600, 2.0)]}
    assert answer.refused == {}


def test_a_metric_without_points_has_an_empty_list_beside_one_that_has_some(metrics: Metrics, aws: Clients) -> None:
    _fill(metrics, aws, _metric(service="a"), [(START, 7.0)])
    answer = metrics.read([_metric(service="a"), _metric(service="b")], start=START, end=START + 300)
    assert answer.points == {_metric(service="a").key: [(START, 7.0)], _metric(service="b").key: []}


def test_the_metrics_of_a_namespace_are_listed_once_each_with_their_dimensions(metrics: Metrics, aws: Clients) -> None:
    for metric in (_metric(service="b"), _metric(service="a"), _metric("Carts")):
        _fill(metrics, aws, metric, [(START, 1.0), (START + 300, 2.0)])
    # moto also lists the metric without its dimensions where it is asked for by name.
    found = [(name, dimensions) for name, dimensions in metrics.listed("Shop", "Orders") if dimensions]
    assert found == [("Orders", (("Service", "a"),)), ("Orders", (("Service", "b"),))]
    assert sorted({name for name, _ in metrics.listed("Shop", "")}) == ["Carts", "Orders"]
    assert list(metrics.listed("Nothing", "")) == []


def test_resources_are_found_by_all_their_tags(aws: Clients) -> None:
    made = aws.sqs()
    for name, tags in (("one", {"team": "shop", "env": "prod"}), ("two", {"team": "shop"})):
        made.create_queue(QueueName=name, tags=tags)
    there = CloudWatchMetrics(aws.cloudwatch, aws.tagging)
    assert [arn.rpartition(":")[2] for arn in there.tagged({"team": "shop", "env": "prod"})] == ["one"]
    assert sorted(arn.rpartition(":")[2] for arn in there.tagged({"team": "shop"})) == ["one", "two"]


class _Answers:
    """A client of CloudWatch that gives what it was told to give."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    def get_metric_data(self, **request: Any) -> Any:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _read(*answers: Any) -> tuple[Any, _Answers]:
    client = _Answers(*answers)
    there = CloudWatchMetrics(lambda: client, lambda: None)  # type: ignore[arg-type,return-value] # a stand-in
    return there.read([_metric(service="a"), _metric(service="b")], start=START, end=START + 900), client


def _result(name: str, *points: tuple[float, float], status: str = "Complete") -> dict[str, Any]:
    times, values = [datetime.fromtimestamp(at, UTC) for at, _ in points], [value for _, value in points]
    return {"Id": name, "Timestamps": times, "Values": values, "StatusCode": status}


def test_pages_are_followed_and_partial_results_are_put_together() -> None:
    answer, client = _read(
        {"MetricDataResults": [_result("m0", (START, 1.0), status="PartialData")], "NextToken": "more"},
        {"MetricDataResults": [_result("m0", (START + 300, 2.0)), _result("m1")]},
    )
    assert answer.points == {_metric(service="a").key: [(START, 1.0), (START + 300, 2.0)], _metric(service="b").key: []}
    assert client.asked[1]["NextToken"] == "more"


def test_one_metric_that_cloudwatch_cannot_read_is_named_and_the_others_are_read() -> None:
    answer, _ = _read({"MetricDataResults": [_result("m0", status="InternalError"), _result("m1", (START, 1.0))]})
    assert answer.refused == {_metric(service="a").key: "CloudWatch says InternalError"}
    assert answer.points[_metric(service="b").key] == [(START, 1.0)]


@pytest.mark.parametrize(
    ("code", "failure"), [("ValidationError", QueryRefused), ("Throttling", MetricsFailure), ("500", MetricsFailure)]
)
def test_a_wrong_request_is_distinguished_from_a_service_that_fails(code: str, failure: type[Exception]) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "a text that nobody may see"}}, "GetMetricData")
    with pytest.raises(failure) as caught:
        _read(error)
    assert str(caught.value) == f"GetMetricData: {code}"


def test_the_forwarders_read_what_the_scorer_noted_of_a_service_while_it_lasts(
    dynamodb: Any, clock: ManualClock
) -> None:
    now = clock.now().timestamp()
    said = {"text": "unusual", "score": 0.99, "since": "2026-11-20T03:00:00.000Z", "link": "https://example.com"}
    with state.table(dynamodb):
        notebook = DynamoNotebook(lambda: dynamodb, state.TABLE, clock)
        store = state.dynamo(dynamodb, clock)
        notebook.note_anomaly("shop", "00ff", said, until=now + 60)
        notebook.note_anomaly("shop", "0011", {**said, "text": "odd", "score": 0.999}, until=now + 60)
        notebook.note_anomaly("shop", "0022", {**said, "text": "over"}, until=now - 1)
        notebook.note_anomaly("shop", "0033", {"text": "of another version"}, until=now + 60)
        found = store.facts(alerts=(), inhibitors=(), services=["shop", "billing"]).context.anomalies
    assert {name: [note.text for note in notes] for name, notes in found.items()} == {"shop": ["odd", "unusual"]}
