"""The webhook of a Teams workflow, as far as a sender can see, and what Teams would make of the card.

Stricter than the service in one thing: a card that Teams would refuse is a 400 here. There it is a 202, and only the
run history of the workflow shows that nothing was posted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from alertrelay.channels.msteamsv2 import CHANNEL, MsTeamsSettings

from local.standins.http import HttpListener
from local.standins.peer import Peer, PeerAnswer, Request, texts

HOST = "default0.environment.api.powerplatform.com"
_PATH = re.compile(r"/.*triggers/manual/paths/invoke")
_ESCAPED = re.compile(r"\\([\\*_\[\]`])")
_ELEMENTS = frozenset({"TextBlock", "Container", "FactSet", "ActionSet"})


class MsTeams:
    """One workflow a path."""

    channel = CHANNEL.kind

    def answer(self, request: Request) -> PeerAnswer:
        """202 and nothing else, or what is wrong with the card."""
        parts = urlsplit(request.path)
        if not _PATH.fullmatch(parts.path) or "sig=" not in parts.query:
            return PeerAnswer(
                status=401, body=_error("DirectApiAuthorizationRequired", "The request has no signature.")
            )
        wrong = list(_wrong(request.json()))
        return (
            PeerAnswer(status=400, body=_error("InvalidCard", "; ".join(wrong)))
            if wrong
            else PeerAnswer(status=202, body="")
        )

    def failure(self, status: int) -> Any:
        """Power Automate's form of an error."""
        return _error("FailedOnPurpose", f"failed on purpose with {status}")

    def tokens(self, request: Request) -> frozenset[str]:
        """The path with its query."""
        return frozenset({request.path})

    def redacted(self, request: Request) -> tuple[str, Any]:
        """The whole address is the secret."""
        return "/…", request.json()


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _wrong(message: Any) -> Iterator[str]:
    try:
        (attachment,) = message["attachments"]
        card = attachment["content"]
        elements = list(card["body"])
    except (TypeError, KeyError, ValueError):
        yield "one attachment with a card was expected"
        return
    if message.get("type") != "message":
        yield "'type' must be 'message'"
    if attachment.get("contentType") != "application/vnd.microsoft.card.adaptive" or card.get("type") != "AdaptiveCard":
        yield "an Adaptive Card was expected"
    if len(json.dumps(message)) > CHANNEL.limits["message bytes"]:
        yield "the card is larger than 28 KB"
    for element in elements:
        if not isinstance(element, dict) or element.get("type") not in _ELEMENTS:
            yield "an element of an unknown type"


def headline(body: Mapping[str, Any]) -> str:
    """The text of the card's banner."""
    try:
        text = body["attachments"][0]["content"]["body"][0]["items"][0]["text"]
    except (TypeError, KeyError, IndexError):
        return ""
    return _ESCAPED.sub(r"\1", str(text))


def _fake_key(name: str, _settings: MsTeamsSettings) -> str:
    return f"https://{HOST}/workflows/{name}/triggers/manual/paths/invoke?api-version=1&sig=FAKE-{name}"


PEER = Peer(
    headline=headline,
    fake_key=_fake_key,
    port=4575,
    hosts=(HOST,),
    ways={"msteamsv2": "webhook_url_file: /etc/alertmanager/secrets/teams_workflow"},
    shown=lambda body: _ESCAPED.sub(r"\1", "\n".join(texts(body)).replace("\n\n", "\n").replace("\u00a0", " ")),
    listen=lambda board, host, port: HttpListener(MsTeams(), board, host=host, port=port),
)
