"""The table of a run: in memory, or DynamoDB as moto's server plays it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import botocore.session
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.store import MemoryStore
from botocore.config import Config

from tests.aws import state


@dataclass(frozen=True, kw_only=True)
class Backing:
    """A `store`, how all of its items are lost, and what it holds."""

    store: Any
    lose: Callable[[], None]
    contents: Callable[[], object]


Back = Callable[[ManualClock], Backing]


def memory(clock: ManualClock) -> Backing:
    """Returns an empty store in memory."""
    store = MemoryStore(clock)

    def lose() -> None:
        for items in (store._alerts, store._members, store._headers, store._surveys):
            items.clear()

    return Backing(store=store, lose=lose, contents=lambda: vars(store))


@contextmanager
def moto() -> Iterator[Back]:
    """Yields what makes an empty table on a server of moto's, on loopback."""
    from moto.server import ThreadedMotoServer
    from werkzeug.serving import WSGIRequestHandler

    WSGIRequestHandler.protocol_version = "HTTP/1.1"  # one connection, where 1.0 needs one for each request
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it writes a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client: Any = botocore.session.get_session().create_client(
        "dynamodb",
        region_name="eu-central-1",
        endpoint_url=f"http://{host}:{port}",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"max_attempts": 0}),
    )

    def back(clock: ManualClock) -> Backing:
        def lose() -> None:
            with suppress(client.exceptions.ResourceNotFoundException):
                client.delete_table(TableName=state.TABLE)
            state.create(client)

        def contents() -> object:
            return [page["Items"] for page in client.get_paginator("scan").paginate(TableName=state.TABLE)]

        lose()
        return Backing(store=state.dynamo(client, clock), lose=lose, contents=contents)

    try:
        yield back
    finally:
        server.stop()
