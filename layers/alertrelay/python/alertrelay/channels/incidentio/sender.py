"""incident.io: https://docs.incident.io/api-reference/alert-events-v2. 202 means accepted for processing."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.channels.incidentio import IncidentIoSettings
from alertrelay.channels.transport.answer import not_its_own, shown
from alertrelay.channels.transport.service import Call, address, asked, authorized, taken, token
from alertrelay.notification import Message


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Sends one event of the group."""
    settings: IncidentIoSettings = call.settings
    url = address(call, settings.url_key) if settings.url_key else settings.url
    headers = authorized(call, settings.auth)
    if settings.token:
        headers["Authorization"] = f"Bearer {token(call, settings.token)}"
    response = asked(call, url, message, headers=headers)
    found = response.json()
    answer = found or {}
    errors = answer.get("errors")
    parts = [answer.get("message"), *(errors if isinstance(errors, list) else [])]
    parts = [one.get("message") if isinstance(one, dict) else one for one in parts]
    taken(call, response, said=shown("; ".join(p for p in parts if isinstance(p, str)), *call.secrets.values()))
    # `status` is documented for the HTTP source; of the Alertmanager source 202 alone is.
    unsaid = "success" if response.status == 202 else ""
    if found is None or answer.get("status", unsaid) != "success":
        raise not_its_own(call.peer, response, "status")
    return {}
