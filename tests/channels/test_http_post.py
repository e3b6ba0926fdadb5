"""The contract of a POST, which each transport keeps: by the standard library, and on `requests`."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
from alertrelay.channels.transport import by_requests, http, wire
from alertrelay.channels.transport.connection import Network, connect
from alertrelay.channels.transport.http import Response
from alertrelay.ports import DeliveryFailure, Permanent, Retryable

from local.standins import Fault, StandIns
from tests.channels.raw_peer import saying

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Post = Callable[..., Response]
"""See http.ask."""


class Current:
    """The transport whose turn it is."""

    module: ModuleType = http


@pytest.fixture(params=[http, by_requests], ids=["standard library", "requests"], autouse=True)
def transport(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    Current.module = request.param
    yield request.param
    Current.module = http


def post(url: str, **arguments: object) -> Response:
    made: Post = Current.module.ask
    return made(url, **arguments)


def ask(url: str, *, timeout: float = 600, endpoints: dict[str, str] | None = None) -> Response:
    return post(
        url, body={"a": 1}, headers={}, timeout=timeout, network=Network(endpoints=endpoints or {}), peer="the peer"
    )


def failure_of(url: str, *, timeout: float = 600) -> DeliveryFailure:
    with pytest.raises(DeliveryFailure) as caught:
        ask(url, timeout=timeout)
    return caught.value


def test_an_answer_of_any_status_is_returned_as_it_came() -> None:
    with saying(b"HTTP/1.1 418 Teapot\r\nX-Kind: tea\r\nContent-Length: 5\r\n\r\nshort") as base:
        answer = ask(base)
    assert (answer.status, answer.headers["x-kind"], answer.text, answer.complete) == (418, "tea", "short", True)


def test_a_redirect_is_not_followed() -> None:
    with saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n") as base:
        assert ask(base).status == 302


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with saying(OK) as base:
        assert ask(base).text == "ok"


def test_a_cookie_is_not_kept(peers: StandIns) -> None:
    peers_base = peers.endpoints["*"]
    with saying(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b; Path=/\r\n\r\n")) as base:
        ask(base)
    assert not by_requests._session().cookies
    ask(peers_base + "/hook")
    assert "cookie" not in peers.requests[-1].headers


def test_a_connection_is_kept_for_the_next_request_and_not_for_long(
    peers: StandIns, monkeypatch: pytest.MonkeyPatch, transport: ModuleType
) -> None:
    opens = wire if transport is http else by_requests
    made: list[int] = []

    def counted(host: str, port: int, *, seconds: float) -> socket.socket:
        made.append(port)
        return connect(host, port, seconds=seconds)

    monkeypatch.setattr(opens, "connect", counted)
    ask(peers.endpoints["*"])
    ask(peers.endpoints["*"])
    assert len(made) == 1
    monkeypatch.setattr(opens, "IDLE_SECONDS", 0.0)
    ask(peers.endpoints["*"])
    assert len(made) == 2


@pytest.mark.parametrize(
    ("url", "endpoints", "path"),
    [
        ("https://hooks.slack.com/services/T/B/X", {"hooks.slack.com": ""}, "/services/…"),
        ("https://user:pw@elsewhere.example:8443/a/b?c=d", {"*": ""}, "/…"),
    ],
)
def test_an_endpoint_takes_the_place_of_scheme_and_host(
    peers: StandIns, url: str, endpoints: dict[str, str], path: str
) -> None:
    ask(url, endpoints={host: peers.endpoints[host] for host in endpoints})
    asked = peers.requests[-1]
    assert asked.path == path
    assert any(url.endswith(token) for token in asked.tokens if token.startswith("/")), "path and query are kept"


def test_a_refused_connection_delivered_nothing() -> None:
    failure = failure_of("http://127.0.0.1:1/secret-path")
    assert isinstance(failure, Retryable)
    assert (failure.text, failure.ambiguous) == ("the peer refused the connection", False)


def test_a_name_without_an_address_delivered_nothing() -> None:
    failure = failure_of("http://no-such-host.invalid/x")
    assert (failure.text, failure.ambiguous) == ("the peer has no address: its name was not resolved", False)


def test_a_peer_that_speaks_no_tls_delivered_nothing(peers: StandIns) -> None:
    failure = failure_of(peers.endpoints["*"].replace("http:", "https:"))
    assert isinstance(failure, Retryable)
    assert (failure.text, failure.ambiguous) == ("the peer failed the TLS handshake", False)


def test_a_certificate_that_nobody_trusts_is_refused(server_tls: ssl.SSLContext) -> None:
    with saying(OK, tls=server_tls) as base:
        failure = failure_of(base)
    assert (failure.text, failure.ambiguous) == ("the peer shows a certificate that is not trusted", False)


@pytest.mark.parametrize("kind", ["timeout", "trickle"])
def test_no_answer_in_time_is_ambiguous(peers: StandIns, kind: str) -> None:
    """A trickle would last for twenty minutes if each byte counted the time anew."""
    peers.fail("webhook", Fault.named(kind))
    failure = failure_of(peers.endpoints["*"], timeout=0.15)
    assert isinstance(failure, Retryable)
    assert (failure.text, failure.ambiguous) == ("the peer did not answer within 0.15 s", True)


def test_haste_shortens_the_wait_and_not_the_text(peers: StandIns) -> None:
    peers.fail("webhook", Fault.named("timeout"))
    hasty = Network(endpoints=peers.endpoints, haste=1000.0)
    with pytest.raises(Retryable, match="did not answer within 100 s"):
        post("https://hooks.example.com/", body={}, headers={}, timeout=100, network=hasty, peer="the peer")


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 2", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"\x00" * 99]
)
def test_an_answer_that_is_no_http_is_ambiguous(answer: bytes) -> None:
    with saying(answer) as base:
        failure = failure_of(base)
    assert isinstance(failure, Retryable)
    assert (failure.text, failure.ambiguous) == ("the peer closed the connection without an answer", True)


def test_a_reset_after_the_request_is_ambiguous(peers: StandIns) -> None:
    peers.fail("webhook", Fault.named("reset"))
    assert failure_of(peers.endpoints["*"]).ambiguous


def test_a_huge_answer_is_read_to_its_bound() -> None:
    with saying(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 500_000) as base:
        answer = ask(base)
    assert (answer.status, len(answer.text), answer.complete) == (200, 64 * 1024, False)


def test_a_body_that_breaks_off_still_has_its_status() -> None:
    with saying(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\npart") as base:
        answer = ask(base)
    assert (answer.status, answer.text, answer.complete) == (202, "part", False)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://", "http://[", "https:///x", "ftp://x/", "http://a b/", "http://\x00/"]
)
def test_an_address_that_is_none_is_permanent(url: str) -> None:
    failure = failure_of(url)
    assert isinstance(failure, Permanent)
    assert failure.text == "the address or a header for the peer is malformed"


def test_a_header_that_would_split_is_permanent() -> None:
    with pytest.raises(Permanent, match="malformed"):
        post("http://127.0.0.1:1/", body={}, headers={"A": "b\r\nc: d"}, timeout=1, network=Network(), peer="the peer")


def test_no_time_left_asks_nobody(peers: StandIns) -> None:
    assert failure_of(peers.endpoints["*"], timeout=0).text == "no time was left to ask the peer"
    assert not peers.requests


def test_half_a_surrogate_pair_does_not_stop_a_message(peers: StandIns) -> None:
    post(peers.endpoints["*"], body={"text": "\ud83d"}, headers={}, timeout=600, network=Network(), peer="the peer")
    assert peers.requests[-1].body == {"text": "?"}


@pytest.mark.parametrize("text", ["", "ok", "[]", "null", "[" * 100_000, '{"a":'])
def test_only_a_json_object_is_json(text: str) -> None:
    assert Response(status=200, headers={}, text=text).json() is None
