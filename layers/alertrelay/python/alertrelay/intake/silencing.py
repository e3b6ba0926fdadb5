"""Answers what changes silences: create, update, expire."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.config.printed_matchers import print_matcher
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.policy.silence import Refusal, Silence, SilenceRefused
from alertrelay.policy.silence_json import from_json
from alertrelay.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Silencing:
    """What the handlers need: `save` stores a silence and returns its id, `expire` ends one. Both raise SilenceRefused
    and state.StoreFailure. `log(event, **fields)` keeps who did it, for history."""

    save: Callable[[Silence], str]
    expire: Callable[[str], None]
    clock: Clock
    log: Callable[..., None]


def post_silence(silencing: Silencing, request: ApiRequest) -> dict[str, str]:
    """Creates a silence, or changes the one whose id it carries. Without an author it has the
    name of who asks. Raises ApiError, state.StoreFailure."""
    data = request.json()
    try:
        given = from_json(data, silencing.clock.now())
        wanted = replace(given, created_by=given.created_by or request.user)
        stored = silencing.save(wanted)
    except SilenceRefused as refused:
        raise _answer(refused.name, str(refused)) from None
    silencing.log(
        "silence_set",
        id=stored,
        by=wanted.created_by,
        comment=wanted.comment,
        matchers=[print_matcher(one) for together in wanted.matchers for one in together],
        sets=[len(together) for together in wanted.matchers],
        starts_at=rfc3339(wanted.starts_at),
        ends_at=rfc3339(wanted.ends_at),
        via="api",
    )
    return {"silenceID": stored}


def delete_silence(silencing: Silencing, id: str, *, by: str) -> None:  # noqa: A002 - the field's own name
    """Ends a silence now. Raises ApiError, state.StoreFailure."""
    checked_id(id)
    try:
        silencing.expire(id)
    except SilenceRefused as refused:
        raise _answer(refused.name, str(refused)) from None
    silencing.log("silence_expired", id=id, by=by, via="api")


def checked_id(id: str) -> None:  # noqa: A002 - the field's own name
    """Raises ApiError where an id is none, as upstream."""
    try:
        uuid.UUID(id)
    except ValueError:
        message = f"silenceID in path must be of type uuid: {id[:60]!r}"
        raise ApiError(422, {"code": 601, "message": message}) from None


def _answer(name: Refusal, text: str) -> ApiError:
    body: Any = text
    match name:
        case "not_found":
            return ApiError(404)
        case "malformed":
            return ApiError(422, {"code": 602, "message": body})
    return ApiError(400, body)
