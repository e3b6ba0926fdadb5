"""The scorer's composition root: what its environment has to hold, and what its handler makes of an event."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alertrelay.anomaly.scorer.run import RunIncomplete
from alertrelay.aws.clients import Clients
from alertrelay.config.watch import AnomalyConfig, Watch
from alertrelay.memory.ports import ManualClock
from alertrelay.runtime.scorer import ScorerHandler

from tests.aws import state

BUCKET = "alertrelay-scorer-state"
NOW = datetime(2026, 11, 20, 12, 2, 10, tzinfo=UTC)
EVENTS = Path(__file__).parents[2] / "events" / "scorer"
WATCH = Watch(
    name="orders", namespace="Shop", metric="Orders", dimensions={}, tags={}, statistic="Sum", period=300, unit="",
    direction="both", sensitivity="normal", severity={"warning": 0.8}, labels={"service": "shop"}, mode="alert",
)  # fmt: skip
CONFIG = AnomalyConfig(max_metrics=10, timezone="UTC", holidays=(), watches=(WATCH,), environment="prod")


@dataclass
class Context:
    aws_request_id: str = "request"
    function_name: str = "anomaly-scorer"

    def get_remaining_time_in_millis(self) -> int:
        return 240_000


@dataclass
class Bound:
    handler: Callable[[Any, Any], dict[str, Any] | None]
    clock: ManualClock
    log: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    published: list[str] = field(default_factory=list)

    def run(self) -> None:
        event = json.loads((EVENTS / "scheduled-run.json").read_text())
        self.handler({**event, "time": self.clock.now().isoformat()}, Context())

    def events(self) -> list[str]:
        return [event for event, _ in self.log]


@pytest.fixture
def bound(aws: Clients, tmp_path: Path) -> Iterator[Bound]:
    aws.s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    topics = {name: aws.sns().create_topic(Name=name)["TopicArn"] for name in ("critical", "warning", "info")}
    (tmp_path / "anomaly.json").write_text(json.dumps(CONFIG.to_json()))
    environ = {
        "AWS_REGION": "eu-west-1",
        "LAMBDA_TASK_ROOT": str(tmp_path),
        "ALERTRELAY_ANOMALY_CONFIG": "anomaly.json",
        "ALERTRELAY_ACCOUNT_ID": "123456789012",
        "ALERTRELAY_BUCKET": BUCKET,
        "ALERTRELAY_TABLE": state.TABLE,
        "ALERTRELAY_TOPICS": json.dumps(topics),
    }
    found = Bound(handler=lambda _event, _context: None, clock=ManualClock(NOW))
    found.handler = ScorerHandler().bound(
        environ,
        clock=found.clock,
        observe=lambda event, fields: found.log.append((event, fields)),
        published=lambda _severity, message: found.published.append(message),
    )
    with state.table(aws.dynamodb()):
        yield found


def _report(aws: Clients, values: list[float], *, until: datetime) -> None:
    end = until.timestamp() // 300 * 300
    data: Any = [
        {
            "MetricName": "Orders",
            "Timestamp": datetime.fromtimestamp(end - 300 * (len(values) - n), UTC),
            "Value": value,
        }
        for n, value in enumerate(values)
    ]
    for start in range(0, len(data), 1000):
        aws.cloudwatch().put_metric_data(Namespace="Shop", MetricData=data[start : start + 1000])


def test_a_scheduled_event_is_a_run_of_its_own_time(aws: Clients, bound: Bound) -> None:
    draw = random.Random(1)
    _report(aws, [100 + draw.gauss(0, 3) for _ in range(900)], until=NOW)
    bound.run()
    (ran,) = (fields for event, fields in bound.log if event == "scorer_run")
    assert (ran["at"], ran["learned"]) == (NOW.timestamp(), 1)


def test_what_it_finds_reaches_the_topic_of_its_severity(aws: Clients, bound: Bound) -> None:
    queue = aws.sqs().create_queue(QueueName="inbox")["QueueUrl"]
    aws.sns().subscribe(
        TopicArn="arn:aws:sns:eu-west-1:123456789012:warning",
        Protocol="sqs",
        Endpoint="arn:aws:sqs:eu-west-1:123456789012:inbox",
    )
    draw = random.Random(1)
    _report(aws, [100 + draw.gauss(0, 3) for _ in range(1500)], until=NOW)
    bound.run()
    bound.clock.sleep(300)
    _report(aws, [900.0], until=bound.clock.now())
    bound.run()
    (message,) = aws.sqs().receive_message(QueueUrl=queue)["Messages"]
    (update,) = json.loads(json.loads(message["Body"])["Message"])["alerts"]
    assert (update["status"], update["labels"]["alertname"]) == ("firing", "AnomalyDetected")
    assert len(bound.published) == 1


def test_a_run_that_could_not_do_its_work_raises_so_that_an_alarm_sees_it(aws: Clients, bound: Bound) -> None:
    aws.s3().delete_bucket(Bucket=BUCKET)
    with pytest.raises(RunIncomplete, match="NoSuchBucket"):
        bound.run()


@pytest.mark.parametrize("name", ["ecs-deployment", "codedeploy-deployment", "cloudformation-update"])
def test_a_deployment_is_kept(bound: Bound, name: str) -> None:
    bound.handler(json.loads((EVENTS / f"{name}.json").read_text()), Context())
    assert bound.events() == ["deployment_kept"]


@pytest.mark.parametrize("event", [{}, None, [], "text", {"source": "aws.ec2", "time": "2026-11-20T00:00:00Z"}])
def test_anything_else_is_logged_and_does_no_harm(bound: Bound, event: object) -> None:
    bound.handler(event, Context())
    assert bound.events() == ["event_not_for_the_scorer"]


def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="ALERTRELAY_ANOMALY_CONFIG"):
        ScorerHandler().bound(
            {"AWS_REGION": "eu-west-1"},
            clock=ManualClock(NOW),
            observe=lambda _event, _fields: None,
            published=lambda _severity, _message: None,
        )
