"""A table and a secret that answer slowly: a notification waits for both five seconds at most, then it goes out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from alertrelay.aws.budget import LIMIT, USUAL, Budget
from alertrelay.aws.secrets import SecretKeys
from alertrelay.aws.state.store import DynamoStore
from alertrelay.channels import KINDS
from alertrelay.memory.ports import CollectingSender, ManualClock
from alertrelay.notification import Receipt
from alertrelay.ports import Permanent
from alertrelay.runtime import forwarder
from alertrelay.state import StoreFailure
from botocore.exceptions import ReadTimeoutError

from tests.aws.state import GID, NOW, TABLE, table
from tests.dispatch.world import START, World, alarm, config, timed

READ_TIMEOUT = 1.0


@dataclass
class Late:
    """A client that answers after `seconds`, or not within its timeout."""

    client: Any
    clock: ManualClock
    seconds: float = 0.0
    waited: float = 0.0

    @property
    def meta(self) -> Any:
        return self.client.meta

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            seconds = min(self.seconds, READ_TIMEOUT)
            self.waited += seconds
            self.clock.sleep(seconds)
            if self.seconds > READ_TIMEOUT:
                raise ReadTimeoutError(endpoint_url="https://aws.invalid")
            return getattr(self.client, operation)(**arguments)

        return call


class Empty:
    """A client that answers that there is nothing."""

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **_: {}


def slow(seconds: float) -> tuple[DynamoStore, Budget, ManualClock]:
    clock = ManualClock(NOW)
    budget = Budget(clock)
    return DynamoStore(lambda: cast(Any, Late(Empty(), clock, seconds)), TABLE, clock, budget), budget, clock


def ask(store: DynamoStore, times: int) -> None:
    for _ in range(times):
        store.header(GID)


@pytest.mark.parametrize("at_hand", [True, False])
@pytest.mark.parametrize("seconds", [0.6, 0.9, 1.1, 4.0])
def test_a_message_waits_for_a_slow_table_five_seconds_at_most(seconds: float, at_hand: bool) -> None:
    store, budget, clock = slow(seconds)
    with budget.limited(secret_at_hand=at_hand), pytest.raises(StoreFailure):
        ask(store, 20)
    assert clock.now() - NOW <= LIMIT + 10 * USUAL
    assert budget.for_secret is True


@pytest.mark.parametrize("at_hand", [True, False])
def test_a_table_that_is_well_serves_a_large_group(at_hand: bool) -> None:
    store, budget, clock = slow(0.2)
    with budget.limited(secret_at_hand=at_hand):
        ask(store, 100)
    assert clock.now() - NOW == 100 * timedelta(seconds=0.2)


def test_each_invocation_waits_anew() -> None:
    store, budget, clock = slow(0.9)
    for _ in range(4):
        with budget.limited(secret_at_hand=True):
            ask(store, 4)
    assert clock.now() - NOW == 16 * timedelta(seconds=0.9)


def test_a_tick_waits_as_long_as_it_takes() -> None:
    store, _, clock = slow(0.9)
    ask(store, 30)
    assert clock.now() - NOW == 30 * timedelta(seconds=0.9)


class Keys:
    """A client of Secrets Manager."""

    meta = None

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": json.dumps({"pagerduty_key": "not-a-real-key"})}


class Unheard:
    """An Observer that keeps nothing."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_, **__: None


@dataclass
class Timed(CollectingSender):
    """Notes when it was sent to."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    at: list[datetime] = field(default_factory=list)

    def send(self, *arguments: Any, **named: Any) -> Receipt:
        self.at.append(self.clock.now())
        return super().send(*arguments, **named)


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class Site:
    """The pager's forwarder as Lambda runs it, with a table and a secret that can be late."""

    def __init__(self, dynamodb: Any) -> None:
        clock = ManualClock(START)
        self.clock, self.budget = clock, Budget(clock)
        self.table, self.secret = Late(dynamodb, clock), Late(Keys(), clock)
        store = DynamoStore(lambda: cast(Any, self.table), TABLE, clock, self.budget)
        keys = SecretKeys(
            lambda: cast(Any, self.secret), "arn:x:secret:y", lambda: clock.now().timestamp(), self.budget
        )
        self.world = World(
            config=timed(config(), group_wait=30), clock=clock, secrets=cast(Any, keys), wrap=lambda _: store
        )
        self.senders = {kind: Timed(clock=clock) for kind in KINDS}
        self.world.senders.update(self.senders)
        self.senders["pagerduty"].key = "pagerduty_key"
        pipeline = self.world.relays[0].pipeline
        limited = lambda: self.budget.limited(secret_at_hand=keys.at_hand)  # noqa: E731 - as runtime has it
        self.built = forwarder.Built(pipeline, cast(Any, Unheard()), dict, limited)

    def invoke(self, event: Any) -> timedelta:
        """Returns how long after its beginning the first message went out."""
        began = self.clock.now()
        forwarder._handle(self.built, event, Context())
        return (
            min((at for one in self.senders.values() for at in one.at), default=datetime.max.replace(tzinfo=UTC))
            - began
        )

    def waited(self) -> timedelta:
        """Adds up the waiting for table and secret."""
        return timedelta(seconds=self.table.waited + self.secret.waited)

    def said(self) -> str:
        return json.dumps([self.world.sent(kind) for kind in KINDS])


@pytest.fixture
def site(dynamodb: Any) -> Iterator[Site]:
    with table(dynamodb):
        yield Site(dynamodb)


def from_topic(*, age: timedelta = timedelta(minutes=3)) -> Any:
    """An alert that has fired for longer than its group waits."""
    one = alarm("db-1", at=START - age)
    record = {"MessageId": one.message_id, "TopicArn": one.topic_arn, "Message": one.text}
    return {"Records": [{"EventSource": "aws:sns", "Sns": {**record, "Timestamp": "2026-11-20T03:00:00.000Z"}}]}


def from_timer(site: Site) -> Any:
    """A fresh alert is in its group, which is due by now."""
    forwarder._handle(site.built, from_topic(age=timedelta()), Context())
    assert site.said() == json.dumps([[] for _ in KINDS])
    site.clock.sleep(30)
    (body,) = site.world.timers(site.world.relays[0]).due()
    return {"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": json.dumps(body)}]}


LATE = pytest.mark.parametrize(
    ("table_seconds", "secret_seconds"),
    [(0.5, 0.0), (0.9, 0.0), (4.0, 0.0), (0.0, 0.9), (0.5, 0.5), (0.9, 0.9), (4.0, 0.9), (0.0, 4.0), (4.0, 4.0)],
)


@LATE
def test_a_critical_alert_of_a_topic_goes_out_in_five_seconds(
    site: Site, table_seconds: float, secret_seconds: float
) -> None:
    site.table.seconds, site.secret.seconds = table_seconds, secret_seconds
    assert site.invoke(from_topic()) <= LIMIT
    assert site.waited() <= LIMIT
    assert len(site.world.sent("pagerduty")) == (secret_seconds <= READ_TIMEOUT)
    assert "FAILED" not in site.said()
    assert ("PagerDuty NOT TRIED" in site.said()) == (secret_seconds > READ_TIMEOUT)


@LATE
def test_what_a_timer_brings_goes_out_in_five_seconds_or_comes_again(
    site: Site, table_seconds: float, secret_seconds: float
) -> None:
    event = from_timer(site)
    site.table.seconds, site.secret.seconds = table_seconds, secret_seconds
    took = site.invoke(event)
    assert site.waited() <= LIMIT
    if table_seconds > READ_TIMEOUT:  # its alerts stand in the table alone
        assert site.world.timers(site.world.relays[0]).next_at()
        return
    assert took <= LIMIT
    assert len(site.world.sent("pagerduty")) == (secret_seconds <= READ_TIMEOUT)
    assert "FAILED" not in site.said()


def test_a_timer_s_fallback_does_not_wait_longer_for_the_table(site: Site) -> None:
    event = from_timer(site)
    site.table.seconds = 0.9
    site.world.fail("pagerduty", "slack", by=Permanent("it refuses"))
    site.invoke(event)
    assert site.waited() <= LIMIT
    assert site.world.sent("email")
