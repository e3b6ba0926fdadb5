"""Reads a request of API Gateway's payload 2.0, and refuses what no handler should see.

Source: AWS, "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway", payload format version 2.0. Repeated
query parameters are joined there by commas, so that only the raw query string keeps them apart.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

MOST_BYTES = 4 * 1024 * 1024
"""Of a body: an invocation takes 6 MB, in which each quotation mark of the body is escaped."""


class ApiError(Exception):
    """An answer that is no success. `body` is JSON, None for an empty one."""

    def __init__(self, status: int, body: object = None, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """One request. Names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes
    user: str = ""  # the name that Basic or the session carries; nothing vouches for it
    address: str = ""  # where it came from
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def client(self) -> str:
        """Returns USER@ADDRESS, or the address alone."""
        return "@".join(filter(None, (self.user, self.address)))

    def text(self) -> str:
        """Returns the body; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Returns the body's JSON. Raises ApiError as Alertmanager answers: 415 for another type, 400 for no JSON."""
        kind = self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if kind != "application/json":
            message = f'unsupported media type "{kind}", only [application/json] are allowed'
            raise ApiError(415, {"code": 415, "message": message})
        try:
            return json.loads(self.body)
        except json.JSONDecodeError as error:
            why = f"line {error.lineno}, column {error.colno}: expected JSON, got something else ({error.msg})"
        except UnicodeDecodeError as error:
            why = f"byte {error.start}: expected JSON in UTF-8, got something else"
        except (ValueError, RecursionError):
            why = "expected JSON, got a number of too many digits, or values nested too deep"
        raise ApiError(400, {"code": 400, "message": f"parsing body body failed: {why}"})

    def flag(self, name: str) -> bool:
        """Returns a boolean parameter, true where it is missing. Raises ApiError."""
        given = self.query.get(name, ["true"])[-1]
        if given.lower() not in _FLAGS:
            message = f"{name} in query must be of type boolean: {given[:40]!r}"
            raise ApiError(422, {"code": 601, "message": message})
        return _FLAGS[given.lower()]


_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Returns the headers by their names in lower case."""
    return {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}


def cookies_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Returns the cookies by name: the gateway moves them from their header to a list. Of two of one name the first
    counts, which is the one of the longer path."""
    given = event.get("cookies") or headers_of(event).get("cookie", "").split(";")
    found: dict[str, str] = {}
    for one in given:
        name, _, value = str(one).strip().partition("=")
        found.setdefault(name, value)
    return found


def read_request(event: Mapping[str, Any], *, user: str = "") -> ApiRequest:
    """Reads an event of a caller who goes by the name `user`. Raises ApiError for a body that is too large, compressed
    or not readable."""
    http = event.get("requestContext", {}).get("http", {})
    headers = headers_of(event)
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        message = f"the body is compressed ({encoding[:20]}): send it as it is"
        raise ApiError(415, {"code": 415, "message": message})
    body = event.get("body") or ""
    if len(body) > MOST_BYTES * 4 // 3 + 4:
        raise _too_large()
    try:
        content = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except (binascii.Error, ValueError):
        raise ApiError(400, {"code": 400, "message": "the body cannot be read"}) from None
    if len(content) > MOST_BYTES:
        raise _too_large()
    return ApiRequest(
        method=str(http.get("method", "")).upper(),
        path=str(event.get("rawPath", "")),
        query=parse_qs(str(event.get("rawQueryString") or ""), keep_blank_values=True),
        headers=headers,
        body=content,
        user=user,
        address=str(http.get("sourceIp", "")),
        cookies=cookies_of(event),
    )


def _too_large() -> ApiError:
    return ApiError(413, {"code": 413, "message": f"a body has at most {MOST_BYTES} bytes: post fewer alerts at once"})
