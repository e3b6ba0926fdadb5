"""A channel without forwarder, handler, stand-in or the name of its secret stops synth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from alertrelay.channels import KINDS, channel
from alertrelay.config.channel import ChannelDescriptor, Settings
from alertrelay.config.model import Config

from compiler.load import load
from infra.node import use_packaged_node
from infra.served import check_served, check_whole
from infra.synth import ROOT
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


WEBHOOK = channel("webhook")
PARTS = ("lambdas/slack_forwarder.py", "lambdas/email_forwarder.py", "local/standins/webhook/__init__.py")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for part in PARTS:
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).touch()
    return tmp_path


def whole(root: Path, *channels: ChannelDescriptor) -> None:
    check_whole(channels, ["slack-forwarder", "email-forwarder"], root)


def test_every_channel_and_every_forwarder_here_is_whole(root: Path) -> None:
    check_whole(map(channel, KINDS), SERVED, ROOT)
    whole(root, WEBHOOK)


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("lambdas/email_forwarder.py", r"^email-forwarder: lambdas/email_forwarder\.py is missing"),
        ("local/standins/webhook/__init__.py", "^channel webhook: it has no stand-in .* add local/standins/webhook$"),
    ],
)
def test_a_part_that_is_missing_is_named_with_its_place(root: Path, missing: str, named: str) -> None:
    (root / missing).unlink()
    with pytest.raises(ValueError, match=named):
        whole(root, WEBHOOK)


def test_a_secret_that_the_settings_do_not_name_is_an_error(root: Path) -> None:
    with pytest.raises(
        ValueError,
        match=r"channel webhook: a key .* is a secret.*set `key_field` of Settings, or write its `key_name`$",
    ):
        whole(root, replace(WEBHOOK, settings=Settings))
