"""Answers a client's request by a WSGI application of this process, without a socket.

The request is built, signed and read as it would be on a connection. A thread and a connection a request cost more than
the emulated AWS itself.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError


class _Raw(io.BytesIO):
    """A body as urllib3 would hand it out."""

    def stream(self, **_options: Any) -> Iterator[bytes]:
        """Yields all of it at once."""
        yield self.read()


def answer(app: Any, request: AWSPreparedRequest) -> AWSResponse | None:
    """Return the application's answer; None for a body that is a stream. Raises ConnectionClosedError where the
    application closes the connection."""
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes | bytearray):
        return None
    begun: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _fault: Any = None) -> Callable[[bytes], object]:
        begun.update(status=int(status.split()[0]), headers=dict(headers))
        return lambda _written: None

    try:
        parts = app(_environ(request, bytes(body)), start_response)
    except ConnectionError:
        raise ConnectionClosedError(endpoint_url=request.url) from None
    try:
        content = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return AWSResponse(request.url, begun["status"], begun["headers"], _Raw(content))


def header_text(value: object) -> str:
    """Returns a header's value as text: botocore signs with bytes, and the stubs know of texts alone."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _environ(request: AWSPreparedRequest, body: bytes) -> dict[str, Any]:
    url = urlsplit(request.url)
    target = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    environ = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path or "/").decode("latin-1"),
        "QUERY_STRING": url.query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = header_text(value)
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ
