"""The self-test of a new version: what it accepts, what it refuses, and that nothing leaves it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from alertrelay.alert import Channel
from alertrelay.config.model import Config
from alertrelay.runtime import self_test as module
from alertrelay.runtime.forwarder import forwarder
from alertrelay.runtime.self_test import PASSED, SELF_TEST, SelfTestFailed, self_test

from compiler.load import load
from tests.example import CONFIG

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
CHANNELS: tuple[Channel, ...] = ("pagerduty", "slack", "email", "sns", "webhook")


@pytest.fixture(scope="module")
def config() -> Config:
    found = load(CONFIG, "prod").config
    assert found is not None
    return found


def test_the_shipped_configuration_passes_for_every_channel(config: Config) -> None:
    answer = self_test(config, frozenset(CHANNELS), now=NOW)
    integrations = sum(len(receiver.targets) for receiver in config.receivers)
    assert (answer["self_test"], answer["rendered"]) == (PASSED, integrations)
    assert answer["routes"] >= 1


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_forwarder_renders_for_its_own_channels_only(config: Config, channel: Channel) -> None:
    own = [t for receiver in config.receivers for t in receiver.targets if t.integration.channel == channel]
    assert self_test(config, frozenset({channel}), now=NOW)["rendered"] == len(own)


def test_a_route_to_a_receiver_that_is_not_there_is_refused(config: Config) -> None:
    with pytest.raises(SelfTestFailed, match="a receiver for each route was expected; there is none for"):
        self_test(replace(config, receivers=()), frozenset(), now=NOW)


def test_a_parser_that_misreads_the_recorded_alarm_is_refused(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALARM", {**module.ALARM, "NewStateValue": "OK"})
    with pytest.raises(SelfTestFailed, match=r"a firing alert with .* was expected; it is resolved"):
        self_test(config, frozenset(), now=NOW)


def test_a_message_without_the_alert_is_refused_by_the_integration(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "render", lambda *_: {})
    with pytest.raises(SelfTestFailed, match=r"expected in the message for [\w-]+/pagerduty/0"):
        self_test(config, frozenset({"pagerduty"}), now=NOW)


def test_no_event_of_a_topic_or_a_queue_is_taken_for_the_self_test() -> None:
    assert "Records" not in SELF_TEST
    assert forwarder("slack").channels == {"slack"}


def test_a_deployed_function_answers_the_self_test_without_any_call(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alertrelay-config.json").write_text(json.dumps(config.to_json()))
    nowhere = "http://127.0.0.1:1"  # a call would be refused, and the test would fail
    for name, value in {
        "AWS_ENDPOINT_URL": nowhere,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "LAMBDA_TASK_ROOT": str(tmp_path),
        "ALERTRELAY_CONFIG": "alertrelay-config.json",
        "ALERTRELAY_TABLE": "t",
        "ALERTRELAY_SECRET_ARN": "s",
        "ALERTRELAY_QUEUE_URL": f"{nowhere}/q",
        "ALERTRELAY_DEAD_LETTER_URL": f"{nowhere}/d",
        "ALERTRELAY_OPS_TOPIC_ARN": "arn:aws:sns:eu-west-1:111122223333:ops",
        "ALERTRELAY_LAST_RESORT_TOPIC_ARN": "",
        "ALERTRELAY_ACCOUNT_ID": "111122223333",
    }.items():
        monkeypatch.setenv(name, value)
    context = SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 30_000)
    answer = forwarder("pagerduty")(dict(SELF_TEST), context)
    assert answer is not None
    assert answer["self_test"] == PASSED
    assert answer["rendered"] >= 1
