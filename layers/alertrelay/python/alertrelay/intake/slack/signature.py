"""Checks that a request comes from Slack: its v0 signature over the raw body, by the signing secret of the app.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack; slackapi/python-slack-sdk, signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertrelay.intake.tokens import REFRESHED, ReadSecret
from alertrelay.ports import Clock, SecretMissing

KEY = "slack_signing_secret"
"""The key of the environment's secret; two values with a space between them while one is replaced."""
MOST_AGE = timedelta(minutes=5)
KEPT = timedelta(minutes=5)
"""How long the secret is known: as the tokens of the intake."""


class NotSlack(Exception):
    """Raised for a request that Slack has not signed, or not now. `why` is for the log alone."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NoSigningSecret(Exception):
    """Raised where the secret cannot be read: the request has to come again."""


@dataclass(slots=True)
class SigningSecrets:
    """Knows the signing secret. `read` is called with the first request, and again where a signature does not fit, half
    a minute later at the earliest."""

    read: ReadSecret
    clock: Clock
    _known: tuple[bytes, ...] = ()
    _read_at: datetime | None = None

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises NotSlack and NoSigningSecret. Names of headers are in lower case."""
        now = self.clock.now()
        stamp, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
        _check_age(stamp, now)
        if self._read_at is None or now - self._read_at >= KEPT:
            self._read(now, past_cache=False)
        if not self._fits(stamp, signature, body) and self._read_at is not None and now - self._read_at >= REFRESHED:
            self._read(now, past_cache=True)
        if not self._known:
            raise NotSlack(f"the secret has no key {KEY}")
        if not self._fits(stamp, signature, body):
            raise NotSlack("another signature was expected")

    def _fits(self, stamp: str, signature: str, body: bytes) -> bool:
        """Compares with the signature of every known secret in constant time; none ends the comparison."""
        given, found = signature.encode("utf-8", "surrogatepass"), False
        for secret in self._known:
            found |= hmac.compare_digest(signature_of(secret, stamp, body).encode(), given)
        return found

    def _read(self, now: datetime, *, past_cache: bool) -> None:
        """Keeps what it knew where the secret cannot be read. Raises NoSigningSecret where it knows nothing."""
        self._read_at = now
        try:
            secret = self.read(past_cache)
        except SecretMissing as missing:
            if not self._known:
                self._read_at = None
                raise NoSigningSecret(str(missing)) from None
            return
        self._known = tuple(one.encode() for one in str(secret.get(KEY) or "").split())


def signature_of(secret: bytes, stamp: str, body: bytes) -> str:
    """Returns the header X-Slack-Signature of a request."""
    return "v0=" + hmac.new(secret, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def _check_age(stamp: str, now: datetime) -> None:
    if not re.fullmatch(r"[0-9]{1,12}", stamp):
        raise NotSlack("no time stands in X-Slack-Request-Timestamp")
    if abs(int(now.timestamp()) - int(stamp)) > MOST_AGE.total_seconds():
        raise NotSlack("it was signed more than five minutes ago, or ahead")
