"""A deployment on loopback for the tests of the wire: the three forwarders, one table, their queues, and the stand-ins.

The forwarders are one version of the code (`host.Code`); all else is here, so that one version can open an incident and
another close it. Time is a manual clock that only this file moves.
"""

from __future__ import annotations

import json
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.wire.host import FORWARDERS, Answer, Clock, Code
from tests.wire.messages import ACCOUNT, REGION, sns_event, sqs_event
from tests.wire.product import TICK, Emulator, StandIns

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TABLE = "alertrelay-wire"
RETRY_AFTER = (MINUTE, 2 * MINUTE)
"""Lambda's pauses before it tries an event from a topic again."""
SOON = timedelta(seconds=75)
KEYS = {
    "pagerduty_key": "FAKE-routing-key",
    "slack_bot_token": "xoxb-FAKE",
    "webhook_url": "https://hooks.example.invalid/FAKE",
}
FORWARDER_OF = {"H#pagerduty": "pagerduty", "H#slack": "slack"}
"""The forwarder of a group, by how its key begins; the e-mail forwarder has all other channels."""
Items = list[dict[str, Any]]


@dataclass(frozen=True)
class Body:
    """A message that a forwarder put in a queue: its own (`timers`), or the dead-letter queue (`expired`)."""

    forwarder: str
    queue: str
    delay: float
    text: str


@dataclass
class Queued:
    """A message that waits in a forwarder's own queue."""

    forwarder: str
    due: datetime
    text: str
    receipt: str = ""


@dataclass
class World:
    """One deployment in the making. Use `deployed`."""

    code: Code
    emulator: Emulator
    standins: StandIns
    clock: Clock
    root: Path
    queues: dict[tuple[str, str], str] = field(default_factory=dict)
    bodies: list[Body] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    again: list[tuple[datetime, int, str, Any]] = field(default_factory=list)
    ticks: bool = True
    _seen: set[str] = field(default_factory=set)
    _ticked: datetime = START

    def create(self) -> None:
        """Create the table, queues, topics and the secret, and build the functions."""
        self.dynamodb = self.emulator.client("dynamodb")
        self.sqs, sns = self.emulator.client("sqs"), self.emulator.client("sns")
        create_table(self.dynamodb)
        for topic in ("ops", "last-resort", "ops-team"):
            sns.create_topic(Name=topic)
        secret = self.emulator.client("secretsmanager").create_secret(Name="wire", SecretString=json.dumps(KEYS))
        for name in FORWARDERS:
            for kind in ("timers", "expired"):
                made = self.sqs.create_queue(QueueName=f"wire-{name}-{kind}", Attributes={"VisibilityTimeout": "180"})
                self.queues[name, kind] = made["QueueUrl"]
        self._ticked = self.clock.now()
        self.secret_arn = secret["ARN"]
        self.rebind(self.code)

    def rebind(self, code: Code) -> None:
        """Replace the code: new containers."""
        self.code = code
        environ = {name: self.environ(name) for name in FORWARDERS}
        code.bind({"environ": environ, "endpoints": self.standins.endpoints, "root": str(self.root)})

    def environ(self, name: str) -> dict[str, str]:
        """Return the environment of a forwarder, as infra/forwarding.py sets it."""
        topic = f"arn:aws:sns:{REGION}:{ACCOUNT}"
        return {
            "ALERTRELAY_ENV": "wire",
            "ALERTRELAY_CONFIG": "config.json",
            "ALERTRELAY_CONFIG_HASH": "",
            "ALERTRELAY_TABLE": TABLE,
            "ALERTRELAY_SECRET_ARN": self.secret_arn,
            "ALERTRELAY_QUEUE_URL": self.queues[name, "timers"],
            "ALERTRELAY_DEAD_LETTER_URL": self.queues[name, "expired"],
            "ALERTRELAY_OPS_TOPIC_ARN": f"{topic}:ops",
            "ALERTRELAY_LAST_RESORT_TOPIC_ARN": f"{topic}:last-resort",
            "ALERTRELAY_ACCOUNT_ID": ACCOUNT,
            "ALERTRELAY_TOPIC_PREFIX": "alertrelay-wire-",
            "POWERTOOLS_SERVICE_NAME": f"{name}-forwarder",
            "POWERTOOLS_METRICS_NAMESPACE": "alertrelay",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_REGION": REGION,
            "LAMBDA_TASK_ROOT": str(self.root),
        }

    def publish(self, *texts: str, message_id: str = "", to: Iterable[str] = FORWARDERS) -> None:
        """Deliver messages of a topic to the forwarders, now, and do what is due."""
        for text in texts:
            event = sns_event(text, at=self.clock.now(), message_id=message_id)
            for name in to:
                self._asynchronously(name, event, tries=0)
        self.work()

    def invoke(self, name: str, event: Any) -> Answer:
        """Invoke a forwarder now; note what it logged and queued."""
        answer = self.code.invoke(name, event, self.clock.now())
        self.clock.at = max(self.clock.at, answer.at)
        self.logs += answer.logs.splitlines()
        if answer.error:
            self.errors.append(f"{name}: {answer.error}")
        self._note_bodies()
        return answer

    def tick(self) -> None:
        """Invoke the forwarders that have a group to find, as the schedule of each minute does: 80 queries for all."""
        self._ticked = self.clock.now()
        due = {item["pk"]["S"].partition("-")[0] for item in self.emulator.items_with(TABLE, "next_due")}
        for name in sorted({FORWARDER_OF.get(channel, "email") for channel in due}):
            self.invoke(name, TICK)

    def work(self) -> None:
        """Do everything that is due now."""
        while self._retry() or self._deliver():
            continue

    def run(self, seconds: float) -> None:
        """Move the clock, doing what falls due on the way."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while (due := self._next()) is not None and due <= until:
            self.clock.at = max(self.clock.at, due)
            if self.ticks and self._next_tick() == due:
                self.tick()
            self.work()
        self.clock.at = max(self.clock.at, until)

    def waiting(self) -> list[Queued]:
        """Return the messages of the forwarders' own queues."""
        return [
            Queued(name, _visible_at(message), message.body)
            for name in FORWARDERS
            for message in self.emulator.queued(self.queues[name, "timers"])
        ]

    def items(self) -> Items:
        """Return the table's items in DynamoDB's JSON, by key; sets are sorted."""
        return sorted(
            (_sorted(item) for item in self.emulator.items_with(TABLE, "pk")),
            key=lambda i: (i["pk"]["S"], i["sk"]["S"]),
        )

    def put(self, items: Items) -> None:
        """Put items into the table as they are."""
        for item in items:
            self.dynamodb.put_item(TableName=TABLE, Item=item)

    def enqueue(self, message: Queued) -> None:
        """Put a message into a forwarder's own queue, for its time."""
        delay = max(0, round((message.due - self.clock.now()).total_seconds()))
        url = self.queues[message.forwarder, "timers"]
        self._seen.add(
            self.sqs.send_message(QueueUrl=url, MessageBody=message.text, DelaySeconds=min(900, delay))["MessageId"]
        )

    def post_to_slack(self, channel: str) -> None:
        """Post to Slack's stand-in, so that it knows the messages which an incident is threaded under."""
        request = urllib.request.Request(
            self.standins.endpoints["slack.com"] + "/api/chat.postMessage",
            data=json.dumps({"channel": channel, "text": "before"}).encode(),
            headers={"Authorization": "Bearer FAKE", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["ok"]

    def _note_bodies(self) -> None:
        now = self.clock.now().timestamp()
        for (name, kind), url in self.queues.items():
            for message in self.emulator.queued(url):
                if message.id not in self._seen:
                    self._seen.add(message.id)
                    delay = max(0.0, message.delayed_until / 1000 - now)
                    self.bodies.append(Body(name, kind, round(delay), message.body))

    def _asynchronously(self, name: str, event: Any, *, tries: int) -> None:
        if self.invoke(name, event).error and tries < len(RETRY_AFTER):
            self.again.append((self.clock.now() + RETRY_AFTER[tries], tries + 1, name, event))

    def _retry(self) -> bool:
        for waiting in self.again:
            if waiting[0] <= self.clock.now():
                self.again.remove(waiting)
                self._asynchronously(waiting[2], waiting[3], tries=waiting[1])
                return True
        return False

    def _deliver(self) -> bool:
        for name in FORWARDERS:
            url = self.queues[name, "timers"]
            if not any(_visible_at(message) <= self.clock.now() for message in self.emulator.queued(url)):
                continue
            found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=0).get("Messages", [])
            for message in found:
                answer = self.invoke(name, sqs_event(message))
                if not answer.error and not (answer.value or {}).get("batchItemFailures"):
                    self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            if found:
                return True
        return False

    def _next(self) -> datetime | None:
        dues = [queued.due for queued in self.waiting()] + [due for due, *_ in self.again]
        tick = self._next_tick() if self.ticks else None
        return min([*dues, *([tick] if tick else [])], default=None)

    def _next_tick(self) -> datetime | None:
        """Return the next whole minute at which a tick finds a group that no message is about."""
        named = " ".join(queued.text for queued in self.waiting())
        dues = [
            datetime.fromtimestamp(int(item["next_due"]["N"]) / 1e6, UTC)
            for item in self.emulator.items_with(TABLE, "next_due")
            if item["pk"]["S"].removeprefix("H#") not in named
        ]
        if not dues:
            return None
        after = max(self._ticked + MINUTE, min(dues) - SOON)
        return after + (START - after) % MINUTE


@contextmanager
def deployed(code: Code, *, start: datetime = START) -> Iterator[World]:
    """Yield a deployment of that code, which is removed after the block."""
    clock = Clock(start)
    with (
        tempfile.TemporaryDirectory() as root,
        StandIns(now=clock.now) as standins,
        Emulator(region=REGION, now=clock.now) as emulator,
    ):
        world = World(code, emulator, standins, clock, Path(root))
        world.create()
        yield world


def create_table(client: Any) -> None:
    """Create the state table as infra/state.py does."""
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            *({"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "shard")),
            {"AttributeName": "next_due", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "shard", "KeyType": "HASH"},
                    {"AttributeName": "next_due", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def _visible_at(message: Any) -> datetime:
    """moto wants the clock to be past the instant."""
    return datetime.fromtimestamp((max(message.visible_at, message.delayed_until) + 1) / 1000, UTC)


def _sorted(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {kind: sorted(value) if kind in ("SS", "NS") else value for kind, value in attribute.items()}
        for name, attribute in sorted(item.items())
    }
