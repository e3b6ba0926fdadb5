"""Splunk On-Call's REST endpoint: the key and the routing key are parts of its address.

An answer says in `result` whether it is success, also with status 200. A routing key that it does not know it takes for
that of the default team, and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from alertrelay.channels.transport.answer import not_its_own, shown
from alertrelay.channels.transport.service import Call, asked, taken, token
from alertrelay.channels.victorops import VictorOpsSettings
from alertrelay.notification import Message
from alertrelay.ports import Permanent


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Sends one event of an entity."""
    settings: VictorOpsSettings = call.settings
    key, routing_key = token(call, settings.api_key), quote(settings.routing_key, safe="")
    response = asked(call, f"{settings.url.rstrip('/')}/{key}/{routing_key}", message)
    answer = response.json() or {}
    said = answer.get("message")
    text = shown(said, *call.secrets.values()) if isinstance(said, str) else ""
    taken(call, response, said=text)
    if answer.get("result") == "failure":
        raise Permanent(f"{call.peer} answered {response.status} with a failure" + (f": {text}" if text else ""))
    if answer.get("result") != "success":
        raise not_its_own(call.peer, response, "result")
    return {"entity_id": message["entity_id"]}
