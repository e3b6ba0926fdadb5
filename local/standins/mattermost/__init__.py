"""Mattermost's incoming webhooks, as far as a sender can see.

https://developers.mattermost.com/integrate/webhooks/incoming
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.channels.mattermost import CHANNEL, MattermostSettings

from local.standins import markdown
from local.standins.peer import Peer, PeerAnswer, Request, strings
from local.standins.service import JsonService

_SLACK = re.compile(r"<[!@#]|<\w+:")
_PATH = re.compile(r"/hooks/([^/?]+)")


def shown(body: Mapping[str, Any]) -> str:
    """Return the text as a person reads it."""
    return html.unescape(markdown.shown(str(body.get("text", ""))))


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Mattermost refuses, or splits into several posts."""
    text = str(body.get("text", ""))
    if not text:
        yield "No text specified"
    if len(text) > CHANNEL.limits["text characters"]:
        yield "the text is split into several posts"
    if _SLACK.search(text):
        yield "a form of Slack's is read in the text"


def _failure(status: int, message: str = "") -> dict[str, Any]:
    said = message or f"failed on purpose with {status}"
    return {"id": "web.incoming_webhook.general.app_error", "message": said, "status_code": status}


def _answer(request: Request) -> PeerAnswer:
    body = request.json()
    if not _PATH.fullmatch(request.path):
        return PeerAnswer(status=404, body=_failure(404, "Sorry, we could not find the page."))
    wrong = list(problems(body)) if isinstance(body, dict) else ["Unable to parse incoming data"]
    return PeerAnswer(status=400, body=_failure(400, wrong[0])) if wrong else PeerAnswer(status=200, body="ok")


def _tokens(request: Request) -> frozenset[str]:
    found = _PATH.fullmatch(request.path)
    return strings(found[1]) if found else frozenset()


def _fake_key(name: str, _settings: MattermostSettings) -> str:
    return f"https://mattermost.example.invalid/hooks/FAKE-{name}"


PEER = Peer(
    headline=lambda body: shown(body).partition("\n")[0],
    fake_key=_fake_key,
    port=4583,
    hosts=("mattermost.example.invalid",),
    listen=JsonService(channel=CHANNEL.kind, answer=_answer, failure=_failure, tokens=_tokens).listen,
    ways={"mattermost": "webhook_url_file: /etc/alertmanager/secrets/mattermost_webhook, channel: alerts"},
    problems=problems,
    shown=shown,
)
