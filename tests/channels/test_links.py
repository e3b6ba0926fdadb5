"""Addresses of runbooks are tried without reaching into a private network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from alertrelay.channels.transport.links import LinkNetwork, dead_links, public
from alertrelay.memory.ports import ManualClock

from tests.nflog.history.lines import MONDAY


class _Wiki(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        place = {"/moved": "/missing", "/login": "", "/inside": "http://10.0.0.1/missing", "/loop": "/loop"}
        status = {"/missing": 404, "/removed": 410, "/broken": 500, "/login": 401}.get(self.path, 200)
        self.send_response(302 if place.get(self.path) else status)
        if place.get(self.path):
            self.send_header("Location", place[self.path])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stays quiet."""


@pytest.fixture(scope="module")
def wiki() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Wiki)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://wiki.test:{server.server_port}"
    server.shutdown()
    server.server_close()


def resolve(host: str, _: int) -> list[str]:
    if host == "unknown.test":
        raise socket.gaierror
    return ["127.0.0.1"] if host == "wiki.test" else [host]


LOOPBACK = LinkNetwork(resolve=resolve, allowed=lambda address: address == "127.0.0.1")


def test_only_what_is_certainly_dead_is_named(wiki: str) -> None:
    paths = ("/", "/missing", "/removed", "/broken", "/login", "/moved", "/inside", "/loop")
    urls = [*(wiki + path for path in paths), "http://unknown.test/a", "http://wiki.test:1/a", "ftp://wiki.test/", "x"]
    assert dead_links(urls, ManualClock(MONDAY), LOOPBACK) == {
        f"{wiki}/missing": "it answers 404",
        f"{wiki}/removed": "it answers 410",
        f"{wiki}/moved": "it answers 404",
        "http://unknown.test/a": "its name does not exist",
        "http://wiki.test:1/a": "nothing listens there",
    }


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "100.64.0.1", "0.0.0.0", "::1", "fe80::1%eth0",
     "fd00:ec2::254", "::ffff:169.254.169.254", "2002:7f00:1::", "224.0.0.1", "::ffff:10.0.0.1"],
)  # fmt: skip
def test_no_address_of_a_private_network_is_tried(address: str, wiki: str) -> None:
    assert not public(address)
    inside = LinkNetwork(resolve=lambda *_: [address], allowed=public)
    assert dead_links([f"{wiki}/missing"], ManualClock(MONDAY), inside) == {}


def test_a_public_address_is_tried() -> None:
    assert public("93.184.215.14")
    assert public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
