"""Connections that keep to a time bound, whatever the peer does.

A socket's own timeout is counted anew with each byte that arrives and with each address that is tried, so a peer that
trickles, or a network that swallows everything, holds a caller many times longer than it asked for.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

CONNECT_SECONDS = 2.0
"""A healthy peer answers a connection within a tenth of this; what is slower is better spent on the next try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The way of the channels to the outside.

    `endpoints` sends a host's traffic elsewhere, for local runs: the keys are hosts (`events.pagerduty.com`), `*` for
    every other host of HTTP, `smtp` for the mail server, and a kind of channel for all that its sender asks, whatever
    the host: a team's own Jira is a Jira. The values are base URLs (`http://127.0.0.1:9001`), for
    `smtp` `host:port`. `haste` divides what is really waited, so that a local run shows a hang of 5 s in a moment; the
    texts of failures speak of the time that was asked for. `tls` is what mail servers' certificates are checked
    against; None is the system's trust store. `sns` publishes a request in a region and `ses` sends one mail; each
    returns AWS's id of it and raises a DeliveryFailure. None where a function has no such permission. `log` writes what
    a sender left out of a message that is out.
    """

    endpoints: Mapping[str, str] = field(default_factory=dict)
    haste: float = 1.0
    tls: ssl.SSLContext | None = None
    sns: Callable[[Mapping[str, Any], str], str] | None = None
    ses: Callable[[Mapping[str, Any]], str] | None = None
    log: Callable[..., None] = lambda event, **fields: None  # noqa: ARG005 - a run on this machine has no log

    def of(self, kind: str) -> Network:
        """Returns the way of one kind of channel."""
        own = self.endpoints.get(kind)
        return replace(self, endpoints={"*": own, "smtp": own}) if own else self


class NotConnected(Exception):
    """There is no connection, so surely nothing was delivered. `text` follows the peer's name in a sentence; `late`
    says that the time was over."""

    def __init__(self, text: str, *, late: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.late = late


def connect(host: str, port: int, *, seconds: float) -> socket.socket:
    """Returns a TCP connection to the first address that answers. `seconds` bounds all addresses together (not the name
    lookup, which has its own bound in the system's resolver). Raises NotConnected."""
    deadline = time.monotonic() + seconds
    failed: NotConnected | None = None
    try:
        addresses = socket.getaddrinfo(_name(host), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        failed, addresses = NotConnected("has no address: its name was not resolved"), []
    for left, (family, kind, protocol, _, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.001, (deadline - time.monotonic()) / left))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as error:
            sock.close()
            failed = NotConnected(_reason(error), late=isinstance(error, TimeoutError))
    raise failed or NotConnected("has no address")


def handshake(sock: socket.socket, context: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    """TLS on a connected socket, within the socket's timeout. Raises NotConnected."""
    failed: NotConnected
    try:
        return context.wrap_socket(sock, server_hostname=_name(host))
    except (OSError, ValueError) as error:
        sock.close()
        failed = NotConnected(_reason(error), late=isinstance(error, TimeoutError))
    raise failed


def _name(host: str) -> Any:
    """Returns a name as bytes where it can be: for a text, socket and ssl import the tables of international names."""
    return host.encode() if host.isascii() else host


def _reason(error: Exception) -> str:
    """The system's own text may name an address, and a webhook's address is a secret."""
    match error:
        case TimeoutError():
            return "did not answer a connection in time"
        case ConnectionRefusedError():
            return "refused the connection"
        case ssl.SSLCertVerificationError():
            return "shows a certificate that is not trusted"
        case ssl.SSLError():
            return "failed the TLS handshake"
        case ConnectionError():
            return "closed the connection before anything was sent"
        case _:
            return "cannot be reached"


class Bounded(io.RawIOBase):
    """The reading side of a socket until a deadline (`time.monotonic()`); past it a read raises TimeoutError."""

    def __init__(self, sock: socket.socket, *, deadline: float) -> None:
        super().__init__()
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this answer is over")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
