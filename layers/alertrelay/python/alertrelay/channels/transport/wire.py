"""One HTTP request and its answer by the standard library, bounded in time and size, on connections that are kept.

The way of everything that a page waits for: urllib3 and requests take a tenth of a second to import. Nothing of the
environment (proxies, netrc), no cookie and no redirect decides where a request goes.
"""

from __future__ import annotations

import base64
import http.client
import io
import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from alertrelay.channels.transport import tls
from alertrelay.channels.transport.connection import Bounded, connect, handshake

IDLE_SECONDS = 20.0
"""A container sleeps between invocations while gateways forget its connections (a NAT gateway after 350 s): a request
on a forgotten one ends in a reset, of which nobody can say whether it was delivered."""
_SAFE = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
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
        self._kept: dict[_Place, tuple[_Connection, float]] = {}

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, connecting: float, seconds: float, most: int
    ) -> Answer:
        """POSTs, and returns whatever was answered, of any status. `connecting` and `seconds` bound the connection and
        the whole call except the name lookup, `most` the bytes of the body that are read.

        Raises BadAddress, NotConnected, which says that nothing was sent, and NotAnswered.
        """
        deadline = time.monotonic() + seconds
        place, target, extra = _parts(url)
        _check(headers)
        connection = self._kept_connection(place) or self._opened(place, min(connecting, seconds))
        failed: Exception
        try:
            connection.deadline = deadline
            connection.timed_socket(deadline - time.monotonic())
            connection.request("POST", target, body=body, headers={**extra, **headers})
            answer = connection.getresponse()
            read, complete = _read(answer, most)
            if complete and not answer.will_close:
                self._kept[place] = connection, time.monotonic()
            else:
                connection.close()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(status=answer.status, headers=found, body=read, complete=complete)
        except (UnicodeError, http.client.InvalidURL, ValueError):
            failed = BadAddress("the address or a header is malformed")
        except TimeoutError:
            failed = NotAnswered(in_time=False)
        except (OSError, http.client.HTTPException):
            failed = NotAnswered(in_time=True)
        connection.close()
        raise failed  # outside the handler: the error's context holds the address

    def _kept_connection(self, place: _Place) -> _Connection | None:
        connection, since = self._kept.pop(place, (None, 0.0))
        if connection is None:
            return None
        if time.monotonic() - since < IDLE_SECONDS and not connection.ended():
            return connection
        connection.close()
        return None

    def _opened(self, place: _Place, seconds: float) -> _Connection:
        context = self._context() if place.tls else None
        deadline = time.monotonic() + seconds
        sock = connect(place.host, place.port, seconds=seconds)
        if context:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            sock = handshake(sock, context, place.host)
        return _Connection(place, sock)


class _BoundedAnswer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        deadline = time.monotonic() + (sock.gettimeout() or 0.0)
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(Bounded(sock, deadline=deadline))


class _Connection(http.client.HTTPConnection):
    """A connection that stands already. It is never opened anew by itself: `auto_open` is off."""

    response_class = _BoundedAnswer
    auto_open = 0

    def __init__(self, place: _Place, sock: socket.socket) -> None:
        super().__init__(place.host, place.port)
        self.default_port = 443 if place.tls else 80
        self.sock: socket.socket = sock
        self.deadline = 0.0

    def __del__(self) -> None:
        """Closes the socket with the container that kept it."""
        self.close()

    def timed_socket(self, seconds: float) -> None:
        """Bounds what is sent, and with it the answer, which takes what is left."""
        self.sock.settimeout(max(0.001, seconds))

    def getresponse(self) -> http.client.HTTPResponse:
        """Waits for the answer until the deadline."""
        self.timed_socket(self.deadline - time.monotonic())
        return super().getresponse()

    def ended(self) -> bool:
        """Returns whether the peer has closed it, or says what nobody asked for."""
        return bool(select.select([self.sock], [], [], 0)[0])


def _read(answer: http.client.HTTPResponse, most: int) -> tuple[bytes, bool]:
    read = bytearray()
    try:
        while len(read) <= most and (chunk := answer.read(min(65_536, most + 1 - len(read)))):
            read += chunk
    except (http.client.HTTPException, OSError, ValueError):
        return bytes(read[:most]), False  # the status came, and the status is what most peers answer with
    missing = answer.length or 0
    return bytes(read[:most]), len(read) <= most and not missing


def _check(headers: Mapping[str, str]) -> None:
    """Raises BadAddress for a header that cannot be sent, or that would be two."""
    if any(character in value for value in headers.values() for character in "\r\n\0"):
        raise BadAddress("a header is malformed")


def _parts(url: str) -> tuple[_Place, str, dict[str, str]]:
    """Returns the place, the path with its query, and what the address itself says of headers. Raises BadAddress."""
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
