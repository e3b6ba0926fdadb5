"""Answers what operators ask and do: whether it works, the last day in numbers, a drill, a group forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from alertrelay import __version__
from alertrelay.alert import rfc3339
from alertrelay.intake import view
from alertrelay.intake.accept import Acceptance, accept
from alertrelay.intake.clearing import Clearing, GroupBusy, NoSuchGroup, clear
from alertrelay.intake.ports import Statistics
from alertrelay.intake.posted import fault_of_texts
from alertrelay.intake.reading import Reads
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.policy.rehearsal import SUMMARY, NoWay, labels_for
from alertrelay.state import StoreFailure

DRILL = timedelta(minutes=3)
"""How long a drill alert fires: the tick resolves it then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """What the handlers need."""

    reading: Reads
    acceptance: Acceptance
    clearing: Clearing
    statistics: Statistics


def health(operating: Operating) -> dict[str, Any]:
    """Returns whether the table answers, with what is deployed. Never raises."""
    reading = operating.reading
    try:
        reading.silences()
        table = "ok"
    except StoreFailure as failure:
        table = str(failure)
    return {
        "healthy": table == "ok",
        "version": __version__,
        "environment": reading.config.environment,
        "configuration": reading.config.hash[:12],
        "table": table,
    }


def stats(operating: Operating) -> dict[str, Any]:
    """Returns what fires now, in how many groups, and the figures of the last day; `last_day` is null where they cannot
    be read now. Raises StoreFailure."""
    reading = operating.reading
    now = reading.clock.now()
    found = view.listed(reading.config, reading.alerts.firing(now), reading.silences(), now=now)
    suppressed = sum(1 for one in found if one.silenced or one.inhibited or one.muted)
    figures = operating.statistics.last_day(now)
    return {
        "alerts": {"active": len(found) - suppressed, "suppressed": suppressed},
        "groups": len(view.groups_json(found, view.AlertFilter())),
        "last_day": asdict(figures) if figures else None,
    }


def post_test(operating: Operating, request: ApiRequest) -> dict[str, Any]:
    """Posts a drill alert that the route tree sends to the receiver, as any other alert: it takes the real way, and
    resolves after three minutes. Raises ApiError, TopicFailure."""
    wanted = _object(request)
    receiver, extra = _text(wanted, "receiver"), _texts(wanted, "labels")
    test_id = uuid.uuid4().hex[:8]
    try:
        labels = labels_for(operating.reading.config, receiver, test_id=test_id, extra=extra)
    except NoWay as error:
        raise ApiError(404, {"code": 404, "message": str(error).removeprefix("--")}) from None
    now = operating.reading.clock.now()
    drill = {
        "labels": labels,
        "annotations": {"summary": SUMMARY, "description": f"Test {test_id} of the intake. Nobody has to act."},
        "startsAt": rfc3339(now),
        "endsAt": rfc3339(now + DRILL),
    }
    if refused := accept(operating.acceptance, [drill]):
        raise ApiError(400, {"code": 400, "message": refused[0]})
    operating.acceptance.report.log("drill_posted", receiver=receiver, test=test_id)
    return {"test": test_id, "labels": labels, "endsAt": drill["endsAt"]}


def post_clear(operating: Operating, request: ApiRequest) -> dict[str, Any]:
    """Forgets what was notified of a group; it is audited. Raises ApiError, StoreFailure."""
    wanted = _object(request)
    receiver, labels = _text(wanted, "receiver"), _texts(wanted, "labels")
    try:
        cleared = clear(operating.clearing, receiver, labels)
    except NoSuchGroup as error:
        raise ApiError(404, {"code": 404, "message": str(error)}) from None
    except GroupBusy as busy:
        raise ApiError(503, {"code": 503, "message": f"a flush holds the group {busy}: try again"}) from None
    operating.acceptance.report.log(
        "suppression_cleared", receiver=receiver, labels=labels, groups=cleared, by=request.client
    )
    return {"groups": cleared}


def _object(request: ApiRequest) -> Mapping[str, Any]:
    data = request.json()
    if not isinstance(data, Mapping):
        raise _unfit('expected {"receiver": "NAME", "labels": {…}}')
    return data


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise _unfit(f"{key} in body is required, a text")
    return value


def _texts(data: Mapping[str, Any], key: str) -> dict[str, str]:
    value = data.get(key) or {}
    if fault := fault_of_texts(value):
        raise _unfit(f"{key} in body: {fault}")
    return dict(value)


def _unfit(message: str) -> ApiError:
    return ApiError(422, {"code": 602, "message": message})
