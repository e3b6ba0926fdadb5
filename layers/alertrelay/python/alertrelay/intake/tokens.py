"""Checks who asks: Bearer or Basic, against the tokens of the environment's secret, and what each may do.

The secret has a key a right; its value is a token, or two with a space between them while one is replaced. A token that
stands under several keys has all their rights. The user name of Basic is free: the password is the token.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from alertrelay.ports import Clock, SecretMissing

Right = Literal["push", "read", "silence", "admin"]
KEYS: Mapping[Right, str] = {
    "push": "intake_push_token",
    "read": "intake_read_token",
    "silence": "intake_silence_token",
    "admin": "intake_admin_token",
}
"""The key of the secret that holds the tokens of each right."""
GRANTS: Mapping[Right, frozenset[Right]] = {
    "push": frozenset({"push"}),
    "read": frozenset({"read"}),
    "silence": frozenset({"read", "silence"}),  # amtool asks for the status before each command
    "admin": frozenset({"push", "read", "silence", "admin"}),
}
LEAST_CHARACTERS = 16
"""A shorter token is taken for none: it could be guessed."""
REFRESHED = timedelta(seconds=30)
"""A token that is not known may be a new one: the secret is read anew for it, so often at most."""


class TokenRefused(Exception):
    """401 where nobody is known by the token, 403 where that token may not do this. `why` is for the log alone."""

    def __init__(self, status: Literal[401, 403], why: str) -> None:
        super().__init__(str(status))
        self.status = status
        self.why = why


class NoTokens(Exception):
    """The tokens cannot be read, or there are none: nobody can be refused for sure, so that the post has to come
    again."""


ReadSecret = Callable[[bool], Mapping[str, object]]
"""Returns the current secret; with True as it stands now, past any cache. Raises SecretMissing."""


@dataclass(slots=True)
class Doorkeeper:
    """Knows the tokens as digests. `read` is called with the first request, and again for an unknown token."""

    read: ReadSecret
    clock: Clock
    _known: Mapping[bytes, frozenset[Right]] = field(default_factory=dict)
    _read_at: datetime | None = None

    def check(self, authorization: str, wanted: Right) -> None:
        """Raises TokenRefused and NoTokens."""
        token = token_of(authorization)
        if not token:
            raise TokenRefused(401, "no token")
        now = self.clock.now()
        if self._read_at is None or now - self._read_at >= timedelta(minutes=5):
            self._read(now, past_cache=False)
        rights = self._rights(token)
        if not rights and self._read_at is not None and now - self._read_at >= REFRESHED:
            self._read(now, past_cache=True)
            rights = self._rights(token)
        if not self._known:
            raise NoTokens
        if not rights:
            raise TokenRefused(401, "an unknown token")
        if wanted not in rights:
            raise TokenRefused(403, f"a token without the right {wanted}")

    def _rights(self, token: str) -> frozenset[Right]:
        """Compares with every token in constant time: the digests have one length, and none ends the comparison."""
        digest = _digest(token)
        found: frozenset[Right] = frozenset()
        for known, rights in self._known.items():
            if hmac.compare_digest(known, digest):
                found |= rights
        return found

    def _read(self, now: datetime, *, past_cache: bool) -> None:
        """Keeps what it knew where the secret cannot be read."""
        self._read_at = now
        try:
            secret = self.read(past_cache)
        except SecretMissing:
            return
        found: dict[bytes, frozenset[Right]] = {}
        for right, key in KEYS.items():
            for token in str(secret.get(key) or "").split():
                if len(token) >= LEAST_CHARACTERS:
                    digest = _digest(token)
                    found[digest] = found.get(digest, frozenset()) | GRANTS[right]
        self._known = found


def token_of(authorization: str) -> str:
    """Returns the token of an Authorization header, "" for none."""
    scheme, _, rest = authorization.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else _basic(authorization)[1]


def user_of(authorization: str) -> str:
    """Returns the user that Basic names, for an audit: nothing vouches for it. "" for none."""
    return _basic(authorization)[0][:100]


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
