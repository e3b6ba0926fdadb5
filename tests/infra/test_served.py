"""A channel that no forwarder serves stops synth."""

from __future__ import annotations

import pytest
from alertrelay.config.model import Config

from compiler.load import load
from infra.node import use_packaged_node
from infra.served import check_served
from tests.example import CONFIG

use_packaged_node()

from infra.stacks import FORWARDERS  # noqa: E402 - starts node

SERVED = {name: channels for name, (_, channels) in FORWARDERS.items()}


@pytest.fixture(scope="module")
def config() -> Config:
    found = load(CONFIG, "prod").config
    assert found is not None
    return found


def test_every_channel_of_the_shipped_configuration_has_one_forwarder(config: Config) -> None:
    check_served(config, SERVED)


def test_a_channel_without_a_forwarder_is_named_with_its_receiver(config: Config) -> None:
    without = {name: channels for name, channels in SERVED.items() if "slack" not in channels}
    with pytest.raises(ValueError, match=r"receiver \S+: its channel slack needs one forwarder, there is none"):
        check_served(config, without)


def test_a_channel_of_two_forwarders_would_be_sent_twice(config: Config) -> None:
    with pytest.raises(ValueError, match="there is again and slack-forwarder"):
        check_served(config, {**SERVED, "again": ("slack",)})
