from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from alertrelay.channels.transport.connection import NotConnected, connect

Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]


def named(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    """The name lookup gives these."""
    found: list[Address] = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_the_next_address_is_tried_where_one_refuses(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> None:
    named(monkeypatch, ("127.0.0.1", 1), listener.getsockname())
    with connect("peer.example.com", 443, seconds=2) as sock:
        assert sock.getpeername() == listener.getsockname()
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_name_without_addresses_is_not_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch)
    with pytest.raises(NotConnected, match="has no address"):
        connect("peer.example.com", 443, seconds=2)


@pytest.mark.parametrize("host", ["", ".", "a" * 300, "a..b", "\ud83d"])
def test_a_name_that_is_none_is_not_connected(host: str) -> None:
    with pytest.raises(NotConnected):
        connect(host, 1, seconds=2)


def test_all_addresses_together_keep_to_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """PagerDuty has several addresses, and a network without a way out swallows the calls to each."""
    spent: list[float] = []

    class Swallowed:
        def __init__(self, *_: object) -> None:
            self.seconds = 0.0

        def settimeout(self, seconds: float) -> None:
            self.seconds = seconds

        def connect(self, _: object) -> None:
            spent.append(self.seconds)
            raise TimeoutError

        def close(self) -> None:
            pass

    named(monkeypatch, *[("192.0.2.1", port) for port in range(1, 5)])
    monkeypatch.setattr(socket, "socket", Swallowed)
    monkeypatch.setattr(time, "monotonic", lambda: sum(spent))
    with pytest.raises(NotConnected, match="did not answer a connection in time"):
        connect("peer.example.com", 443, seconds=2)
    assert spent == pytest.approx([0.5, 0.5, 0.5, 0.5])
