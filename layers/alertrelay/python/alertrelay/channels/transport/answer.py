"""Classifies a peer's answer, and cuts it to what may be shown."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from urllib.parse import quote

from alertrelay.channels.transport.http import Response
from alertrelay.ports import AuthDead, DeliveryFailure, Key, Permanent, RateLimited, Retryable

AUTH_STATUSES = frozenset({401, 403, 404})
_TOKEN_LIKE = re.compile(r"[A-Za-z0-9+_=%.-]{16,}")
_RUN_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+_=%.-"
_SHOWN_CHARACTERS = 200
_READ_CHARACTERS = 2_000
"""Of what a peer said, once it holds no secret any more: ten times what is shown, for the sake of its spaces. An answer
has up to 64 KB, of which no regular expression is to see more."""
_HEADER_CHARACTERS = 100


def needed(key: Key | None, name: str) -> Key:
    """Returns the key. Raises AuthDead where there is none: the receiver is notified by its fallbacks."""
    if key is None or not key.value.strip():
        raise AuthDead(f"the secret has no key {name or '(the configuration names none)'}", tried=False)
    return key


def refusal(
    peer: str, response: Response, *, said: str = "", key_name: str = "", auth: frozenset[int] = AUTH_STATUSES
) -> DeliveryFailure:
    """Returns the failure that a status other than success stands for. `said` is what the peer finds wrong with the
    request, made safe by `shown`: it is shown only where the request is at fault."""
    status = response.status
    text = f"{peer} answered {status}"
    if status == 429:
        return RateLimited(text, retry_after=retry_after(response.headers))
    if status >= 500:
        return Retryable(text, ambiguous=True)
    if status == 408:
        return Retryable(text)
    text += f": {said}" if said else ""
    if status in auth:
        return AuthDead(f"{text} (key {key_name})" if key_name else text)
    if 300 <= status < 400:
        return Permanent(f"{text}, a redirect, which is not followed")
    return Permanent(text)


def not_its_own(peer: str, response: Response, sign: str) -> Retryable:
    """Return the failure of a 2xx without `sign`, which the service puts into each of its own: a login page or a proxy
    may have answered in its place."""
    return Retryable(f"{peer} answered {response.status} without its `{sign}`", ambiguous=True)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Returns seconds that the peer asks to wait: a number, or a date, which is counted from the answer's own Date
    header so that our clock does not matter. None where there is none that can be read."""
    from email.utils import parsedate_to_datetime  # slow to import, and few answers ask to wait

    value, date = (headers.get(name, "").strip()[:_HEADER_CHARACTERS] for name in ("retry-after", "date"))
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
            seconds = (until - parsedate_to_datetime(date)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def shown(text: str, *secrets: str) -> str:
    """Returns a peer's answer on one line, short, and without anything that could be part of a key: peers do echo what
    they were sent, whole, encoded or in pieces."""
    for secret in filter(None, secrets):
        raw = secret.encode("utf-8", "replace")
        for form in (secret, quote(secret), quote(secret, safe=""), base64.b64encode(raw).decode()):
            text = text.replace(form, "…")
        for piece in re.split(r"[/:@?&=\s]", secret):
            if len(piece) >= 6:
                text = text.replace(piece, "…")
    line = "".join(c if c.isprintable() else " " for c in _beginning(text))
    line = _TOKEN_LIKE.sub(lambda found: "…" if _has_digit(found[0]) else found[0], " ".join(line.split()))
    return line if len(line) <= _SHOWN_CHARACTERS else line[: _SHOWN_CHARACTERS - 1] + "…"


def mentions(text: str, *words: str) -> bool:
    """Returns whether an answer holds any of `words`, which are in lower case. It wants the whole answer: what is
    `shown` of it may end before them, or hide them as a part of a token."""
    lower = text.lower()
    return any(word in lower for word in words)


def _beginning(text: str) -> str:
    """At most _READ_CHARACTERS, without the word that was cut: what is left of a token might not look like one."""
    if len(text) <= _READ_CHARACTERS:
        return text
    return text[:_READ_CHARACTERS].rstrip(_RUN_CHARACTERS) + "…"


def _has_digit(word: str) -> bool:
    return any(character.isdecimal() for character in word)
