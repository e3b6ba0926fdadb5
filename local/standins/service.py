"""A service of JSON over HTTP as a few functions: what most kinds need as a stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.standins.board import Board
from local.standins.http import HttpListener
from local.standins.peer import Listener, PeerAnswer, Request, strings


def bearer(request: Request) -> frozenset[str]:
    """Return the token of a request's Authorization header."""
    return strings(request.headers.get("authorization", "").partition(" ")[2])


def plain_failure(status: int) -> Any:
    """Return the body of a failure, as most services word one."""
    return {"message": f"failed on purpose with {status}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonService:
    """See peer.PeerService. `tokens` are the secret texts of a request: a fault strikes one receiver by them, and none
    of them is recorded."""

    channel: str
    answer: Callable[[Request], PeerAnswer]
    failure: Callable[[int], Any] = plain_failure
    tokens: Callable[[Request], frozenset[str]] = bearer

    def redacted(self, request: Request) -> tuple[str, Any]:
        """Returns path and body with an ellipsis for each token."""
        path, body = request.path, request.body.decode("utf-8", "replace")
        for token in sorted(self.tokens(request), key=len, reverse=True):
            path, body = path.replace(token, "…"), body.replace(json.dumps(token)[1:-1], "…")
        return path, Request(path=path, headers={}, body=body.encode()).json()

    def listen(self, board: Board, host: str, port: int) -> Listener:
        """Returns a port of this service: a Peer's `listen`."""
        return HttpListener(self, board, host=host, port=port)
