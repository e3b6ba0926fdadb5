"""Pushover: https://pushover.net/api, "Pushing Messages"; https://pushover.net/api/receipts, on cancelling by tag."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.channels.pushover import PushoverSettings
from alertrelay.channels.transport.answer import mentions, not_its_own, shown
from alertrelay.channels.transport.http import Response
from alertrelay.channels.transport.service import Call, asked, taken, token
from alertrelay.notification import Message
from alertrelay.ports import Permanent

_URL = "https://api.pushover.net/1/"
_KEYS = ("token is invalid", "user key is invalid", "user identifier is invalid", "user is invalid")
"""A key that is none is a 400: docs/answers.md."""


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Sends one message; before one that says that all is over the phones stop ringing. Where somebody is on it they
    only stop ringing. Success is `status` 1."""
    settings: PushoverSettings = call.settings
    keys = {"token": token(call, settings.token), "user": token(call, settings.user_key)}
    body = {name: value for name, value in message.items() if name != "cancel"}
    if cancelled := message.get("cancel"):
        response = asked(call, f"{_URL}receipts/cancel_by_tag/{cancelled}.json", {"token": keys["token"]})
        if not body:
            _check(call, response)
        # Before a resolve best effort: what was not to be cancelled rings until it expires, as without a resolve.
    if body:
        _check(call, asked(call, f"{_URL}messages.json", {**body, **keys}))
    return {}


def _check(call: Call, response: Response) -> None:
    """Raises the failure that an answer stands for."""
    answer = response.json() or {}
    errors = answer.get("errors")
    texts = [one for one in errors if isinstance(one, str)] if isinstance(errors, list) else []
    found = "; ".join(texts)
    said = shown(found, *call.secrets.values())
    dead = {400} if mentions(found, *_KEYS) else set()
    taken(call, response, said=said, auth=frozenset({401, 403, *dead}))
    if answer.get("status") == 0:
        raise Permanent(f"{call.peer} answered {response.status} with a failure" + (f": {said}" if said else ""))
    if answer.get("status") != 1:
        raise not_its_own(call.peer, response, "status")
