"""Serves the emulated AWS on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def serving(app: Any, host: str, port: int) -> Iterator[str]:
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    class Handler(MotoRequestHandler):
        protocol_version = "HTTP/1.0"  # a connection a request: one thread serves all
        disable_nagle_algorithm = True

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nothing: what matters is recorded."""

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name for it
            """Nothing: faults are on purpose."""

    server = make_server(host, port, app, threaded=False, request_handler=Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
