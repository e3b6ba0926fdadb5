"""Microsoft Teams, by the webhook of a workflow: its address is the secret.

https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from alertrelay.channels.transport.answer import AUTH_STATUSES, needed, refusal, shown
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.http import Response, ask
from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import AuthDead, Key

PEER = "Microsoft Teams"
_INNER = re.compile(r"HTTP error (\d{3})", re.IGNORECASE)
"""What Teams itself answered, repeated by its connector in the text of a 200."""


@dataclass(frozen=True, slots=True)
class MsTeamsSender:
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
        earlier: Receipt | None = None,  # noqa: ARG002 - the address gives no message to answer or to change
        edit: bool = False,  # noqa: ARG002 - the address gives no message to answer or to change
    ) -> Receipt:
        """Posts the card. 2xx means that the workflow took it: whether Teams then shows it is not ours to see. Raises a
        DeliveryFailure."""
        found = needed(key, self.key_name(target))
        address = found.value.strip()
        if not re.fullmatch(r"https?://[^\s/]+/\S*", address):
            raise AuthDead(f"the secret's key {found.name} holds no workflow address: https://… was expected")
        response = ask(
            address,
            body=message,
            headers={"X-Request-Id": notification_id},
            timeout=timeout,
            network=self.network,
            peer=PEER,
        )
        status = _status(response)
        if not 200 <= status < 300:
            answer = Response(status=status, headers=response.headers, text=response.text)
            # 410 is how a retired address answers.
            raise refusal(PEER, answer, said=_said(response, address), key_name=found.name, auth=AUTH_STATUSES | {410})
        return Receipt(integration=target.integration, key_name=found.name, key_version=found.version, ref={})

    def key_name(self, target: Target) -> str:
        """Returns the workflow's address."""
        return target.settings.key_name

    def edits(self, target: Target) -> bool:
        """Never: only the workflow itself learns the message's id."""
        return target.settings.can_edit


def _status(response: Response) -> int:
    """Return the answer's status, or the one that the text of a 200 repeats."""
    inner = _INNER.search(response.text) if 200 <= response.status < 300 else None
    return int(inner[1]) if inner else response.status


def _said(response: Response, address: str) -> str:
    """`{"error": {"code": …, "message": …}}` of Power Automate, as one line."""
    answer = response.json() or {}
    error = answer.get("error")
    parts = [error.get("code"), error.get("message")] if isinstance(error, dict) else []
    return shown(": ".join(part for part in parts if isinstance(part, str)), address)
