"""Answers what pushes alerts: the webhook, and `POST /api/v2/alerts`."""

from __future__ import annotations

from dataclasses import dataclass

from alertrelay.intake.accept import Acceptance, accept
from alertrelay.intake.ports import RefusedBodies, TopicFailure
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.intake.webhook import NoAlerts, take_webhook

HOP_HEADER = "alertrelay-hop"
"""Our own webhooks carry it: one that comes back is a loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What the handlers of pushes need."""

    acceptance: Acceptance
    refused: RefusedBodies


def post_webhook(push: Push, request: ApiRequest) -> dict[str, int]:
    """Takes a webhook whatever its content type. Raises ApiError: 400 for a body that is no alert, 503 where a topic
    did not take it."""
    parts = push.acceptance
    try:
        number = take_webhook(
            parts.topics, push.refused, parts.report, request.text(), hop=HOP_HEADER in request.headers
        )
    except NoAlerts as error:
        parts.report.count("IntakeInvalidAlerts", 1)
        raise ApiError(400, {"code": 400, "message": str(error)}) from None
    except TopicFailure as failure:
        raise unavailable(push, failure) from None
    return {"alerts": number}


def post_alerts(push: Push, request: ApiRequest) -> None:
    """Takes a list of alerts: the valid ones count even where others are refused with 400, as upstream. Raises
    ApiError."""
    try:
        items = _items(request)
    except ApiError:
        push.refused.keep(request.text(), why="no list of alerts in JSON was posted to /api/v2/alerts")
        push.acceptance.report.count("IntakeInvalidAlerts", 1)
        raise
    try:
        refused = accept(push.acceptance, items)
    except TopicFailure as failure:
        raise unavailable(push, failure) from None
    if refused:
        why = "; ".join(refused[:20])
        push.refused.keep(request.text(), why=why)
        raise ApiError(400, why)


def _items(request: ApiRequest) -> list[object]:
    items = request.json()
    if not isinstance(items, list):
        raise ApiError(400, {"code": 400, "message": "parsing body body failed: expected a list of alerts"})
    return items


def unavailable(push: Push, failure: Exception) -> ApiError:
    """Returns the answer that each client tries again at, save Prometheus, which posts once more in a minute."""
    push.acceptance.report.log("intake_unavailable", failure=str(failure))
    push.acceptance.report.count("IntakeUnavailable", 1)
    return ApiError(503, {"code": 503, "message": "not stored: post it again"})
