"""Mattermost's incoming webhooks: https://developers.mattermost.com/integrate/webhooks/incoming.

Success is 200 with the text `ok`. A 404 may mean the webhook or the channel: its `id` says which.
"""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.channels.mattermost import MattermostSettings
from alertrelay.channels.transport.answer import AUTH_STATUSES, not_its_own, shown
from alertrelay.channels.transport.service import Call, address, asked, taken
from alertrelay.notification import Message

_CHANNEL = "web.incoming_webhook.channel"


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Posts one message."""
    settings: MattermostSettings = call.settings
    response = asked(call, address(call, settings.webhook_url), message)
    answer = response.json() or {}
    said = answer.get("message")
    text = shown(said, *call.secrets.values()) if isinstance(said, str) else ""
    dead = AUTH_STATUSES | {400} if str(answer.get("id", "")).endswith("invalid.app_error") else AUTH_STATUSES
    channel = str(answer.get("id", "")).startswith(_CHANNEL)
    taken(call, response, said=text, auth=frozenset[int]() if channel else dead)
    if response.text.strip() != "ok":
        raise not_its_own(call.peer, response, "ok")
    return {}
