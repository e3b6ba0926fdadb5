"""Reads what a person posts about one alert: its fingerprint, a comment, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from alertrelay.intake.request import ApiError, ApiRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """`by` is who says so, by the body, the session or the address; `via` is the way; `body` has the further keys."""

    fingerprint: str
    comment: str
    by: str
    via: Literal["api", "console"]
    body: Mapping[str, Any]


def remark_of(request: ApiRequest, *, expected: str) -> Remark:
    """Reads a request's body. `expected` says what it should be. Raises ApiError."""
    data = request.json()
    if not isinstance(data, Mapping):
        raise unfit(expected, f"got {type(data).__name__}")
    texts = {name: data.get(name, "") for name in ("fingerprint", "comment", "by")}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise unfit(expected, f"{name} is {type(text).__name__}")
    if not texts["fingerprint"]:
        raise unfit(expected, "fingerprint is missing")
    return Remark(
        fingerprint=texts["fingerprint"],
        comment=texts["comment"],
        by=texts["by"] or request.user or request.client,
        via="api" if "authorization" in request.headers else "console",  # whose session is a cookie
        body=data,
    )


def unfit(expected: str, what: str) -> ApiError:
    """Returns the refusal of a body, with what was expected and what came."""
    return ApiError(422, {"code": 602, "message": f"{expected}; {what}"})
