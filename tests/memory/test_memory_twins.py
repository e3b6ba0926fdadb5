"""The memory twins keep the promises of ports.py (the store's: tests/aws/test_store_contract.py)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alertrelay.alert import Integration
from alertrelay.channels.sns import SnsSettings
from alertrelay.config.model import Target
from alertrelay.memory.ports import CollectingSender, ManualClock, MemorySecrets, MemoryTimers
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.group_state import GroupHeader, GroupIdentity
from alertrelay.ports import Key, Retryable, SecretMissing

START = datetime(2026, 11, 20, tzinfo=UTC)
SECRET = "obviously-not-a-key"
PHONE = Integration(receiver="sms", channel="sns", index=0)
TARGET = Target(
    integration=PHONE,
    send_resolved=True,
    settings=SnsSettings(topic_arn="", phone_number="+15555550100", target_arn=""),
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


# --- the clock -----------------------------------------------------------------------------------------------------


def test_a_manual_clock_moves_only_forward(clock: ManualClock) -> None:
    clock.sleep(1.5)
    clock.sleep(-60)
    clock.move_to(START)
    assert clock.now() == START + timedelta(seconds=1.5)
    clock.move_to(START + timedelta(hours=1))
    assert clock.now() == START + timedelta(hours=1)


# --- timers --------------------------------------------------------------------------------------------------------


def test_a_message_comes_back_once_when_its_delay_is_over(clock: ManualClock) -> None:
    timers = MemoryTimers(clock)
    timers.send({"n": 1}, delay_seconds=60)
    clock.sleep(59.999)
    assert timers.due() == []
    clock.sleep(0.001)
    assert timers.due() == [{"n": 1}]
    assert timers.due() == []


def test_messages_come_back_in_the_order_of_their_time_and_then_of_sending(clock: ManualClock) -> None:
    timers = MemoryTimers(clock)
    for body, delay in (("late", 9), ("first", 3), ("second", 3), ("at once", 0)):
        timers.send({"is": body}, delay_seconds=delay)
    assert timers.next_at() == START
    clock.sleep(9)
    assert [body["is"] for body in timers.due()] == ["at once", "first", "second", "late"]
    assert timers.next_at() is None


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_that_sqs_would_not_take_is_an_error_of_the_caller(clock: ManualClock, delay: int) -> None:
    """The real one cuts it rather than lose an alert; in a test it has to be seen."""
    timers = MemoryTimers(clock)
    with pytest.raises(ValueError, match=f"expected a delay of 0 to 900 s, got {delay}"):
        timers.send({}, delay_seconds=delay)
    assert timers.waiting == []


def test_what_is_buried_does_not_come_back(clock: ManualClock) -> None:
    timers = MemoryTimers(clock)
    timers.dead_letter({"n": 1})
    clock.sleep(10_000)
    assert (timers.due(), timers.dead_lettered) == ([], [{"n": 1}])


# --- secrets -------------------------------------------------------------------------------------------------------


def test_the_current_version_of_a_key_comes_first_and_each_comes_once() -> None:
    secrets = MemorySecrets({"pd": ["new", "old"]})
    assert [key.value for key in secrets.versions("pd")] == ["new", "old"]


def test_a_preferred_version_comes_first_where_it_is_known() -> None:
    secrets = MemorySecrets({"pd": ["new", "old"]})
    old = list(secrets.versions("pd"))[1]
    assert [key.value for key in secrets.versions("pd", prefer=old.version)] == ["old", "new"]
    assert [key.value for key in secrets.versions("pd", prefer="gone")] == ["new", "old"]


def test_several_keys_are_one_of_a_line_each_as_in_the_real_secret() -> None:
    secrets = MemorySecrets({"token": ["new", "old"], "user": ["ada"]})
    assert [key.value for key in secrets.versions("token user")] == ["new\nada", "old\nada"]
    with pytest.raises(SecretMissing, match="no key 'id'"):
        next(secrets.versions("token id"))


@pytest.mark.parametrize("values", [{}, {"pd": []}, {"other": [SECRET]}])
def test_a_key_that_is_missing_is_named_when_its_first_version_is_asked_for(values: Mapping[str, list[str]]) -> None:
    """Not before: the real one reads nothing until then, and a caller must not rely on the twin."""
    versions = iter(MemorySecrets(values).versions("pd"))
    with pytest.raises(SecretMissing, match="'pd'") as caught:
        next(versions)
    assert SECRET not in str(caught.value)


def test_a_key_never_shows_its_value() -> None:
    key = Key("pd", SECRET, "0a1b2c3d")
    assert SECRET not in f"{key} {key!r} {[key]}"
    assert "0a1b2c3d" in repr(key)


# --- sender --------------------------------------------------------------------------------------------------------


def test_a_collecting_sender_fails_as_it_is_told_and_keeps_what_it_takes() -> None:
    sender = CollectingSender(faults=[Retryable("it answered 503")], key="pd")
    asked: dict[str, Any] = {"key": Key("pd", SECRET, "1"), "notification_id": "n1", "timeout": 1.0}
    with pytest.raises(Retryable, match="503"):
        sender.send({"a": 1}, TARGET, **asked)
    receipt = sender.send({"a": 1}, TARGET, **asked)
    assert (receipt.integration, receipt.key_name, receipt.key_version) == (PHONE, "pd", "1")
    sender.send({"a": 2}, TARGET, **asked, earlier=receipt, edit=True)
    assert [(message, edit) for _, message, _, edit in sender.sent] == [({"a": 1}, False), ({"a": 2}, True)]
    assert SECRET not in repr(sender.sent)


# --- threads -------------------------------------------------------------------------------------------------------


def test_of_many_threads_one_leases_a_group(clock: ManualClock) -> None:
    store = MemoryStore(clock)
    identity = GroupIdentity(integration=PHONE, route_id="{}", group_key="{}:{}", group_labels={})
    header = GroupHeader(identity=identity)
    store.arm("sns-1", header, due=START)
    gate, won = threading.Barrier(8), []

    def compete(owner: str) -> None:
        gate.wait()
        if store.lease("sns-1", owner=owner, now=START, until=START + timedelta(seconds=35)):
            won.append(owner)

    threads = [threading.Thread(target=compete, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.header("sns-1")
    assert found
    assert won == [found.schedule.owner]
