"""Grafana's annotations, as far as the companion can see: found by tags, created, and changed. It remembers them.

https://grafana.com/docs/grafana/latest/developers/http_api/annotations/
"""

from __future__ import annotations

import itertools
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local.standins.peer import PeerAnswer, Request
from local.standins.service import JsonService, bearer

_PATH = "/api/annotations"


class Annotations:
    """The annotations of one server, by id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self.written: dict[int, dict[str, Any]] = {}

    def answer(self, request: Request) -> PeerAnswer:
        """200 with what was done, or 401, 404 and 400 as Grafana words them."""
        path, body = urlsplit(request.path), request.json()
        if not bearer(request):
            return PeerAnswer(status=401, body={"message": "Unauthorized"})
        with self._lock:
            if request.method == "GET" and path.path == _PATH:
                return PeerAnswer(status=200, body=self._found(parse_qs(path.query)))
            if request.method == "POST" and path.path == _PATH:
                return self._created(body)
            return self._changed(path.path, body)

    def _found(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        wanted, board = set(query.get("tags", ())), query.get("dashboardUID", [""])[0]
        return [
            {"id": number, **one}
            for number, one in reversed(self.written.items())
            if wanted <= set(one["tags"]) and board in ("", one.get("dashboardUID"))
        ]

    def _created(self, body: Any) -> PeerAnswer:
        if not isinstance(body, dict) or not body.get("text") or body.get("timeEnd", body["time"]) < body["time"]:
            return PeerAnswer(status=400, body={"message": "Failed to save annotation"})
        number = next(self._ids)
        self.written[number] = {"timeEnd": body["time"], **body}
        return PeerAnswer(status=200, body={"message": "Annotation added", "id": number})

    def _changed(self, path: str, body: Any) -> PeerAnswer:
        last = path.rpartition("/")[2]
        if not last.isdecimal() or int(last) not in self.written or not isinstance(body, dict):
            return PeerAnswer(status=404, body={"message": "Annotation not found"})
        self.written[int(last)].update(body)
        return PeerAnswer(status=200, body={"message": "Annotation patched"})


def service(annotations: Annotations) -> JsonService:
    """Returns the service over these annotations, for a listener."""
    return JsonService(channel="grafana", answer=annotations.answer)
