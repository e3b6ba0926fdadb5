"""Signs people in and out: a token for a session's cookie.

A wrong token costs no delay and locks nobody out: tokens are too long to be guessed, a delay would hold a container,
and a stranger could lock out the person on call. Each is a 401, which the access log counts and an alarm watches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from alertrelay import __version__
from alertrelay.alert import rfc3339
from alertrelay.intake import session
from alertrelay.intake.console.parts import Console
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.intake.route import Answer, answer
from alertrelay.intake.session import Session

EXPECTED = 'expected {"token": "…", "name": "…"}, the name of at most 100 printable characters'


def get_session(console: Console, request: ApiRequest) -> dict[str, Any]:
    """Returns who is signed in, and what they may do. Never 401: a page asks it to know. Raises NoTokens."""
    return _shown(console, console.doorkeeper.session(request.cookies.get(console.site.cookie, "")))


def sign_in(console: Console, request: ApiRequest) -> Answer:
    """Opens a session. Raises ApiError, TokenRefused, NoTokens."""
    data = _json(request)
    token, name = data.get("token"), data.get("name", "")
    if not isinstance(token, str) or not isinstance(name, str) or not _fits(name):
        raise ApiError(422, {"code": 602, "message": EXPECTED})
    found = console.doorkeeper.open(token.strip(), name.strip())
    return _with_cookie(console, found, session.signed(found), int(session.LASTS.total_seconds()))


def sign_out(console: Console, request: ApiRequest) -> Answer:
    """Ends the session in this browser. A copy of the cookie holds until it ends by itself, or the token is replaced.
    Raises ApiError."""
    _json(request)
    return _with_cookie(console, None, "", 0)


def _json(request: ApiRequest) -> Mapping[str, Any]:
    """A form of another site can send text, and no content type at all, but never this one without asking first."""
    if "content-type" not in request.headers:
        raise ApiError(415, {"code": 415, "message": "expected the content type application/json, got none"})
    data = request.json()
    if not isinstance(data, Mapping):
        raise ApiError(422, {"code": 602, "message": EXPECTED})
    return data


def _fits(name: str) -> bool:
    return len(name) <= session.LONGEST_NAME and name.isprintable()


def _shown(console: Console, found: Session | None) -> dict[str, Any]:
    site = console.site
    place = {"environment": site.environment, "version": __version__, "local": site.local}
    if found is None:
        return {"signedIn": False, **place}
    rights = sorted(console.doorkeeper.rights(found) - {"push"})
    return {"signedIn": True, "name": found.name, "rights": rights, "endsAt": rfc3339(found.ends_at), **place}


def _with_cookie(console: Console, found: Session | None, value: str, seconds: int) -> Answer:
    made = answer(200, _shown(console, found))
    made.cookies = [
        Cookie(
            console.site.cookie,
            value,
            path="/",
            secure=not console.site.local,
            http_only=True,
            max_age=seconds,
            same_site=SameSite.STRICT_MODE,
        )
    ]
    return made
