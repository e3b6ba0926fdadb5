"""Asks for the access token by which `http_config.oauth2` authorizes a call: the client credentials of RFC 6749, 4.4.

Sources: RFC 6749, 2.3.1, 4.4 and 5; which of the two ways a client says its secret by, golang.org/x/oauth2, as
Alertmanager does. A token is kept while it is good, by the client and the secret that it was asked with.
"""

from __future__ import annotations

import base64
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from alertrelay.channels.transport.answer import not_its_own, refusal
from alertrelay.channels.transport.http import Response
from alertrelay.config.channel import OAuth2
from alertrelay.ports import DeliveryFailure

Post = Callable[[str, bytes, Mapping[str, str]], Response]
"""Posts a body with headers to an address, and returns the answer. Raises a DeliveryFailure where none comes."""

_WORD = re.compile(r"[!-~]+")
_EARLY_SECONDS = 10.0
"""A token is not used in its last seconds: it would end on its way."""
_UNSAID_SECONDS = 300.0
"""How long a token is kept that does not say how long it is good."""
_DENIED = frozenset({"invalid_client", "unauthorized_client", "access_denied"})
_FAULTY = frozenset({"invalid_request", "invalid_grant", "invalid_scope", "unsupported_grant_type", "invalid_target"})
_PROBED = frozenset({400, 401, 403})
"""How a server answers that wants the secret said in the other way."""


@dataclass(slots=True)
class _Kept:
    header: str
    ends: float
    taken: bool = False


class AccessTokens:
    """The tokens of one container. `now` is the time in seconds; it goes on while a container sleeps."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._kept: dict[tuple[str, ...], _Kept] = {}

    def header(self, grant: OAuth2, secret: str, *, peer: str, post: Post) -> str:
        """Returns the value of Authorization for a call. Raises a DeliveryFailure, whose text names `peer`, the
        token endpoint, and no secret."""
        form = _form(grant)
        kept = self._kept.get(key := (grant.token_url, grant.client_id, secret, urlencode(form)))
        if kept is None or kept.ends <= self._now():
            try:
                kept = self._kept[key] = self._asked(grant, secret, peer, post)
            except DeliveryFailure as failure:
                failure.ambiguous = False  # whatever happened to this request, no message was sent yet
                raise
        return kept.header

    def refused(self, header: str) -> bool:
        """Forgets a token that a call was refused with. Returns whether one of its calls had been taken before: then
        the next token may be taken."""
        found = [(key, kept) for key, kept in list(self._kept.items()) if kept.header == header]
        for key, _ in found:
            self._kept.pop(key, None)  # another delivery's thread may have been faster
        return any(kept.taken for _, kept in found)

    def taken(self, header: str) -> None:
        """Notes that a call was not refused for its token."""
        for kept in list(self._kept.values()):
            kept.taken = kept.taken or kept.header == header

    def _asked(self, grant: OAuth2, secret: str, peer: str, post: Post) -> _Kept:
        form, asked_at = _form(grant), self._now()
        pair = f"{quote_plus(grant.client_id)}:{quote_plus(secret)}"
        basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
        response = _posted(post, grant.token_url, form, {"Authorization": basic})
        if response.status in _PROBED:
            said = [*form, ("client_id", grant.client_id), ("client_secret", secret)]
            response = _posted(post, grant.token_url, said, {})
        answer = response.json() or {}
        if not 200 <= response.status < 300:
            raise _failure(peer, response, answer.get("error"), grant.secret)
        token, kind = answer.get("access_token"), answer.get("token_type") or "Bearer"
        if not _is_word(token) or not _is_word(kind):
            raise not_its_own(peer, response, "access_token")
        header = f"{'Bearer' if kind.lower() == 'bearer' else kind} {token}"
        return _Kept(header, asked_at + _good_for(answer.get("expires_in")) - _EARLY_SECONDS)


def _form(grant: OAuth2) -> list[tuple[str, str]]:
    form = [("grant_type", "client_credentials")]
    if grant.scopes:
        form.append(("scope", " ".join(grant.scopes)))
    return [*form, *grant.params.items()]


def _posted(post: Post, url: str, form: list[tuple[str, str]], headers: Mapping[str, str]) -> Response:
    encoded = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **headers}
    return post(url, urlencode(form).encode(), encoded)


def _failure(peer: str, response: Response, error: object, key: str) -> DeliveryFailure:
    """Returns what a refusal stands for. Only the error codes of the RFC are shown of what was said."""
    said = error if isinstance(error, str) and error in _DENIED | _FAULTY else ""
    auth = frozenset({400, 401, 403}) if said in _DENIED else frozenset({401, 403})
    return refusal(peer, response, said=said, key_name=key, auth=auth)


def _is_word(found: Any) -> bool:
    return isinstance(found, str) and _WORD.fullmatch(found) is not None


def _good_for(seconds: Any) -> float:
    """Returns how long a token is good, which some servers say as a text."""
    try:
        good = float(seconds)
    except (TypeError, ValueError):
        return _UNSAID_SECONDS
    return good if math.isfinite(good) and good > 0 else _UNSAID_SECONDS
