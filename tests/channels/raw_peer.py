"""A peer that says exactly the bytes that it is given: what no well-behaved server would send."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def saying(answer: bytes, *, tls: ssl.SSLContext | None = None, asked: bool = True) -> Iterator[str]:
    """A peer that says exactly `answer`, once it was `asked` by a whole request, as a base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(600)

    def serve() -> None:
        with listener:
            try:
                connection, _ = listener.accept()
                with tls.wrap_socket(connection, server_side=True) if tls else connection as sock:
                    request = b""
                    while asked and not _is_whole(request):
                        more = sock.recv(65536)
                        if not more:
                            return
                        request += more
                    sock.sendall(answer)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    host, port = listener.getsockname()
    try:
        yield f"{'https' if tls else 'http'}://{host}:{port}"
    finally:
        with contextlib.suppress(OSError):  # wakes a listener that nobody called
            socket.create_connection((host, port), 1).close()
        thread.join()


def _is_whole(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return b"\r\n\r\n" in request and len(body) >= sum(lengths)
