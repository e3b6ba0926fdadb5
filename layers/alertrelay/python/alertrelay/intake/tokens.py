"""Checks who asks: Bearer, Basic or a session of the console, against the tokens of the environment's secret, and what
each may do.

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
from typing import Literal, NamedTuple, TypeVar

from alertrelay.intake import session
from alertrelay.intake.session import Session
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
_NONE: frozenset[Right] = frozenset()
Found = TypeVar("Found")
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


class Presented(NamedTuple):
    """What a request brings: its Authorization header, and the value of the console's cookie; the header counts."""

    authorization: str
    session: str = ""


ReadSecret = Callable[[bool], Mapping[str, object]]
"""Returns the current secret; with True as it stands now, past any cache. Raises SecretMissing."""


@dataclass(slots=True)
class Doorkeeper:
    """Knows the tokens as digests. `read` is called with the first request, and again for an unknown token."""

    read: ReadSecret
    clock: Clock
    _known: Mapping[bytes, frozenset[Right]] = field(default_factory=dict)
    _read_at: datetime | None = None

    def check(self, given: Presented, wanted: Right) -> str:
        """Returns the name that the caller goes by, which nothing vouches for. Raises TokenRefused and NoTokens."""
        if given.authorization:
            rights, user = self._of_token(token_of(given.authorization)), user_of(given.authorization)
        else:
            found = self.session(given.session)
            rights, user = (self._known.get(found.digest, _NONE), found.name) if found else (_NONE, "")
        if not rights:
            raise TokenRefused(401, "an unknown token or an ended session" if any(given) else "no token")
        if wanted not in rights:
            raise TokenRefused(403, f"a token without the right {wanted}")
        return user

    def session(self, value: str) -> Session | None:
        """Returns the session of a cookie, None for none that holds. Raises NoTokens."""
        if not value:
            return None
        now = self.clock.now()
        return self._asked(lambda: session.read(value, self._known, now))

    def open(self, token: str, name: str) -> Session:
        """Opens a session with a token. Raises TokenRefused and NoTokens."""
        if not self._of_token(token):
            raise TokenRefused(401, "signed in with an unknown token")
        return session.opened(_digest(token), name, self.clock.now())

    def rights(self, found: Session) -> frozenset[Right]:
        """Returns what a session may do."""
        return self._known.get(found.digest, _NONE)

    def _of_token(self, token: str) -> frozenset[Right]:
        return self._asked(lambda: self._compared(token)) if token else _NONE

    def _asked(self, find: Callable[[], Found]) -> Found:
        """Finds by the tokens that are known, and once more where nothing is found and they may have changed. Raises
        NoTokens."""
        now = self.clock.now()
        if self._read_at is None or now - self._read_at >= timedelta(minutes=5):
            self._read(now, past_cache=False)
        found = find()
        if not found and self._read_at is not None and now - self._read_at >= REFRESHED:
            self._read(now, past_cache=True)
            found = find()
        if not self._known:
            raise NoTokens
        return found

    def _compared(self, token: str) -> frozenset[Right]:
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
