"""Pushover's message API, as far as a sender can see.

https://pushover.net/api
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.channels.pushover import CHANNEL

from local.standins.peer import Peer, PeerAnswer, Request, strings
from local.standins.service import JsonService


def shown(body: Mapping[str, Any]) -> str:
    """Return the title and the message."""
    return f"{body.get('title', '')}\n{body.get('message', '')}"


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Pushover refuses of a message as it is rendered. An acknowledgement has only what it cancels."""
    if body.keys() == {"cancel"}:
        return
    if not body.get("message"):
        yield "message cannot be blank"
    for name in ("message", "title", "url"):
        if len(str(body.get(name, ""))) > CHANNEL.limits[f"{name} characters"]:
            yield f"{name} is too long"
    priority = body.get("priority", 0)
    if priority not in (-2, -1, 0, 1, 2):
        yield "priority is invalid"
    if priority == 2 and not (body.get("retry", 0) >= 30 and 0 < body.get("expire", 0) <= 10_800):
        yield "retry must be supplied with priority=2"


def _failure(status: int, message: str = "") -> dict[str, Any]:
    return {"status": 0, "request": "r-1", "errors": [message or f"failed on purpose with {status}"]}


def _answer(request: Request) -> PeerAnswer:
    body = request.json()
    if request.path.startswith("/1/receipts/cancel_by_tag/"):
        return PeerAnswer(status=200, body={"status": 1, "canceled": 1})
    if request.path != "/1/messages.json":
        return PeerAnswer(status=404, body=_failure(404, "not found"))
    wrong = list(problems(body)) if isinstance(body, dict) else ["the body is no JSON object"]
    wrong += [f"{name} is invalid" for name in ("token", "user") if isinstance(body, dict) and not body.get(name)]
    if wrong:
        return PeerAnswer(status=400, body=_failure(400, wrong[0]))
    receipt = {"receipt": "r" * 30} if body.get("priority") == 2 else {}
    return PeerAnswer(status=200, body={"status": 1, "request": "r-1", **receipt})


def _tokens(request: Request) -> frozenset[str]:
    body = request.json()
    return strings(body.get("token"), body.get("user")) if isinstance(body, dict) else frozenset()


PEER = Peer(
    headline=lambda body: str(body.get("title") or "an emergency is cancelled"),
    port=4581,
    hosts=("api.pushover.net",),
    listen=JsonService(channel=CHANNEL.kind, answer=_answer, failure=_failure, tokens=_tokens).listen,
    ways={
        "pushover": "token_file: /etc/alertmanager/secrets/pushover_token, "
        "user_key_file: /etc/alertmanager/secrets/pushover_user"
    },
    problems=problems,
    shown=shown,
)
