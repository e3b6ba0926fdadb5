"""Opsgenie's Alert API: https://docs.opsgenie.com/docs/alert-api, https://docs.opsgenie.com/docs/response.

202 means accepted: what becomes of the request shows in Opsgenie's own log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alertrelay.channels.opsgenie import OpsgenieSettings
from alertrelay.channels.transport.answer import AUTH_STATUSES, mentions, not_its_own, shown
from alertrelay.channels.transport.http import Response
from alertrelay.channels.transport.service import Call, asked, taken, token
from alertrelay.notification import Message

_BAD_KEY = "key format"
"""A key that was mistyped is a 422: docs/answers.md."""
_ACTIONS = ("close", "acknowledge")


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Creates the alert of an alias, which counts one more where it is open, closes or acknowledges it. With
    `update_alerts` an open alert gets the newest texts as well."""
    settings: OpsgenieSettings = call.settings
    alias = message["alias"]
    for action in _ACTIONS:
        if action in message:
            _ask(call, f"/{alias}/{action}?identifierType=alias", message[action])
            return {"alias": alias}
    _ask(call, "", message)
    if settings.updates and call.earlier.get("alias") == alias:
        for part in ("message", "description"):
            _ask(call, f"/{alias}/{part}?identifierType=alias", {part: message[part]}, method="PUT")
    return {"alias": alias}


def _ask(call: Call, path: str, body: Mapping[str, Any], *, method: str = "POST") -> None:
    settings: OpsgenieSettings = call.settings
    headers = {"Authorization": f"GenieKey {token(call, settings.api_key)}"}
    url = f"{settings.url.rstrip('/')}/v2/alerts{path}"
    response = asked(call, url, body, method=method, headers=headers)
    said = _said(response)
    dead = {422} if mentions(said, _BAD_KEY) else set()
    taken(call, response, said=shown(said, *call.secrets.values()), auth=AUTH_STATUSES | dead)
    if not isinstance((response.json() or {}).get("requestId"), str):
        raise not_its_own(call.peer, response, "requestId")


def _said(response: Response) -> str:
    """Returns `message` and `errors` of an answer as one text."""
    answer = response.json() or {}
    errors = answer.get("errors")
    parts = [answer.get("message"), *(errors.values() if isinstance(errors, dict) else ())]
    return "; ".join(part for part in parts if isinstance(part, str))
