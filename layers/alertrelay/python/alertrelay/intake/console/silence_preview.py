"""Shows which alerts that fire now a silence would mute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.intake.console.overview import suppressed_by
from alertrelay.intake.reading import Reads
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.intake.view import Listed, listed
from alertrelay.policy import silence
from alertrelay.policy.matchers import matches
from alertrelay.policy.silence import SilenceRefused
from alertrelay.policy.silence_json import from_json

SHOWN = 100


def post_preview(reading: Reads, request: ApiRequest) -> dict[str, Any]:
    """Returns the alerts that all matchers of any set hold for; it changes nothing. Raises ApiError,
    state.StoreFailure."""
    data = request.json()
    if not isinstance(data, Mapping):
        raise ApiError(422, {"code": 602, "message": 'expected {"matchers": […]}'})
    now = reading.clock.now()
    try:
        wanted = from_json({**data, "id": "", "startsAt": "", "endsAt": rfc3339(now + timedelta(hours=1))}, now)
        silence.check(wanted, now)
    except SilenceRefused as refused:
        raise ApiError(400, {"code": 400, "message": str(refused)}) from None
    firing = listed(reading.config, reading.alerts.firing(now), reading.silences(), now=now)
    muted = [one for one in firing if any(matches(each, one.item.alert.labels) for each in wanted.matchers)]
    return {
        "asOf": rfc3339(now),
        "total": len(muted),
        "alerts": [_shown(one) for one in muted[:SHOWN]],
        "warnings": list(_warnings(firing, muted)),
    }


def _shown(one: Listed) -> dict[str, Any]:
    alert = one.item.alert
    return {
        "fingerprint": alert.fingerprint,
        "name": alert.name,
        "severity": alert.labels.get("severity", ""),
        "service": alert.labels.get("service", ""),
        "state": "suppressed" if suppressed_by(one)[0] else "active",
    }


def _warnings(firing: Sequence[Listed], muted: Sequence[Listed]) -> Iterator[str]:
    if not muted:
        yield "no alert that fires now matches: check the names and values"
    elif len(muted) == len(firing) > 1:
        yield "every alert that fires now matches"
    services = {one.item.alert.labels.get("service", "") for one in muted} - {""}
    if len(services) > 1:
        yield f"alerts of {len(services)} services match"
