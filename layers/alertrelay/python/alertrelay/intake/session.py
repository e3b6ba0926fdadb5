"""The session of a person at the console: a signed text in a cookie, which nothing has to store.

It is signed with a key of the token that it was opened with. So it has that token's rights, as they are when it is
used, and ends when the token is taken out of the secret. Who can read the text learns the name and the end in it, and
no part of the token but what guessing at its signature gives.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LASTS = timedelta(hours=1)
"""Not prolonged by use: a console that was left open does not stay signed in."""
LONGEST_NAME = 100
_LONGEST = 1_000
_PURPOSE = b"alertrelay console session 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person who signed in under a `name`, which nothing vouches for, with the token of that `digest`."""

    name: str
    ends_at: datetime
    digest: bytes


def opened(digest: bytes, name: str, now: datetime) -> Session:
    """Returns a new session. Its end has no fraction of a second, so that the text has all of it."""
    ends_at = (now + LASTS).replace(microsecond=0)
    return Session(name=name[:LONGEST_NAME], ends_at=ends_at, digest=digest)


def signed(session: Session) -> str:
    """Returns the cookie's value."""
    content = json.dumps([session.name, int(session.ends_at.timestamp())], ensure_ascii=False).encode()
    return f"{_coded(content)}.{_coded(_signature(session.digest, content))}"


def read(value: str, digests: Iterable[bytes], now: datetime) -> Session | None:
    """Returns the session of a cookie's value, None for one that is forged, over, or of a token that is none of
    `digests`. Each of them is tried, in constant time."""
    if len(value) > _LONGEST:
        return None
    content, given = (_decoded(part) for part in value.partition(".")[::2])
    found = b""
    for digest in digests:
        if hmac.compare_digest(_signature(digest, content), given):
            found = digest
    if not found:
        return None
    name, ends_at = json.loads(content)  # ours: nobody else can sign it
    session = Session(name=name, ends_at=datetime.fromtimestamp(ends_at, UTC), digest=found)
    return session if now < session.ends_at else None


def _signature(digest: bytes, content: bytes) -> bytes:
    key = hmac.digest(digest, _PURPOSE, hashlib.sha256)
    return hmac.digest(key, content, hashlib.sha256)


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    """Returns b"" for what is no base64: no signature is that."""
    try:
        return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
