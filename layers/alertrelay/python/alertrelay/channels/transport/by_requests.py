"""The POST of alertrelay.channels.transport.http on `requests`, for the endpoints of people's own: webhooks.

With three changes to `requests`: an answer is bounded as a whole and not a byte at a time, what failed before the
connection stood is distinguished from what failed after it, and nothing of the environment (proxies, netrc, cookies of
earlier answers, redirects) decides where an alert goes.
"""

from __future__ import annotations

import functools
import http.client
import io
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from alertrelay.channels.transport import tls
from alertrelay.channels.transport.connection import CONNECT_SECONDS, Bounded, Network, NotConnected, connect
from alertrelay.channels.transport.http import (
    MAX_ANSWER_BYTES,
    Response,
    as_sent,
    malformed,
    no_time_left,
    rewritten,
    unanswered,
    with_ours,
)
from alertrelay.channels.transport.wire import IDLE_SECONDS
from alertrelay.ports import DeliveryFailure, Retryable


def ask(
    url: str,
    *,
    body: bytes | Mapping[str, Any],
    headers: Mapping[str, str],
    timeout: float,
    network: Network,
    peer: str,
    method: str = "POST",
) -> Response:
    """See http.ask."""
    if timeout <= 0:
        raise no_time_left(peer)
    failure: DeliveryFailure
    try:
        with _session().request(
            method,
            rewritten(url, network.endpoints),
            data=as_sent(body),
            headers=with_ours(headers),
            timeout=_bound(timeout / network.haste),
            allow_redirects=False,
            stream=True,
        ) as answer:
            text, complete = _body(answer)
            return Response(
                status=answer.status_code,
                headers={name.lower(): value for name, value in answer.headers.items()},
                text=text,
                complete=complete,
            )
    except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        failure = _failure(error, peer, timeout)
    raise failure  # outside the handler: the error's context would carry the address


def _bound(seconds: float) -> Any:
    # requests hands it on as it is; its stubs do not know it
    return urllib3.Timeout(total=seconds, connect=min(CONNECT_SECONDS, seconds), read=seconds)


def _body(answer: requests.Response) -> tuple[str, bool]:
    read, complete = b"", True
    try:
        while len(read) <= MAX_ANSWER_BYTES:
            chunk = answer.raw.read(8192, decode_content=False)
            if not chunk:
                break
            read += chunk
    except (HTTPError, http.client.HTTPException, OSError, ValueError):
        complete = False  # the status came, and the status is what most channels answer with
    if len(read) > MAX_ANSWER_BYTES:
        complete = False
    return read[:MAX_ANSWER_BYTES].decode("utf-8", "replace"), complete


def _failure(error: Exception, peer: str, timeout: float) -> DeliveryFailure:
    inner = error.args[0] if error.args else None
    cause = inner.reason if isinstance(inner, MaxRetryError) else inner
    match (error, cause):
        case (_, _NoConnection()):
            return Retryable(f"{peer} {cause.text}")
        case (requests.Timeout() | TimeoutError() | urllib3.exceptions.TimeoutError(), _):
            return unanswered(peer, timeout, in_time=False)
        case (requests.ConnectionError(), urllib3.exceptions.ReadTimeoutError()):
            return unanswered(peer, timeout, in_time=False)
        case (ValueError(), _):  # requests' InvalidURL, MissingSchema, InvalidHeader …
            return malformed(peer)
        case _:
            return unanswered(peer, timeout, in_time=True)


@functools.cache
def _session() -> requests.Session:
    """Returns the session, one a container: it keeps connections, and the TLS context whose making costs more than a
    request."""
    # urllib3 logs the address: with each request at DEBUG, at WARNING where an answer's headers are malformed.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", _Adapter())
    session.mount("http://", _Adapter())
    return session


class _NoConnection(NewConnectionError):
    """NotConnected, as urllib3 passes it on."""

    def __init__(self, connection: HTTPConnection, text: str) -> None:
        super().__init__(connection, text)
        self.text = text


class _BoundedAnswer(http.client.HTTPResponse):
    """urllib3 sets the socket's timeout to what is left of the whole just before it makes this."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        deadline = time.monotonic() + (sock.gettimeout() or 0.0)
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(Bounded(sock, deadline=deadline))


class _Plain(HTTPConnection):
    response_class = _BoundedAnswer
    _used_at = 0.0

    @property
    def is_connected(self) -> bool:
        return super().is_connected and time.monotonic() - self._used_at < IDLE_SECONDS

    def _new_conn(self) -> socket.socket:
        return connect(self._dns_host, self.port or self.default_port, seconds=cast(float, self.timeout))

    def connect(self) -> None:
        failed: _NoConnection
        try:
            super().connect()
            return
        except NotConnected as error:
            failed = _NoConnection(self, error.text)
        except ssl.SSLCertVerificationError:
            failed = _NoConnection(self, "shows a certificate that is not trusted")
        except TimeoutError:
            failed = _NoConnection(self, "did not answer a connection in time")
        except (ssl.SSLError, urllib3.exceptions.SSLError):
            failed = _NoConnection(self, "failed the TLS handshake")
        except OSError:
            failed = _NoConnection(self, "closed the connection before anything was sent")
        raise failed

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:  # a kept socket still has what the last answer left of its time
            self.sock.settimeout(self.timeout)
        self._used_at = time.monotonic()
        super().request(*args, **kwargs)


class _Tls(_Plain, HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Tls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=tls.context(), **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002 - the signature is requests'
        conn.cert_reqs = "CERT_REQUIRED"  # requests would load its bundle anew for each connection
