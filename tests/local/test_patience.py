"""How fast the machine is decides nothing: who asks the emulator waits, and a hang is a hang at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.aws.clients import PROMPT, Clients
from botocore.exceptions import ReadTimeoutError

from local.stack.emulator import Emulator
from local.standins import Fault

REGION = "eu-central-1"
LONG = 600


def config_of(client: Any) -> Any:
    return client.meta.config


@pytest.fixture
def emulator() -> Any:
    with Emulator(region=REGION, now=lambda: datetime(2026, 11, 20, tzinfo=UTC)) as running:
        yield running


def functions_client(emulator: Emulator, service: str) -> Any:
    """As a function makes it."""
    return getattr(Clients(endpoint_url=emulator.url, region=REGION), service)()


def test_the_harness_waits_and_asks_once(emulator: Emulator) -> None:
    config = config_of(emulator.client("cloudformation"))
    assert (config.read_timeout, config.connect_timeout) == (LONG, LONG)
    assert config.retries["total_max_attempts"] == 1


def test_a_function_waits_for_the_emulator_with_its_own_number_of_tries(emulator: Emulator) -> None:
    config = config_of(functions_client(emulator, "dynamodb"))
    assert (config.read_timeout, config.connect_timeout) == (LONG, LONG)
    assert config.retries == PROMPT.retries  # type: ignore[attr-defined] # the stubs do not know its options


@pytest.mark.parametrize("kind", ["timeout", "trickle"])
def test_a_hang_is_the_clients_own_time_out_without_any_wait(emulator: Emulator, kind: str) -> None:
    client = functions_client(emulator, "sns")
    topic = emulator.client("sns").create_topic(Name="t")["TopicArn"]
    emulator.faults["sns"] = Fault.named(kind)
    with pytest.raises(ReadTimeoutError):
        client.publish(TopicArn=topic, Message="hello")
    assert emulator.published == ()  # it never reached the wire, where it would wait
    emulator.faults.clear()
    client.publish(TopicArn=topic, Message="hello")
    assert len(emulator.published) == 1
