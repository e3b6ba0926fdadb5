"""One HTTP request and its answer by the standard library, bounded in time and size, on connections that are kept.

The way of everything that a page waits for: urllib3 and requests take a tenth of a second to import. Nothing of the
environment (proxies, netrc), no cookie and no redirect decides where a request goes.
"""

from __future__ import annotations

import base64
import functools
import io
import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from alertrelay.channels.transport import http11, tls
from alertrelay.channels.transport.connection import Bounded, connect, handshake

IDLE_SECONDS = 20.0
"""A container sleeps between invocations while gateways forget its connections (a NAT gateway after 350 s): a request
on a forgotten one ends in a reset, of which nobody can say whether it was delivered."""
_SAFE = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """`headers` by lower-case name. `complete` is false where the body was cut by size, time or a reset."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool


class NotAnswered(Exception):
    """The request was sent, at least in part, and no answer came: it may have been received."""

    def __init__(self, *, in_time: bool) -> None:
        super().__init__("no answer")
        self.in_time = in_time
        """False where the time was over, true where the connection ended before."""


class BadAddress(ValueError):
    """The address or a header is malformed, so nothing was sent."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a connection leads."""

    tls: bool
    host: str
    port: int


class Wire:
    """Keeps connections by place. `context` gives the TLS context, with the first connection that needs it."""

    def __init__(self, context: Callable[[], ssl.SSLContext] = tls.context) -> None:
        self._context = context
        self._kept: dict[_Place, tuple[socket.socket, float]] = {}

    def ask(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        connecting: float,
        seconds: float,
        most: int,
        method: str = "POST",
    ) -> HttpAnswer:
        """Sends a request, and returns whatever was answered, of any status. `connecting` and `seconds` bound the
        connection and the whole call except the name lookup, `most` the bytes of the body that are read.

        Raises BadAddress, NotConnected, which says that nothing was sent, and NotAnswered.
        """
        deadline = time.monotonic() + seconds
        place, sent = _written(method, url, headers, body)
        sock = self._kept_socket(place) or self._opened(place, min(connecting, seconds))
        failed: NotAnswered
        try:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            sock.sendall(sent)
            with io.BufferedReader(Bounded(sock, deadline=deadline)) as stream:
                head = http11.read_head(stream)
                read, complete, ended = http11.read_body(stream, head, most)
            if head.kept and ended:
                self._keep(place, sock)
            else:
                sock.close()
            return HttpAnswer(status=head.status, headers=head.headers, body=read, complete=complete)
        except TimeoutError:
            failed = NotAnswered(in_time=False)
        except (OSError, http11.NotHttp):
            failed = NotAnswered(in_time=True)
        sock.close()
        raise failed  # outside the handler: the error's context holds the address

    def _kept_socket(self, place: _Place) -> socket.socket | None:
        sock, since = self._kept.pop(place, (None, 0.0))
        if sock is None:
            return None
        if time.monotonic() - since < IDLE_SECONDS and not _speaks(sock):
            return sock
        sock.close()
        return None

    def _keep(self, place: _Place, sock: socket.socket) -> None:
        other, _ = self._kept.pop(place, (None, 0.0))
        self._kept[place] = sock, time.monotonic()
        if other:  # of another thread, that asked the same place
            other.close()

    def __del__(self) -> None:
        """Closes what it kept."""
        for sock, _ in self._kept.values():
            sock.close()

    def _opened(self, place: _Place, seconds: float) -> socket.socket:
        context = self._context() if place.tls else None
        deadline = time.monotonic() + seconds
        sock = connect(place.host, place.port, seconds=seconds)
        if context:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            sock = handshake(sock, context, place.host)
        return sock


def _speaks(sock: socket.socket) -> bool:
    """Returns whether the peer has closed a kept connection, or says what nobody asked for."""
    pending = isinstance(sock, ssl.SSLSocket) and sock.pending()
    return bool(pending or select.select([sock], [], [], 0)[0])


def _written(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[_Place, bytes]:
    """Returns a request, and where it goes. Raises BadAddress."""
    place, target, extra = _parts(url)
    host = f"[{place.host}]" if ":" in place.host else place.host
    named = host if place.port == (443 if place.tls else 80) else f"{host}:{place.port}"
    failed: BadAddress
    try:
        return place, http11.request(target, named, {**extra, **headers}, body, method=method)
    except ValueError:
        failed = BadAddress("the address or a header is malformed")
    raise failed  # outside the handler: the error's context holds the address


@functools.lru_cache(maxsize=64)
def _parts(url: str) -> tuple[_Place, str, Mapping[str, str]]:
    """Returns the place, the path with its query, and what the address itself says of headers. Raises BadAddress. It is
    kept, since a container asks few addresses over and over, and reading one takes as long as signing a request."""
    failed = True
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        failed = parts.scheme not in ("http", "https") or not host or any(c <= " " or c == "\x7f" for c in url)
        host = host if host.isascii() else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        failed = True
    if failed:
        raise BadAddress("the address is malformed") from None
    target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)
    named = parts.username is not None
    user = ":".join(unquote(part or "") for part in (parts.username, parts.password)) if named else ""
    extra = {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"} if named else {}
    secure = parts.scheme == "https"
    return _Place(secure, host, port or (443 if secure else 80)), target, extra
