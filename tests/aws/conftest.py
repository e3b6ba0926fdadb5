"""moto in this process: no network, no account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alertrelay.aws.clients import Clients, clients
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.store import MemoryStore
from alertrelay.state import Store
from moto import mock_aws

from local.serve.database import DataFile
from local.serve.store import SqliteStore
from tests.aws import state
from tests.aws.compared import Compared

REGION = "eu-west-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield clients(None, region=REGION)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """A client of a DynamoDB that has no table yet."""
    with state.aws() as made:
        yield made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(state.NOW)


@pytest.fixture
def dynamo_store(clock: ManualClock, dynamodb: Any) -> Iterator[Store]:
    """The real one alone, empty."""
    with state.table(dynamodb):
        yield state.dynamo(dynamodb, clock)


@pytest.fixture(params=["memory", "sqlite", "bench", "dynamodb"])
def store(request: pytest.FixtureRequest, clock: ManualClock, dynamodb: Any, tmp_path: Path) -> Iterator[Store]:
    """Each implementation of ports.Store in turn, empty; the table of `make bench` is held to moto's answers."""
    if request.param == "memory":
        yield MemoryStore(clock)
        return
    if request.param == "sqlite":
        with DataFile(tmp_path) as database:
            yield SqliteStore(database, clock)
        return
    with state.table(dynamodb):
        yield state.dynamo(Compared(dynamodb) if request.param == "bench" else dynamodb, clock)
