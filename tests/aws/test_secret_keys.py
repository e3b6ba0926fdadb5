from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from alertrelay.aws import secrets
from alertrelay.aws.budget import Budget
from alertrelay.aws.clients import Clients
from alertrelay.aws.secrets import SecretKeys
from alertrelay.channels.pagerduty import PagerDutySettings
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import sender_of
from alertrelay.memory.ports import ManualClock
from alertrelay.notify.deliver import Courier, Delivery
from alertrelay.ports import SecretMissing
from botocore.exceptions import ConnectTimeoutError

from local.standins import Fault, StandIns
from tests.channels.example import target
from tests.render.notifications import NOW, notification

ONE, TWO, THREE = "not-a-real-key-1", "not-a-real-key-2", "not-a-real-key-3"


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """A client that counts its reads, and fails while `down`."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.meta = client.meta
        self.stages: list[str] = []
        self.down = False

    def get_secret_value(self, **request: Any) -> Any:
        self.stages.append(request["VersionStage"])
        if self.down:
            raise ConnectTimeoutError(endpoint_url="https://secretsmanager.invalid")
        return self.client.get_secret_value(**request)


@pytest.fixture
def client(aws: Clients) -> Counting:
    return Counting(aws.secretsmanager())


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def read_by(client: Counting, arn: str, seconds: Seconds) -> SecretKeys:
    return SecretKeys(lambda: client, arn, seconds, Budget(ManualClock(NOW)))  # type: ignore[arg-type,return-value]  # a ten-line stand-in


def kept(client: Counting, seconds: Seconds, value: str | bytes) -> SecretKeys:
    content: Any = {"SecretBinary": value} if isinstance(value, bytes) else {"SecretString": value}
    arn = client.client.create_secret(Name="alertrelay-dev", **content)["ARN"]
    return read_by(client, arn, seconds)


@pytest.fixture
def keys(client: Counting, seconds: Seconds) -> SecretKeys:
    return kept(client, seconds, json.dumps({"pd": ONE}))


def rotate(keys: SecretKeys, client: Counting, value: str) -> None:
    client.client.put_secret_value(SecretId=keys.arn, SecretString=json.dumps({"pd": value}))


def values(found: Iterator[Any]) -> list[str]:
    return [key.value for key in found]


def test_nothing_is_read_before_a_version_is_asked_for(keys: SecretKeys, client: Counting) -> None:
    keys.versions("pd")
    assert client.stages == []


def test_the_current_version_costs_one_read_and_then_none(keys: SecretKeys, client: Counting) -> None:
    for _ in range(3):
        assert next(keys.versions("pd")).value == ONE
    assert client.stages == ["AWSCURRENT"]


def test_asking_for_the_next_reads_past_the_cache_and_finds_a_rotation(keys: SecretKeys, client: Counting) -> None:
    found = keys.versions("pd")
    assert next(found).value == ONE
    rotate(keys, client, TWO)
    assert next(found).value == TWO
    assert list(found) == []  # what is AWSPREVIOUS now was the first that was tried
    assert client.stages == ["AWSCURRENT", "AWSCURRENT", "AWSPREVIOUS"]


def test_the_version_before_the_rotation_comes_last(keys: SecretKeys, client: Counting) -> None:
    rotate(keys, client, TWO)
    assert values(keys.versions("pd")) == [TWO, ONE]


def test_each_version_is_given_once(keys: SecretKeys) -> None:
    assert values(keys.versions("pd")) == [ONE]


def test_a_version_has_a_name_that_tells_nothing_of_it(keys: SecretKeys) -> None:
    key = next(keys.versions("pd"))
    assert len(key.version) == 8
    assert key.version not in ONE
    assert ONE not in repr(key)


def test_a_preferred_version_comes_first_while_it_is_known(keys: SecretKeys, client: Counting) -> None:
    old = next(keys.versions("pd")).version
    rotate(keys, client, TWO)
    list(keys.versions("pd"))
    assert values(keys.versions("pd", prefer=old)) == [ONE, TWO]


def test_a_preferred_version_that_is_gone_changes_nothing(keys: SecretKeys, client: Counting) -> None:
    rotate(keys, client, TWO)
    assert values(keys.versions("pd", prefer="00000000")) == [TWO, ONE]


def test_a_second_rotation_moves_the_previous_version_too(keys: SecretKeys, client: Counting) -> None:
    rotate(keys, client, TWO)
    list(keys.versions("pd"))
    rotate(keys, client, THREE)
    assert values(keys.versions("pd")) == [TWO, THREE]
    assert values(keys.versions("pd")) == [THREE, TWO]


def test_a_failed_read_is_not_paid_for_again_at_once(keys: SecretKeys, client: Counting, seconds: Seconds) -> None:
    client.down = True
    for _ in range(5):
        with pytest.raises(SecretMissing, match="cannot be read: ConnectTimeoutError"):
            next(keys.versions("pd"))
    assert client.stages == [
        "AWSCURRENT",
        "AWSCURRENT",
        "AWSPREVIOUS",
        "AWSPREVIOUS",
    ]  # a lost answer is asked for twice
    client.down = False
    seconds.now += secrets.FAILURE_SECONDS
    assert next(keys.versions("pd")).value == ONE


def test_what_was_read_before_an_outage_is_still_given(
    keys: SecretKeys, client: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "MAX_AGE_SECONDS", 0)  # nothing stays in the cache
    next(keys.versions("pd"))
    client.down = True
    assert next(keys.versions("pd")).value == ONE


def test_what_was_read_ahead_is_not_read_again(keys: SecretKeys, client: Counting) -> None:
    keys.read_ahead()
    assert next(keys.versions("pd")).value == ONE
    assert client.stages == ["AWSCURRENT"]
    keys.read_ahead()
    assert client.stages == ["AWSCURRENT"]


def test_who_asks_while_it_is_read_ahead_waits_for_that(
    keys: SecretKeys, client: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered = threading.Event(), threading.Event()
    get = client.get_secret_value

    def slow(**request: Any) -> Any:
        asked.set()
        answered.wait(10)
        return get(**request)

    client.get_secret_value = slow  # type: ignore[method-assign]
    ahead = threading.Thread(target=keys.read_ahead)
    ahead.start()
    asked.wait(10)
    waiting = keys.budget.waiting

    def released() -> Any:
        answered.set()
        return waiting()

    monkeypatch.setattr(keys.budget, "waiting", released)
    assert next(keys.versions("pd")).value == ONE
    ahead.join()
    assert client.stages == ["AWSCURRENT"]


def test_a_read_ahead_that_fails_shows_where_a_key_is_asked_for(keys: SecretKeys, client: Counting) -> None:
    client.down = True
    keys.read_ahead()
    with pytest.raises(SecretMissing, match="cannot be read: ConnectTimeoutError"):
        next(keys.versions("pd"))
    assert client.stages.count("AWSCURRENT") == 2, "the second try is the read ahead's own"


def test_a_slow_read_ahead_takes_nothing_from_what_the_table_may_wait(client: Counting, seconds: Seconds) -> None:
    clock = ManualClock(NOW)
    get = client.get_secret_value

    def slow(**request: Any) -> Any:
        clock.sleep(4)
        return get(**request)

    client.get_secret_value = slow  # type: ignore[method-assign]
    budget = Budget(clock)
    keys = SecretKeys(lambda: client, "arn:x:secret:y", seconds, budget)  # type: ignore[arg-type,return-value]
    with budget.limited(secret_at_hand=True):
        keys.read_ahead()
        assert budget.for_table


def test_a_line_end_that_was_copied_along_is_no_part_of_the_key(client: Counting, seconds: Seconds) -> None:
    keys = kept(client, seconds, json.dumps({"pd": f" {ONE}\n"}))
    assert next(keys.versions("pd")).value == ONE


def test_a_binary_secret_is_read_as_json_too(client: Counting, seconds: Seconds) -> None:
    keys = kept(client, seconds, json.dumps({"pd": ONE}).encode())
    assert next(keys.versions("pd")).value == ONE


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f'{{"pd": "{ONE}"', "is not JSON"),
        (f'"{ONE}"', "no object of keys"),
        (f'["{ONE}"]', "no object of keys"),
        ("null", "no object of keys"),
        (f'{{"other": "{ONE}"}}', "lacks the key pd"),
        (f'{{"pd": ["{ONE}"]}}', "has no text in the key pd"),
        ('{"pd": " "}', "has no text in the key pd"),
        (b"\xff\xfe" + ONE.encode(), "is not JSON"),
    ],
)
def test_a_secret_without_the_key_says_so_and_shows_nothing(
    client: Counting, seconds: Seconds, content: str | bytes, said: str
) -> None:
    keys = kept(client, seconds, content)
    with pytest.raises(SecretMissing, match=said) as caught:
        next(keys.versions("pd"))
    error: BaseException | None = caught.value
    assert "alertrelay-dev" in str(error)
    while error is not None:
        told = f"{error!r} {vars(error)!r} {traceback.format_exception(error)}"
        assert ONE not in told
        error = error.__cause__ or error.__context__


def test_a_secret_that_is_not_there_says_so(aws: Clients, seconds: Seconds) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:alertrelay-dev-AbCdEf"
    with pytest.raises(SecretMissing, match="alertrelay-dev-AbCdEf cannot be read: ResourceNotFoundException"):
        next(SecretKeys(aws.secretsmanager, arn, seconds, Budget(ManualClock(NOW))).versions("pd"))


def test_a_client_that_cannot_be_made_is_a_missing_secret(aws: Clients, seconds: Seconds) -> None:
    def none() -> Any:
        raise ConnectTimeoutError(endpoint_url="x")

    with pytest.raises(SecretMissing, match="cannot be read"):
        next(SecretKeys(none, "arn:x:secret:y", seconds, Budget(ManualClock(NOW))).versions("pd"))


@pytest.mark.parametrize("good", ["anew", "previous"])
def test_a_page_goes_out_by_another_version_where_pagerduty_says_400_of_a_dead_key(
    keys: SecretKeys, client: Counting, good: str
) -> None:
    """A rotation while the old key is in the cache; and one to a key that never worked."""
    assert values(islice(keys.versions("pd"), 1)) == [ONE]
    rotate(keys, client, TWO)
    dead = ONE if good == "anew" else TWO
    if good == "previous":
        keys = read_by(client, keys.arn, Seconds())
    with StandIns() as peers:
        peers.fail("pagerduty", Fault(kind="status", status=400, body="Invalid routing key"), token=dead)
        courier = Courier(
            senders={"pagerduty": sender_of("pagerduty", Network(endpoints=peers.endpoints))},
            secrets=keys,
            renderer=lambda _: lambda *_: {"event_action": "resolve", "dedup_key": "d"},
            clock=ManualClock(NOW),
            alert_ops=lambda _: None,
        )
        settings = PagerDutySettings(
            routing_key="pd", url="https://events.pagerduty.com/v2/enqueue", client="", client_url=""
        )
        attempt = courier.attempt(
            Delivery(
                target=target(settings), notification=notification(), send_by=NOW + timedelta(minutes=1), within=10
            )
        )
        assert attempt.receipt is not None
        assert [request.answered for request in peers.requests] == ["400", "202"]
        assert peers.requests[-1].tokens == {TWO if good == "anew" else ONE}
