"""Answers HTTP on loopback as API Gateway does in front of the intake: each request becomes an event of payload 2.0.

A client has BODY_SECONDS from the first byte of a request to its last; the body has at most MOST_BYTES, as at the
gateway.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import io
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

Handle = Callable[[Mapping[str, Any]], Mapping[str, Any]]
MOST_BYTES = 10 * 1024 * 1024
"""Of a body: AWS, "Quotas for configuring and running an HTTP API": payload size 10 MB."""
BODY_SECONDS, IDLE_SECONDS = 15.0, 180.0
"""Of a request; between two of them on one connection."""
MOST_CONNECTIONS = 128


class IntakeServer:
    """A context manager: inside it `port` is answered."""

    def __init__(self, handle: Handle, *, port: int = 0, body_seconds: float = BODY_SECONDS) -> None:
        self._server = _IntakeServer(("127.0.0.1", port), handle, body_seconds)
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1})

    def __enter__(self) -> IntakeServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _IntakeServer(http.server.ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handle: Handle, body_seconds: float) -> None:
        self.handle_event = handle
        self.body_seconds = body_seconds
        self._open: set[socket.socket] = set()
        self._changing = threading.Lock()
        super().__init__(address, _GatewayHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changing:
            full = len(self._open) >= MOST_CONNECTIONS
            if not full:
                self._open.add(request)
        if full:
            with contextlib.suppress(OSError):
                request.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._changing:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Ends idle connections."""
        with self._changing:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault."""


class _Timed(io.RawIOBase):
    """What a client sends: a request has so many seconds from its first byte on, whatever comes in between."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._ends: float | None = None

    def readable(self) -> bool:
        return True

    def begin(self) -> None:
        """The next byte begins a request."""
        self._ends = None

    def readinto(self, buffer: Any) -> int:
        left = IDLE_SECONDS if self._ends is None else self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        number = self._connection.recv_into(buffer)
        if self._ends is None:
            self._ends = time.monotonic() + self._seconds
        return number


class _GatewayHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one write: a client that reads once has its body too

    @property
    def _owner(self) -> _IntakeServer:
        return cast(_IntakeServer, self.server)

    def setup(self) -> None:
        super().setup()
        self._timed = _Timed(self.connection, self._owner.body_seconds)
        self.rfile = io.BufferedReader(self._timed)

    def handle_one_request(self) -> None:
        self._timed.begin()
        super().handle_one_request()

    def do_POST(self) -> None:
        """Any method: the intake decides what it has."""
        body = self._body()
        if body is None:
            return
        self.connection.settimeout(self._owner.body_seconds)
        answer = self._owner.handle_event(_event(self, body))
        content = str(answer.get("body") or "").encode()
        text = base64.b64decode(content) if answer.get("isBase64Encoded") else content
        self.send_response_only(int(answer["statusCode"]))
        for name, value in (answer.get("headers") or {}).items():
            self.send_header(name, str(value))
        for cookie in answer.get("cookies") or ():
            self.send_header("Set-Cookie", str(cookie))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text if self.command != "HEAD" else b"")

    do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_POST  # noqa: N815 - http.server's names

    def _body(self) -> bytes | None:
        """Returns the body, None where it was refused: without a length, or too large to be read."""
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            self._refuse(411)
            return None
        if int(length) > MOST_BYTES:
            self._refuse(413)
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _refuse(self, status: int) -> None:
        self.close_connection = True
        self.send_response_only(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name for it
        """Nothing: a path may hold what somebody meant to keep."""


def _event(request: http.server.BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
    """Returns the event of payload 2.0 that API Gateway makes of a request: text as it is, else in base64."""
    path, _, query = request.path.partition("?")
    try:
        text, coded = body.decode(), False
    except UnicodeDecodeError:
        text, coded = base64.b64encode(body).decode(), True
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
    cookies = [one.strip() for one in headers.pop("cookie", "").split(";") if one.strip()]
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        **({"cookies": cookies} if cookies else {}),
        "requestContext": {
            "http": {
                "method": request.command,
                "path": path,
                "protocol": request.request_version,
                "sourceIp": request.client_address[0],
            },
            "stage": "$default",
        },
        "body": text,
        "isBase64Encoded": coded,
    }
