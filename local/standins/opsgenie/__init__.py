"""Opsgenie's Alert API, as far as a sender can see: create, close, acknowledge, and the two updates.

https://docs.opsgenie.com/docs/alert-api. Jira Service Management's integrations answer alike at another address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.channels.opsgenie import CHANNEL

from local.standins.peer import Peer, PeerAnswer, Request
from local.standins.service import JsonService, bearer

_PATH = re.compile(r"(?:/.*)?/v2/alerts(?:/([^/]+)/(close|acknowledge|message|description)[?]identifierType=alias)?")
_LIMITS = {"message": 130, "alias": 512, "description": 15_000, "entity": 512, "source": 100, "note": 25_000}
_FIELDS = frozenset(
    [
        "message",
        "alias",
        "description",
        "details",
        "source",
        "priority",
        "entity",
        "tags",
        "actions",
        "responders",
        "note",
        "close",
        "acknowledge",
    ]
)


def shown(body: Mapping[str, Any]) -> str:
    """Return the message and the description, or the note of what is closed or acknowledged."""
    done = body.get("close") or body.get("acknowledge") or (body if "note" in body else {})
    return "\n".join(filter(None, (body.get("message", ""), body.get("description", ""), done.get("note", ""))))


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Opsgenie refuses of a message as it is rendered."""
    for name, most in _LIMITS.items():
        if len(str(body.get(name, ""))) > most:
            yield f"{name} should be at most {most} characters."
    if not {"close", "acknowledge"} & set(body) and not body.get("message"):
        yield "Message can not be empty."
    if sum(len(name) + len(str(value)) for name, value in body.get("details", {}).items()) > 8_000:
        yield "details should be at most 8000 characters."
    if body.get("priority", "P3") not in ("P1", "P2", "P3", "P4", "P5"):
        yield "priority is not valid."
    for one in body.get("responders", ()):
        if one.get("type") not in ("team", "teams", "user", "escalation", "schedule"):
            yield "responders: type is not valid."
    yield from _lists(body)


def _lists(body: Mapping[str, Any]) -> Iterator[str]:
    for name, most in (("tags", 20), ("actions", 10)):
        if len(body.get(name, ())) > most or any(len(one) > 50 for one in body.get(name, ())):
            yield f"{name} are too many or too long."
    if unknown := set(body) - _FIELDS:
        yield f"unknown field {min(unknown)}"


def _answer(request: Request) -> PeerAnswer:
    found, body = _PATH.fullmatch(request.path), request.json()
    if not found or (found[2] in ("message", "description")) != (request.method == "PUT"):
        return PeerAnswer(status=404, body=_failure(404, "Not Found"))
    if not request.headers.get("authorization", "").startswith("GenieKey "):
        return PeerAnswer(status=401, body=_failure(401, "Could not authenticate"))
    wrong = list(problems(body)) if not found[2] else []
    if wrong:
        return PeerAnswer(
            status=422, body={**_failure(422, "Request body is not processable."), "errors": {"0": wrong[0]}}
        )
    return PeerAnswer(status=202, body={"result": "Request will be processed", "took": 0.1, "requestId": "r-1"})


def _failure(status: int, message: str = "") -> dict[str, Any]:
    return {"message": message or f"failed on purpose with {status}", "took": 0.0, "requestId": "r-1"}


PEER = Peer(
    headline=lambda body: shown(body).partition("\n")[0],
    port=4578,
    hosts=("api.opsgenie.com", "api.eu.opsgenie.com", "api.atlassian.com"),
    listen=JsonService(channel=CHANNEL.kind, answer=_answer, failure=_failure, tokens=bearer).listen,
    ways={
        "opsgenie": "api_key_file: /etc/alertmanager/secrets/opsgenie_key, update_alerts: true, tags: 'db, prod', "
        "responders: [{name: dba, type: team}]",
    },
    problems=problems,
    shown=shown,
)
