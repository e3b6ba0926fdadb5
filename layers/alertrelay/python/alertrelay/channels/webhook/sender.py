"""A webhook of the team's own: POST of JSON, Alertmanager's version 4 or what `payload` says."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.channels.transport.answer import AUTH_STATUSES
from alertrelay.channels.transport.service import Call, address, asked, authorized, taken
from alertrelay.channels.webhook import PAYLOAD, WebhookSettings
from alertrelay.notification import Message

HOP_HEADER = "X-Alertrelay-Hop"
"""Whatever comes back to our intake with this mark goes to the ops topic only."""


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Any 2xx is success. The text of a failure shows nothing of the answer, which is not ours."""
    from alertrelay.channels.transport.by_requests import ask  # slow to import, and few have a webhook

    settings: WebhookSettings = call.settings
    url = address(call, settings.url_key) if settings.url_key else settings.url
    headers = {**authorized(call, settings.auth), HOP_HEADER: "1"}
    response = asked(call, url, message.get(PAYLOAD, message), headers=headers, by=ask)
    # Only a secret can be out of date; what stands in the file is what the operator wrote.
    auth = (
        AUTH_STATUSES | {410} if settings.url_key else frozenset({401, 403}) if settings.auth.keys else frozenset[int]()
    )
    taken(call, response, auth=auth)
    return {}
