"""Splunk On-Call's REST endpoint, as far as a sender can see.

help.splunk.com, "Splunk On-Call REST endpoint integration".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.channels.victorops import CHANNEL

from local.standins.peer import Peer, PeerAnswer, Request, strings
from local.standins.service import JsonService

_PATH = re.compile(r"(?:/.*)?/integrations/generic/20131114/alert/([^/]+)/([^/]+)")
_TYPES = frozenset({"CRITICAL", "WARNING", "INFO", "ACKNOWLEDGEMENT", "RECOVERY"})


def shown(body: Mapping[str, Any]) -> str:
    """Return the name and the message of the entity."""
    return f"{body.get('entity_display_name', '')}\n{body.get('state_message', '')}"


def _headline(body: Mapping[str, Any]) -> str:
    """Return the kind and the name; an acknowledgement has no name, and its message says who is on what."""
    what = body.get("entity_display_name") or str(body.get("state_message", "")).partition("\n")[0]
    return f"{body.get('message_type')}: {what}"


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the endpoint refuses, or what would not page."""
    if body.get("message_type") not in _TYPES:
        yield "message_type is not valid"
    if not body.get("entity_id") or len(str(body["entity_id"])) > 512:
        yield "entity_id is missing or too long"
    if len(str(body.get("state_message", ""))) > CHANNEL.limits["message characters"]:
        yield "state_message is too long"


def _failure(status: int, message: str = "") -> dict[str, Any]:
    return {"result": "failure", "message": message or f"failed on purpose with {status}"}


def _answer(request: Request) -> PeerAnswer:
    body = request.json()
    if not _PATH.fullmatch(request.path):
        return PeerAnswer(status=404, body=_failure(404, "not found"))
    wrong = list(problems(body)) if isinstance(body, dict) else ["the body is no JSON object"]
    if wrong:
        return PeerAnswer(status=400, body=_failure(400, wrong[0]))
    return PeerAnswer(status=200, body={"result": "success", "entity_id": body["entity_id"]})


def _tokens(request: Request) -> frozenset[str]:
    found = _PATH.fullmatch(request.path)
    return strings(found[1]) if found else frozenset()


PEER = Peer(
    headline=_headline,
    port=4579,
    hosts=("alert.victorops.com",),
    listen=JsonService(channel=CHANNEL.kind, answer=_answer, failure=_failure, tokens=_tokens).listen,
    ways={"victorops": "api_key_file: /etc/alertmanager/secrets/victorops_key, routing_key: database"},
    problems=problems,
    shown=shown,
)
