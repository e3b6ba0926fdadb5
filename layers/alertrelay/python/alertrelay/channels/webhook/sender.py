"""A webhook of the team's own: POST of Alertmanager's version 4 JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from alertrelay.channels.transport.answer import needed, refusal
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.webhook import WebhookSettings
from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import Key

PEER = "the webhook"
HOP_HEADER = "X-Alertrelay-Hop"
"""Whatever comes back to our intake with this mark goes to the ops topic only."""


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """The message is the body."""

    network: Network = field(default_factory=Network)

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,
        notification_id: str,
        timeout: float,
        earlier: Receipt | None = None,  # noqa: ARG002 - a webhook has no earlier message
        edit: bool = False,  # noqa: ARG002 - a webhook has no earlier message
    ) -> Receipt:
        """Any 2xx is success. Raises a DeliveryFailure; its text shows nothing of the answer, which is not ours."""
        from alertrelay.channels.transport.by_requests import post  # slow to import, and few have a webhook

        name = self.key_name(target)
        found = needed(key, name) if name else None
        response = post(
            found.value.strip() if found else cast(WebhookSettings, target.settings).url,
            body=message,
            headers={"X-Request-Id": notification_id, HOP_HEADER: "1"},
            timeout=timeout,
            network=self.network,
            peer=PEER,
        )
        if not 200 <= response.status < 300:
            # Only a secret address can be out of date; an inline one is what the operator wrote.
            auth = frozenset({401, 403, 404, 410}) if found else frozenset[int]()
            raise refusal(PEER, response, key_name=name, auth=auth)
        return Receipt(
            integration=target.integration, key_name=name, key_version=found.version if found else "", ref={}
        )

    def key_name(self, target: Target) -> str:
        """The address, where it is a secret."""
        return target.settings.key_name

    def edits(self, target: Target) -> bool:
        """Never."""
        return target.settings.can_edit
