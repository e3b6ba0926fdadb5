"""The golden file of the anomaly-scorer: its objects in S3, its items, its log and metrics, and what it publishes."""

from __future__ import annotations

import base64
import json
import random
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.wire import normalise, product
from tests.wire.host import invoke
from tests.wire.messages import ACCOUNT, REGION
from tests.wire.scenarios import todays
from tests.wire.world import TABLE, World, deployed

EVENTS = Path(__file__).parents[2] / "events" / "scorer"
NOW = datetime(2026, 11, 20, 12, 2, 10, tzinfo=UTC)
BUCKET = "alertrelay-wire-scorer"
PERIOD = timedelta(minutes=5)
USUAL = (100.0, 99.0, 101.0, 100.0, 100.0, 100.0)
TIMEOUT = timedelta(minutes=5)
SENTENCES = frozenset({"summary", "reason", "text", "why", "was_this_helpful", "deployed_shortly_before"})


@dataclass
class Running:
    """A deployment with the scorer in it; `logs` is what it printed."""

    world: World
    scorer: Any
    logs: list[str]

    def call(self, event: Any) -> None:
        """Invoke the scorer."""
        answer = invoke(self.scorer, "anomaly-scorer", event, self.world.clock, timeout=TIMEOUT)
        assert not answer.error, answer.error
        self.logs += answer.logs.splitlines()

    def live(self, value: float) -> None:
        """Let a period pass, put its point, and run the scorer."""
        self.world.clock.sleep(PERIOD.total_seconds())
        _report(self.world, [value])
        self.call(_scheduled(self.world))

    def look(self) -> dict[str, Any]:
        """Return the objects and the table."""
        objects = {key: _object(content) for key, content in self.objects().items()}
        return {"objects": objects, "table": [_readable(item) for item in normalise.table(self.world.items())]}

    def objects(self) -> dict[str, bytes]:
        """Return the objects of the bucket, as they are."""
        s3 = self.world.emulator.client("s3")
        listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {one["Key"]: s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}

    def published(self) -> list[Any]:
        """Return the messages that it published."""
        return [json.loads(request.body["message"]) for request in self.world.emulator.published]


@contextmanager
def running() -> Iterator[Running]:
    """Yield a deployment with the scorer, which knows nothing yet."""
    with normalise.numbered_ids(), deployed(todays(), start=NOW) as world:
        s3, sns = world.emulator.client("s3"), world.emulator.client("sns")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        topics = {name: sns.create_topic(Name=name)["TopicArn"] for name in ("critical", "warning", "info")}
        yield Running(world, product.bind_scorer(scorer_environ(world, topics), clock=world.clock), [])


def _learn(here: Running) -> None:
    for name in ("ecs-deployment", "codedeploy-deployment", "cloudformation-update"):
        here.call({**json.loads((EVENTS / f"{name}.json").read_text()), "time": "2026-11-20T11:58:00Z"})
    here.call({"source": "aws.ec2"})
    draw = random.Random(1)
    _report(here.world, [100 + draw.gauss(0, 3) for _ in range(1500)])
    here.call(_scheduled(here.world))


def run() -> str:
    """Run the scorer from its first points to the end of an anomaly; its golden file."""
    with running() as here:
        _learn(here)
        moments = {"learned": here.look()}
        here.live(900.0)
        moments["open"] = here.look()
        _vote(here.world)
        for value in USUAL:
            here.live(value)
        moments["closed"] = here.look()
        events, metrics = normalise.log(here.logs)
        return normalise.document(
            {
                "moments": moments,
                "log": [_rounded(event) for event in events],
                "metrics": metrics,
                "published": _rounded(here.published()),
            }
        )


def record() -> dict[str, Any]:
    """Return the scorer in the middle of an anomaly: its objects and the table, and what it published."""
    with running() as here:
        _learn(here)
        here.live(900.0)
        return {
            "at": here.world.clock.now().isoformat(),
            "objects": {key: base64.b64encode(content).decode() for key, content in here.objects().items()},
            "items": here.world.items(),
            "published": here.published(),
        }


def resume(recorded: dict[str, Any]) -> list[Any]:
    """Let today's code go on from a recording to the end of the anomaly; what it published."""
    with running() as here:
        here.world.clock.at = datetime.fromisoformat(recorded["at"])
        here.world.put(recorded["items"])
        for key, content in recorded["objects"].items():
            here.world.emulator.client("s3").put_object(Bucket=BUCKET, Key=key, Body=base64.b64decode(content))
        for value in USUAL:
            here.live(value)
        return here.published()


def scorer_environ(world: World, topics: dict[str, str]) -> dict[str, str]:
    """Return the environment of the scorer, as infra/anomaly.py sets it."""
    return {
        "ALERTRELAY_ENV": "wire",
        "ALERTRELAY_ANOMALY_CONFIG": "anomaly.json",
        "ALERTRELAY_CONFIG_HASH": "",
        "ALERTRELAY_TABLE": TABLE,
        "ALERTRELAY_BUCKET": BUCKET,
        "ALERTRELAY_TOPICS": json.dumps(topics),
        "ALERTRELAY_ACCOUNT_ID": ACCOUNT,
        "POWERTOOLS_SERVICE_NAME": "anomaly-scorer",
        "POWERTOOLS_METRICS_NAMESPACE": "alertrelay",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "AWS_ENDPOINT_URL": world.emulator.url,
        "AWS_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(world.root),
    }


def _scheduled(world: World) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "scheduled-run.json").read_text())
    return {**event, "time": world.clock.now().isoformat()}


def _report(world: World, values: Sequence[float]) -> None:
    """Put the last points of the metric, up to the period that has just ended."""
    end = datetime.fromtimestamp(world.clock.now().timestamp() // 300 * 300, UTC)
    data = [
        {"MetricName": "Orders", "Timestamp": end - PERIOD * (len(values) - number), "Value": value}
        for number, value in enumerate(values)
    ]
    for start in range(0, len(data), 1000):
        world.emulator.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=data[start : start + 1000])


def _vote(world: World) -> None:
    notes = product.notebook(world.dynamodb, TABLE, world.clock)
    at = world.clock.now().timestamp()
    full = {"by": "ada", "comment": "a sale", "watch": "orders-placed", "alertname": "AnomalyDetected"}
    notes.add_vote(product.vote(fingerprint="0" * 16, started="2026-11-20T12:00:00.000Z", at=at, helpful=True))
    notes.add_vote(
        product.vote(
            fingerprint="1" * 16, started="2026-11-20T12:05:00.000Z", at=at, helpful=False, service="shop", **full
        )
    )


def _object(content: bytes) -> Any:
    """Return an object as JSON: the head line, the book, and the shape of the packed scorers."""
    if not content.startswith(b'{"format"'):
        return _rounded(json.loads(content))
    line, _, rest = content.partition(b"\n")
    head = json.loads(line)
    book, scorers = rest[: head["book"]], rest[head["book"] :]
    assert len(scorers) == head["scorers"]
    return {
        "head": {**head, "book": "<length>", "scorers": "<length>"},
        "book": _rounded(json.loads(zlib.decompress(book))),
        "scorers": _scorers(zlib.decompress(scorers)),
    }


def _scorers(content: bytes) -> Any:
    """Return the head of the packed scorers with each number as its kind: what they measured is no form of the wire."""
    length = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + length])
    return {"kind": ["<version>", *head["kind"][1:]], "version": head["kind"][0], "metrics": _shape(head["metrics"])}


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"array"}:
            return {"array": value["array"][0]}
        return {name: _shape(one) for name, one in value.items()}
    if isinstance(value, list):
        kinds = Counter(json.dumps(_shape(one), sort_keys=True) for one in value)
        return [json.loads(kind) for kind in sorted(kinds)]
    return "<number>" if isinstance(value, int | float) and not isinstance(value, bool) else value


def _rounded(value: Any) -> Any:
    """Round floats, whose last digits are the machine's, and leave out sentences, which may become better ones."""
    if isinstance(value, dict):
        return {
            name: "<words>" if name in SENTENCES and isinstance(one, str) and one else _rounded(one)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value


def _readable(item: Any) -> Any:
    """Read the scorer's JSON attributes, so that floats can be rounded; they are written compact and sorted."""
    if not isinstance(item, dict):
        return item
    return {name: _read(value) if name.startswith(("anomaly_", "told")) else value for name, value in item.items()}


def _read(value: Any) -> Any:
    read = json.loads(value["S"])
    assert value["S"] == json.dumps(read, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return {"S": {"json": _rounded(read)}}
