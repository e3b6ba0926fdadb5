"""Any receiver of webhooks, also one that speaks Slack's."""

from __future__ import annotations

from typing import Any

from alertrelay.channels.webhook import WebhookSettings

from local.standins.http import HttpListener
from local.standins.peer import Peer, PeerAnswer, Request


class Webhook:
    """Any receiver of webhooks, also one that speaks Slack's."""

    channel = "webhook"

    def answer(self, request: Request) -> PeerAnswer:
        """200 `ok` for any JSON."""
        return (
            PeerAnswer(status=200, body="ok") if request.json() is not None else PeerAnswer(status=400, body="no JSON")
        )

    def failure(self, status: int) -> Any:
        """A body of no interest."""
        return f"failed on purpose with {status}"

    def tokens(self, request: Request) -> frozenset[str]:
        """The path with its query."""
        return frozenset({request.path})

    def redacted(self, request: Request) -> tuple[str, Any]:
        """The path may be the secret."""
        return "/…", request.json()


def _fake_key(name: str, _settings: WebhookSettings) -> str:
    return f"https://hooks.example.invalid/FAKE-{name}"


PEER = Peer(
    headline=lambda body: str(body.get("status", "")),
    fake_key=_fake_key,
    port=4573,
    hosts=("*",),
    listen=lambda board, host, port: HttpListener(Webhook(), board, host=host, port=port),
    ways={"webhook": "url_file: /etc/alertmanager/secrets/hook_url"},
)
