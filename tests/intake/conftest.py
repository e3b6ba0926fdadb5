"""The intake over the example's configuration."""

from __future__ import annotations

import pytest
from alertrelay.config.model import Config

from compiler.load import load
from tests.example import CONFIG
from tests.intake.door import Door
from tests.intake.slack_app import compiled


@pytest.fixture(scope="session")
def config() -> Config:
    found = load(CONFIG, "prod").config
    assert found is not None
    return found


@pytest.fixture
def door(config: Config) -> Door:
    return Door(config)


@pytest.fixture(scope="session")
def slack_config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return compiled(tmp_path_factory.mktemp("slack"), "slack: {buttons: true, time_zone: Europe/Berlin}")
