"""Silences as JSON: Alertmanager's API v2 form, which is also how they are stored.

Several sets of matchers (0.32 and later), of which any one suffices, stand in `matcherSets`, a list of lists; API v2
has no word for them, so `matchers` is then left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.config.model import Matcher, Operator
from alertrelay.policy.silence import Silence, SilenceRefused, state

_OPERATORS: Mapping[tuple[bool, bool], Operator] = {
    (True, False): "=",
    (False, False): "!=",
    (True, True): "=~",
    (False, True): "!~",
}
"""By isEqual and isRegex."""
_FLAGS = {op: flags for flags, op in _OPERATORS.items()}
_MATCHER = 'as in {"name": "service", "value": "orders", "isRegex": false, "isEqual": true}'


def to_json(silence: Silence, now: datetime) -> dict[str, Any]:
    """Returns the answer of `GET /api/v2/silence/ID`; `status` is that at `now`."""
    sets = [[_matcher_to_json(one) for one in together] for together in silence.matchers]
    return {
        "id": silence.id,
        "status": {"state": state(silence, now)},
        "updatedAt": rfc3339(silence.updated_at),
        "startsAt": rfc3339(silence.starts_at),
        "endsAt": rfc3339(silence.ends_at),
        "createdBy": silence.created_by,
        "comment": silence.comment,
        **({"annotations": dict(silence.annotations)} if silence.annotations else {}),
        **({"matchers": sets[0]} if len(sets) == 1 else {"matcherSets": sets}),
    }


def from_json(data: object, now: datetime) -> Silence:
    """Reads a wanted or a stored silence; `create` and `update` check the rules.

    A start that is missing or zero is `now`. isRegex (false), isEqual (true), createdBy and comment may be missing.
    Raises SilenceRefused (`malformed`) where it is no silence at all.
    """
    if not isinstance(data, Mapping):
        raise _malformed("a silence is a JSON object", data)
    ends_at = _time(data, "endsAt")
    if ends_at is None:
        raise SilenceRefused("malformed", "'endsAt' is missing: say when it ends, as in 2026-11-20T04:00:00Z")
    return Silence(
        id=_text(data, "id"),
        matchers=tuple(tuple(_matcher(one) for one in together) for together in _sets(data)),
        starts_at=_time(data, "startsAt") or now,
        ends_at=ends_at,
        created_by=_text(data, "createdBy"),
        comment=_text(data, "comment"),
        updated_at=_time(data, "updatedAt") or now,
        annotations={str(k): str(v) for k, v in _object(data, "annotations").items()},
    )


def _sets(data: Mapping[str, Any]) -> list[list[object]]:
    sets = data.get("matcherSets") or [data.get("matchers")]
    for together in sets if isinstance(sets, list) else [sets]:
        if not isinstance(together, list):
            raise _malformed("'matchers' is a list", together)
    return list(sets)


def _matcher(data: object) -> Matcher:
    if not isinstance(data, Mapping) or not isinstance(data.get("name"), str) or not isinstance(data.get("value"), str):
        raise _malformed(f"a matcher has a name and a value, {_MATCHER}", data)
    equal, regex = (
        flag if (flag := data.get(key)) is not None else default
        for key, default in (("isEqual", True), ("isRegex", False))
    )
    if not isinstance(equal, bool) or not isinstance(regex, bool):
        raise _malformed(f"isEqual and isRegex are true or false, {_MATCHER}", data)
    return Matcher(name=data["name"], op=_OPERATORS[equal, regex], value=data["value"])


def _matcher_to_json(matcher: Matcher) -> dict[str, Any]:
    equal, regex = _FLAGS[matcher.op]
    return {"name": matcher.name, "value": matcher.value, "isRegex": regex, "isEqual": equal}


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise _malformed(f"{key!r} is text", value)
    return value or ""


def _object(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise _malformed(f"{key!r} is a JSON object", value)
    return value or {}


def _time(data: Mapping[str, Any], key: str) -> datetime | None:
    """None where it is missing or Go's zero time, which amtool sends for "not said"."""
    text = _text(data, key)
    if not text or text.startswith("0001-01-01T00:00:00"):
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{key!r} is {text[:40]!r}: write a time of RFC 3339, as in 2026-11-20T04:00:00Z"
        raise SilenceRefused("malformed", message) from None


def _malformed(expected: str, got: object) -> SilenceRefused:
    return SilenceRefused("malformed", f"{expected}, got {str(got)[:80]}")
