"""Signs a request as AWS asks for it: Signature Version 4, with the signature in a header.

What is needed here of it: a path that is normal already, and no query.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a function's role gives it for a few hours. `token` is "" for a user's own key."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningScope:
    """Where a signature holds: a service by its signing name, in a region."""

    region: str
    service: str


def signed(
    headers: Mapping[str, str],
    body: bytes,
    *,
    host: str,
    path: str,
    credentials: Credentials,
    scope: SigningScope,
    at: datetime,
    method: str = "POST",
) -> dict[str, str]:
    """Return the headers with X-Amz-Date, the session token and Authorization. All of them are signed, and Host, which
    is `host`, with its port where that is not the scheme's own; the sender adds it. `at` is in UTC."""
    # `strftime` and `hmac.new` take several times as long, which counts with a dozen requests before a page.
    stamp = at.isoformat(timespec="seconds")[:19].replace("-", "").replace(":", "") + "Z"
    sent = {**headers, "X-Amz-Date": stamp}
    if credentials.token:
        sent["X-Amz-Security-Token"] = credentials.token
    canonical = {name.lower(): " ".join(value.split()) for name, value in {**sent, "host": host}.items()}
    names = sorted(canonical)
    lines = [
        method,
        _quoted(path),
        "",  # the query
        *(f"{name}:{canonical[name]}" for name in names),
        "",
        ";".join(names),
        hashlib.sha256(body).hexdigest(),
    ]
    place = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    request = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = _key(credentials.secret, stamp[:8], scope.region, scope.service)
    signature = hmac.digest(key, f"{_ALGORITHM}\n{stamp}\n{place}\n{request}".encode(), "sha256").hex()
    sent["Authorization"] = (
        f"{_ALGORITHM} Credential={credentials.key_id}/{place}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return sent


@functools.lru_cache(maxsize=64)
def _quoted(path: str) -> str:
    return quote(path, safe="/~")


@functools.lru_cache(maxsize=16)
def _key(secret: str, *scope: str) -> bytes:
    """Returns the key of a day, a region and a service."""
    key = f"AWS4{secret}".encode()
    for word in (*scope, "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key
