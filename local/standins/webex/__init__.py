"""Webex's messages, as far as a sender can see: create, and edit ten times.

https://developer.webex.com/docs/api/v1/messages
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.channels.webex import CHANNEL

from local.standins import markdown
from local.standins.peer import Peer, PeerAnswer, Request
from local.standins.service import JsonService, bearer

_PATH = re.compile(r"(?:/.*)?/v1/messages(/[A-Za-z0-9_=-]+)?")
_ROOM = "Y2lzY29zcGFyazovL3VzL1JPT00vRkFLRQ"


def shown(body: Mapping[str, Any]) -> str:
    """Return the text as a person reads it."""
    return html.unescape(markdown.shown(str(body.get("markdown", "")).replace("  \n", "\n")))


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Webex refuses, or drops."""
    text = str(body.get("markdown", ""))
    if not body.get("roomId"):
        yield "roomId is missing"
    if not text or len(text.encode()) > CHANNEL.limits["markdown bytes"]:
        yield "markdown is missing or too long"
    if "<" in markdown.without_code(text):
        yield "a tag would be dropped"
    if unknown := set(body) - {"roomId", "markdown", "parentId"}:
        yield f"unknown field {min(unknown)}"


def _answer(request: Request) -> PeerAnswer:
    found, body = _PATH.fullmatch(request.path), request.json()
    if not found or bool(found[1]) != (request.method == "PUT"):
        return PeerAnswer(status=404, body={"message": "The requested resource could not be found."})
    wrong = list(problems(body)) if isinstance(body, dict) else ["the body is no JSON object"]
    if wrong:
        return PeerAnswer(status=400, body={"message": wrong[0], "trackingId": "ROUTER_1"})
    return PeerAnswer(status=200, body={"id": "Y2lzY29zcGFyazovL3VzL01FU1NBR0U", "roomId": body["roomId"]})


PEER = Peer(
    headline=lambda body: shown(body).partition("\n")[0],
    port=4580,
    hosts=("webexapis.com",),
    listen=JsonService(channel=CHANNEL.kind, answer=_answer, tokens=bearer).listen,
    ways={
        "webex": f"room_id: {_ROOM}, "
        "http_config: {authorization: {credentials_file: /etc/alertmanager/secrets/webex_bot}}"
    },
    problems=problems,
    shown=shown,
)
