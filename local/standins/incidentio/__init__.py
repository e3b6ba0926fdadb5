"""incident.io's alert events of an Alertmanager source, as far as a sender can see.

https://docs.incident.io/api-reference/alert-events-v2
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.channels.incidentio import CHANNEL

from local.standins.peer import Peer, PeerAnswer, Request
from local.standins.service import JsonService, bearer


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what incident.io refuses."""
    if body.get("version") != "1" or body.get("status") not in ("firing", "resolved") or not body.get("groupKey"):
        yield "this is no event of Alertmanager"
    if len(json.dumps(body, ensure_ascii=False).encode()) > CHANNEL.limits["event bytes"]:
        yield "the event is too large"


def _failure(status: int, message: str = "") -> dict[str, Any]:
    said = message or f"failed on purpose with {status}"
    return {"type": "validation_error", "status": status, "errors": [{"message": said}]}


def _answer(request: Request) -> PeerAnswer:
    body = request.json()
    if "/v2/alert_events/" not in request.path:
        return PeerAnswer(status=404, body=_failure(404, "not found"))
    if not bearer(request):
        return PeerAnswer(status=401, body=_failure(401, "Invalid token"))
    wrong = list(problems(body)) if isinstance(body, dict) else ["the body is no JSON object"]
    if wrong:
        return PeerAnswer(status=422, body=_failure(422, wrong[0]))
    return PeerAnswer(status=202, body={"status": "success", "message": "Event accepted for processing"})


def _headline(body: Mapping[str, Any]) -> str:
    alerts = body.get("alerts") or [{}]
    return f"{body.get('status')}: {alerts[0].get('labels', {}).get('alertname', '')}"


PEER = Peer(
    headline=_headline,
    port=4584,
    hosts=("api.incident.io",),
    listen=JsonService(channel=CHANNEL.kind, answer=_answer, failure=_failure, tokens=bearer).listen,
    ways={
        "incidentio": "url: https://api.incident.io/v2/alert_events/alertmanager/01FAKE, "
        "alert_source_token_file: /etc/alertmanager/secrets/incidentio_token"
    },
    problems=problems,
)
