"""`check --live` sees that nobody can post to an intake."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from alertrelay.config.model import Config

from cli import live
from cli.cloud import DeployedStack
from compiler.load import load
from local.serve.pressable import with_buttons
from tests.example import CONFIG


@pytest.fixture(scope="module")
def config() -> Config:
    found = load(CONFIG, "prod").config
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("outputs", "tokens", "found"),
    [
        ({"IntakeUrl": "https://x"}, {}, ["intake-without-tokens"]),
        ({"IntakeUrl": "https://x"}, {"intake_push_token": "a-token-of-a-test"}, []),
        ({}, {}, []),
    ],
)
def test_an_intake_without_a_token_is_found(
    config: Config, outputs: dict[str, str], tokens: dict[str, str], found: list[str]
) -> None:
    values = {**dict.fromkeys(config.secret_keys(), "FAKE"), **tokens}
    manager: Any = SimpleNamespace(get_secret_value=lambda **_: {"SecretString": json.dumps(values)})
    stack = DeployedStack(stack="s", status="CREATE_COMPLETE", outputs={"SecretArn": "arn", **outputs})
    assert [one.code for one in live._secret(config, stack, lambda _: manager)] == found


def test_buttons_without_the_secret_that_slack_signs_by_are_found(config: Config) -> None:
    values = {**dict.fromkeys(config.secret_keys(), "FAKE"), "intake_push_token": "a-token-of-a-test"}
    stack = DeployedStack(stack="s", status="CREATE_COMPLETE", outputs={"SecretArn": "arn", "IntakeUrl": "https://x"})

    def found(values: dict[str, str]) -> list[str]:
        manager: Any = SimpleNamespace(get_secret_value=lambda **_: {"SecretString": json.dumps(values)})
        return [one.code for one in live._secret(with_buttons(config), stack, lambda _: manager)]

    assert found(values) == ["buttons-without-secret"]
    assert found({**values, "slack_signing_secret": "FAKE"}) == []


def test_a_signing_secret_without_buttons_is_named(config: Config) -> None:
    values = {**dict.fromkeys(config.secret_keys(), "FAKE"), "intake_push_token": "a-token-of-a-test"}
    stack = DeployedStack(stack="s", status="CREATE_COMPLETE", outputs={"SecretArn": "arn", "IntakeUrl": "https://x"})
    manager: Any = SimpleNamespace(
        get_secret_value=lambda **_: {"SecretString": json.dumps({**values, "slack_signing_secret": "FAKE"})}
    )
    (found,) = live._secret(config, stack, lambda _: manager)
    assert (found.code, found.severity) == ("no-buttons", "info")
    assert "buttons: true" in found.mend
