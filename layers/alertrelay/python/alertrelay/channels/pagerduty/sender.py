"""PagerDuty: https://developer.pagerduty.com/docs/events-api-v2-overview and events-api-v1."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.channels.pagerduty import PagerDutySettings
from alertrelay.channels.transport.answer import AUTH_STATUSES, mentions, not_its_own, retry_after, shown
from alertrelay.channels.transport.http import Response
from alertrelay.channels.transport.service import Call, asked, taken
from alertrelay.notification import Message
from alertrelay.ports import RateLimited

_V1 = "https://events.pagerduty.com/generic/2010-04-15/create_event.json"
_DEAD_KEY = ("routing key", "routing_key", "service key", "service_key")
"""A key that was deleted or mistyped is a 400 too, in plain text or among the errors: docs/answers.md."""


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Sends an event, which gets its routing key here; one with the same dedup_key is the edit. 202, of Events API v1
    200, means accepted: the processing behind it is not ours to see."""
    settings: PagerDutySettings = call.settings
    url, name = (_V1, "service_key") if settings.service_key else (settings.url, "routing_key")
    response = asked(call, url, {**message, name: call.secrets[call.key_name]})
    _check(call, response, is_v1=bool(settings.service_key))
    dedup_key = message.get("dedup_key") or message.get("incident_key")
    return {"dedup_key": dedup_key} if isinstance(dedup_key, str) else {}


def _check(call: Call, response: Response, *, is_v1: bool) -> None:
    """Raises the failure that an answer stands for."""
    if is_v1 and response.status == 403:  # how v1 says that there are too many
        raise RateLimited(f"{call.peer} answered 403", retry_after=retry_after(response.headers))
    said = _said(response)
    dead = {400} if mentions(said, *_DEAD_KEY) else set()
    taken(call, response, said=shown(said, *call.secrets.values()), auth=AUTH_STATUSES | dead)
    if (response.json() or {}).get("status") != "success":
        raise not_its_own(call.peer, response, "status")


def _said(response: Response) -> str:
    """Returns `{"status": "invalid event", "message": …, "errors": […]}` as one text, or the text that stands in its
    place where it is about the key."""
    answer = response.json()
    if answer is None:
        return response.text if mentions(response.text, *_DEAD_KEY) else ""
    errors = answer.get("errors")
    parts = [answer.get("message"), *(errors if isinstance(errors, list) else [])]
    return "; ".join(p for p in parts if isinstance(p, str))
