"""The HTTP side of a stand-in: one port a channel, a thread a connection, all ended by `stop`."""

from __future__ import annotations

import contextlib
import http.server
import json
import select
import socket
import struct
import threading
from typing import Any, cast

from local.standins.board import TRICKLE_SECONDS, Board, Fault, RecordedRequest
from local.standins.peer import Handed, PeerAnswer, PeerService, Request

_GRANTED = PeerAnswer(status=200, body={"access_token": "FAKE-granted", "token_type": "Bearer", "expires_in": 3600})
"""What any port answers where an access token is asked for, as the token endpoint of `http_config.oauth2`."""
_HIDDEN_HEADERS = frozenset({"authorization", "cookie", "host", "x-auth-token", "x-user-id"})


class HttpListener:
    """One channel's port on loopback. It keeps its number when it refuses for a while."""

    def __init__(self, service: PeerService, board: Board, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.port = port
        self._host = host
        self.service = service
        self._board = board
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listens."""
        self._server = _Server((self._host, self.port), self.service, self._board)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve)
        self._thread.start()

    def stop(self) -> None:
        """Closes the port and every connection, and waits for the threads."""
        if self._server is None or self._thread is None:
            return
        self._server.stop_accepting()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self._server = self._thread = None

    def refuse(self) -> None:
        """Closes the port until `accept`."""
        self.stop()

    def accept(self) -> None:
        """Opens the port again, if it is closed."""
        if self._server is None:
            self.start()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for them
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], service: PeerService, board: Board) -> None:
        self.service = service
        self.board = board
        self.ending = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def serve(self) -> None:
        """Accepts until `stop_accepting`. Unlike serve_forever it does not wake up to look at the time."""
        while not self.ending.is_set():
            self.handle_request()

    def stop_accepting(self) -> None:
        """Ends `serve`."""
        self.ending.set()
        with contextlib.suppress(OSError):
            socket.create_connection(self.socket.getsockname(), 1).close()  # wakes it

    def hang_up(self) -> None:
        """Ends what the connections' threads wait for."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what half of the faults are for."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every warm request takes 40 ms

    @property
    def _owner(self) -> _Server:
        return cast(_Server, self.server)

    def do_POST(self) -> None:
        """One request: its fault, or the service's own answer."""
        request = Request(
            method=self.command,
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        if request.body.startswith(b"grant_type=client_credentials"):
            self._answer(_GRANTED)
            return
        service, board = self._owner.service, self._owner.board
        if isinstance(service, Handed) and (handed := service.handed(request)):
            self._answer(handed)
            return
        fault = board.fault_for(service.channel, service.tokens(request))
        answer = None if fault else service.answer(request)
        self._record(request, str(answer.status) if answer else str(fault))
        if answer:
            self._answer(answer)
        elif fault:
            self._fail(fault)

    do_GET = do_PUT = do_PATCH = do_POST  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name for it
        """Nothing: what arrived is in the record."""

    def _record(self, request: Request, answered: str) -> None:
        service, board = self._owner.service, self._owner.board
        path, body = service.redacted(request)
        board.record(
            RecordedRequest(
                channel=service.channel,
                at=board.now(),
                path=path,
                headers={n: v for n, v in request.headers.items() if n not in _HIDDEN_HEADERS},
                body=body,
                request_id=request.headers.get("x-request-id", ""),
                answered=answered,
                tokens=service.tokens(request),
                method=request.method,
            )
        )

    def _answer(self, answer: PeerAnswer, retry_after: str = "") -> None:
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        raw = text.encode("utf-8")
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/plain" if isinstance(answer.body, str) else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(raw)

    def _fail(self, fault: Fault) -> None:
        match fault.kind:
            case "status":
                body = self._owner.service.failure(fault.status) if fault.body is None else fault.body
                self._answer(PeerAnswer(status=fault.status, body=body), fault.retry_after)
            case "timeout":
                self._wait_for_the_client()
            case "trickle":
                self._trickle()
            case "reset" | "refused":
                self._reset()

    def _wait_for_the_client(self) -> None:
        """Until it gives up, or the stand-in stops: either makes the socket readable."""
        self.close_connection = True
        select.select([self.connection], [], [])

    def _trickle(self) -> None:
        self.close_connection = True
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"." * 60_000:
            self.wfile.write(bytes([byte]))
            if self._owner.ending.wait(TRICKLE_SECONDS):
                return

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
