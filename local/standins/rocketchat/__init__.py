"""Rocket.Chat's REST API, as far as a sender can see: chat.postMessage and chat.update.

https://developer.rocket.chat/apidocs
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.channels.rocketchat import CHANNEL

from local.standins import markdown
from local.standins.peer import Peer, PeerAnswer, Request, strings
from local.standins.service import JsonService


def shown(body: Mapping[str, Any]) -> str:
    """Return the text as a person reads it."""
    return markdown.shown(str(body.get("text", "")))


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Rocket.Chat refuses."""
    text = str(body.get("text", ""))
    if not text:
        yield "error-invalid-message"
    if len(text) > CHANNEL.limits["text characters"]:
        yield "error-message-size-exceeded"


def _failure(status: int, error: str = "") -> dict[str, Any]:
    return {"success": False, "error": error or f"failed on purpose with {status}"}


def _answer(request: Request) -> PeerAnswer:
    body = request.json()
    if not request.path.endswith(("/api/v1/chat.postMessage", "/api/v1/chat.update")):
        return PeerAnswer(status=404, body=_failure(404, "API endpoint not found"))
    if not (request.headers.get("x-auth-token") and request.headers.get("x-user-id")):
        return PeerAnswer(status=401, body={"status": "error", "message": "You must be logged in to do this."})
    wrong = list(problems(body)) if isinstance(body, dict) else ["the body is no JSON object"]
    if not wrong and request.path.endswith("update") and not (body.get("roomId") and body.get("msgId")):
        wrong = ['Body params "roomId" and "msgId" are required.']
    if wrong:
        return PeerAnswer(status=400, body=_failure(400, wrong[0]))
    message = {"_id": body.get("msgId") or "m1", "rid": body.get("roomId") or "r1"}
    return PeerAnswer(status=200, body={"success": True, "channel": "alerts", "message": message})


def _tokens(request: Request) -> frozenset[str]:
    return strings(request.headers.get("x-auth-token"), request.headers.get("x-user-id"))


PEER = Peer(
    headline=lambda body: shown(body).partition("\n")[0],
    port=4582,
    hosts=("open.rocket.chat",),
    listen=JsonService(channel=CHANNEL.kind, answer=_answer, failure=_failure, tokens=_tokens).listen,
    ways={
        "rocketchat": "channel: '#alerts', token_file: /etc/alertmanager/secrets/rocketchat_token, "
        "token_id_file: /etc/alertmanager/secrets/rocketchat_user"
    },
    problems=problems,
    shown=shown,
)
