"""Defines one route of the intake: who may ask it, and what answers."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler import Response

from alertrelay.intake.tokens import Right

JSON, TEXT = "application/json", "text/plain; version=0.0.4; charset=utf-8"
Answer = Response[Any]
_SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_WORTH_PACKING = 1_400
"""Bytes: less is one packet of a network anyway."""


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """One route. `handle` is given what the routes call, the request, and the parts of the path; it returns the body of
    a 200, or the whole answer, and may raise what `alertrelay.intake.routes` knows."""

    method: str
    rule: str
    right: Right | None
    summary: str
    handle: Callable[..., Any]


def answer(status: int, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Answer:
    """Returns an answer in JSON. An empty body has no type: amtool's client refuses an empty answer in JSON."""
    text = "" if body is None else json.dumps(body, ensure_ascii=False)
    return Response(status, JSON if text else None, text, headers={**_SAFE, **(headers or {})})


def packed(found: Answer, accepts: str) -> Answer:
    """Compresses a long text for who `accepts` it: 5,000 alerts are more than the 6 MB that Lambda answers."""
    if not isinstance(found.body, str) or len(found.body) < _WORTH_PACKING:
        return found
    found.headers["Vary"] = "Accept-Encoding"
    if "gzip" in [one.partition(";")[0].strip().lower() for one in accepts.split(",")]:
        found.headers["Content-Encoding"] = "gzip"
        # In base64 here: the resolver takes bytes under JSON's type for an object to serialise.
        found.body = base64.b64encode(gzip.compress(found.body.encode(), compresslevel=5, mtime=0)).decode()
        found.base64_encoded = True
    return found
