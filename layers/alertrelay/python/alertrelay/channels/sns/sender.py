"""SNS: a topic, a phone number (SMS) or an endpoint, by the function's own permission: it needs no secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from alertrelay.channels.sns import SnsSettings
from alertrelay.channels.transport.connection import Network
from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import Key, Permanent

HOP_ATTRIBUTE = "alertrelay-hop"
NOTIFICATION_ATTRIBUTE = "alertrelay-notification"


@dataclass(frozen=True, slots=True)
class SnsSender:
    """The message is `{"subject", "message"}`; a phone number gets no subject. AWS's client has its own time bounds,
    which hold instead of `timeout`."""

    network: Network = field(default_factory=Network)

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,  # noqa: ARG002 - permission comes from IAM
        notification_id: str,
        timeout: float,  # noqa: ARG002 - the client has its own
        earlier: Receipt | None = None,  # noqa: ARG002 - what was published cannot be changed
        edit: bool = False,  # noqa: ARG002 - what was published cannot be changed
    ) -> Receipt:
        """Publishes, with the marks of a loop and of the notification. Raises a DeliveryFailure."""
        if self.network.sns is None:
            raise Permanent("an SNS receiver is configured, but this function has no SNS")
        settings = cast(SnsSettings, target.settings)
        found = self.network.sns(_request(message, settings, notification_id), _region(settings))
        return Receipt(integration=target.integration, ref={"message_id": found})

    def key_name(self, target: Target) -> str:
        """None: permission comes from IAM."""
        return target.settings.key_name

    def edits(self, target: Target) -> bool:
        """Never."""
        return target.settings.can_edit


def _request(message: Message, settings: SnsSettings, notification_id: str) -> dict[str, Any]:
    marks = {**message.get("attributes", {}), HOP_ATTRIBUTE: "1", NOTIFICATION_ATTRIBUTE: notification_id}
    request: dict[str, Any] = {
        "Message": message["message"],
        "MessageAttributes": {n: {"DataType": "String", "StringValue": v} for n, v in marks.items() if v},
    }
    if settings.phone_number:
        return {**request, "PhoneNumber": settings.phone_number}
    if message.get("subject"):
        request["Subject"] = message["subject"]
    return {
        **request,
        **({"TopicArn": settings.topic_arn} if settings.topic_arn else {"TargetArn": settings.target_arn}),
    }


def _region(settings: SnsSettings) -> str:
    """A topic takes messages only in its own region; "" is the function's."""
    parts = (settings.topic_arn or settings.target_arn).split(":")
    return parts[3] if len(parts) > 3 else ""
