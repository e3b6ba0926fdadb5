"""One request to a channel's peer, bounded in time and size, whose failures are typed and name no secret.

By the standard library, which is loaded at once; transport/by_requests.py does the same on `requests`. Nothing of the
environment (proxies, netrc, cookies of earlier answers, redirects) decides where an alert goes.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from alertrelay import __version__
from alertrelay.channels.transport.connection import CONNECT_SECONDS, Network, NotConnected
from alertrelay.channels.transport.wire import BadAddress, NotAnswered, Wire
from alertrelay.ports import DeliveryFailure, Permanent, Retryable

MAX_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """`headers` by lower-case name. `complete` is false where the body was cut by size, time or a reset."""

    status: int
    headers: Mapping[str, str]
    text: str
    complete: bool = True

    def json(self) -> dict[str, Any] | None:
        """Returns the body as a JSON object, None where it is anything else."""
        try:
            value = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


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
    """Sends a request, a POST unless `method` is another, and returns whatever was answered, of any status. A mapping
    goes as JSON. `timeout` in seconds bounds the whole call except the name lookup; `peer` is who it is in the texts of
    failures.

    Raises Retryable, `ambiguous` where the request was sent and no answer came, and Permanent for an address that is
    none. No text holds the address, a header or anything that the peer said.
    """
    if timeout <= 0:
        raise no_time_left(peer)
    seconds = timeout / network.haste
    failure: DeliveryFailure
    try:
        answer = _wire().ask(
            rewritten(url, network.endpoints),
            as_sent(body),
            with_ours(headers),
            connecting=min(CONNECT_SECONDS, seconds),
            seconds=seconds,
            most=MAX_ANSWER_BYTES,
            method=method,
        )
        text = answer.body.decode("utf-8", "replace")
        return Response(status=answer.status, headers=answer.headers, text=text, complete=answer.complete)
    except NotConnected as error:
        failure = Retryable(f"{peer} {error.text}")
    except NotAnswered as error:
        failure = unanswered(peer, timeout, in_time=error.in_time)
    except BadAddress:
        failure = malformed(peer)
    raise failure  # outside the handler: the error's context would carry the address


@functools.cache
def _wire() -> Wire:
    """Returns what sends requests, one a container: it keeps connections."""
    return Wire()


def no_time_left(peer: str) -> DeliveryFailure:
    """Return the failure of a call whose time was over before it began."""
    return Retryable(f"no time was left to ask {peer}")


def unanswered(peer: str, timeout: float, *, in_time: bool) -> DeliveryFailure:
    """Return the failure of a request that was sent, to which no answer came: until the time was over, or, `in_time`,
    until the connection ended."""
    if in_time:
        return Retryable(f"{peer} closed the connection without an answer", ambiguous=True)
    return Retryable(f"{peer} did not answer within {round(timeout, 2):g} s", ambiguous=True)


def malformed(peer: str) -> DeliveryFailure:
    """Return the failure of a request that could not be written."""
    return Permanent(f"the address or a header for {peer} is malformed")


def as_sent(body: bytes | Mapping[str, Any]) -> bytes:
    """Return the bytes of a body; half a surrogate pair becomes a question mark."""
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def with_ours(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a request with those that each has."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"alertrelay/{__version__}",
        "Accept-Encoding": "identity",  # nothing to unpack: 64 KB stay 64 KB
        **headers,
    }


def rewritten(url: str, endpoints: Mapping[str, str]) -> str:
    """Return the address to ask, where a local run sends its host's traffic elsewhere."""
    if not endpoints:
        return url
    parts = urlsplit(url)
    base = endpoints.get(parts.hostname or "", endpoints.get("*", ""))
    if not base:
        return url
    return base.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")
