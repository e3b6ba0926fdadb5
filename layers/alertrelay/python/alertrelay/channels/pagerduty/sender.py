"""PagerDuty: https://developer.pagerduty.com/docs/events-api-v2-overview and events-api-v1."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from alertrelay.channels.pagerduty import PagerDutySettings
from alertrelay.channels.transport.answer import (
    AUTH_STATUSES,
    mentions,
    needed,
    not_its_own,
    refusal,
    retry_after,
    shown,
)
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.http import Response, ask
from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import Key, RateLimited

PEER = "PagerDuty"
_V1 = "https://events.pagerduty.com/generic/2010-04-15/create_event.json"
_DEAD_KEY = ("routing key", "routing_key", "service key", "service_key")
"""A key that was deleted or mistyped is a 400 too, in plain text or among the errors: docs/answers.md."""


@dataclass(frozen=True, slots=True)
class PagerDutySender:
    """The message is an event without `routing_key`, which the sender adds."""

    network: Network = field(default_factory=Network)

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,
        notification_id: str,
        timeout: float,
        earlier: Receipt | None = None,  # noqa: ARG002 - an event with the same dedup_key is the edit
        edit: bool = False,  # noqa: ARG002 - an event with the same dedup_key is the edit
    ) -> Receipt:
        """202, of Events API v1 200, means accepted; the processing behind it is not ours to see. Raises a
        DeliveryFailure."""
        settings = cast(PagerDutySettings, target.settings)
        found = needed(key, self.key_name(target))
        routing_key = found.value.strip()
        response = ask(
            _V1 if settings.service_key else settings.url,
            body={**message, "service_key" if settings.service_key else "routing_key": routing_key},
            headers={"X-Request-Id": notification_id},
            timeout=timeout,
            network=self.network,
            peer=PEER,
        )
        if not 200 <= response.status < 300:
            said = _said(response)
            if settings.service_key and response.status == 403:  # how v1 says that there are too many
                raise RateLimited(f"{PEER} answered 403", retry_after=retry_after(response.headers))
            auth = AUTH_STATUSES | ({400} if mentions(said, *_DEAD_KEY) else set())
            raise refusal(PEER, response, said=shown(said, routing_key), key_name=found.name, auth=auth)
        if (response.json() or {}).get("status") != "success":
            raise not_its_own(PEER, response, "status")
        dedup_key = message.get("dedup_key") or message.get("incident_key")
        return Receipt(
            integration=target.integration,
            key_name=found.name,
            key_version=found.version,
            ref={"dedup_key": dedup_key} if isinstance(dedup_key, str) else {},
        )

    def key_name(self, target: Target) -> str:
        """Returns the routing key of the service's integration."""
        return target.settings.key_name

    def edits(self, target: Target) -> bool:
        """An incident is changed by a further event, not by an edit."""
        return target.settings.can_edit


def _said(response: Response) -> str:
    """Returns `{"status": "invalid event", "message": …, "errors": […]}` as one text, or the text that stands in its
    place where it is about the key."""
    answer = response.json()
    if answer is None:
        return response.text if mentions(response.text, *_DEAD_KEY) else ""
    errors = answer.get("errors")
    parts = [answer.get("message"), *(errors if isinstance(errors, list) else [])]
    return "; ".join(p for p in parts if isinstance(p, str))
