"""Discord's webhooks, as far as a sender can see: a post with `wait`, and a change of its message.

https://discord.com/developers/docs/resources/webhook
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from alertrelay.channels.discord import CHANNEL, DiscordSettings

from local.standins import markdown
from local.standins.peer import Peer, PeerAnswer, Request, strings
from local.standins.service import JsonService

_PATH = re.compile(r"/api/webhooks/([0-9]+)/([^/?]+)(/messages/[0-9]+)?")


def shown(body: Mapping[str, Any]) -> str:
    """Return the content and the embeds' descriptions as a person reads them."""
    texts = [str(body.get("content", "")), *(str(one.get("description", "")) for one in body.get("embeds", ()))]
    return "\n".join(map(markdown.shown, texts))


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Discord refuses."""
    content, embeds = str(body.get("content", "")), body.get("embeds", ())
    if not content and not embeds:
        yield "Cannot send an empty message"
    if len(content) > CHANNEL.limits["content characters"]:
        yield "content: Must be 2000 or fewer in length."
    lengths = [len(str(one.get("description", ""))) for one in embeds]
    if any(length > CHANNEL.limits["embed characters"] for length in lengths) or 0 in lengths:
        yield "embeds: BASE_TYPE_MAX_LENGTH"
    if sum(lengths) > CHANNEL.limits["embeds' characters"] or len(lengths) > 10:
        yield "embeds: MAX_EMBED_SIZE_EXCEEDED"
    if body.get("allowed_mentions") != {"parse": []}:
        yield "a text of an alert could mention somebody"


def _failure(status: int, message: str = "") -> dict[str, Any]:
    return {"message": message or f"failed on purpose with {status}", "code": 0}


def _answer(request: Request) -> PeerAnswer:
    parts, body = urlsplit(request.path), request.json()
    found = _PATH.fullmatch(parts.path)
    if not found:
        return PeerAnswer(status=404, body={"message": "Unknown Webhook", "code": 10015})
    wrong = list(problems(body)) if isinstance(body, dict) else ["the body is no JSON object"]
    if wrong:
        return PeerAnswer(status=400, body={"message": wrong[0], "code": 50035})
    if found[3] or "wait=true" in parts.query:
        return PeerAnswer(status=200, body={"id": "1200000000000000001"})
    return PeerAnswer(status=204, body="")


def _tokens(request: Request) -> frozenset[str]:
    found = _PATH.fullmatch(urlsplit(request.path).path)
    return strings(found[2]) if found else frozenset()


def _fake_key(name: str, _settings: DiscordSettings) -> str:
    return f"https://discord.com/api/webhooks/123456789/FAKE-{name}"


PEER = Peer(
    headline=lambda body: markdown.shown(str(body.get("content", ""))),
    fake_key=_fake_key,
    port=4577,
    hosts=("discord.com", "discordapp.com"),
    listen=JsonService(channel=CHANNEL.kind, answer=_answer, failure=_failure, tokens=_tokens).listen,
    ways={"discord": "webhook_url_file: /etc/alertmanager/secrets/discord_webhook"},
    problems=problems,
    shown=shown,
)
