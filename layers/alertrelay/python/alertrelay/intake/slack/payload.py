"""Reads what Slack posts: a form with the JSON of a pressed button, or the fields of a slash command.

Shapes: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload and
https://docs.slack.dev/interactivity/implementing-slash-commands.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from alertrelay.intake.request import ApiError, ApiRequest

FIELDS = 60
"""Of a form: Slack's has about fifteen."""
ANSWERED_BY = "hooks.slack.com"
"""The only host that an answer is posted to, whatever the request names."""
_TEXT = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackAsk:
    """One press of a button, or one command, by a person. `id` is the same in each of Slack's retries; `at` is when it
    came first, in seconds; `reply` is the address that takes the answer, "" for none.

    Of a press `action` and `value` are the button's own; of a command `value` is its text.
    """

    id: str
    kind: Literal["press", "command"]
    action: str
    value: str
    user: str
    name: str
    reply: str
    at: float

    def to_json(self) -> dict[str, Any]:
        """Returns plain JSON; `asked_from` reads it back."""
        return asdict(self)


def asked_from(data: Mapping[str, Any]) -> SlackAsk:
    """Inverse of SlackAsk.to_json. Raises TypeError."""
    return SlackAsk(**data)


def press_of(request: ApiRequest, *, at: float) -> SlackAsk | None:
    """Reads an interaction; None for one that needs nothing but its 200: a link, or what is no button of a message.
    Raises ApiError."""
    payload = _json(_form(request).get("payload", ""))
    actions = payload.get("actions")
    if payload.get("type") != "block_actions" or not isinstance(actions, list) or not actions:
        return None
    action, user = _mapping(actions[0]), _mapping(payload.get("user"))
    names = [_text(action, "action_id"), _text(action, "value"), _text(action, "action_ts"), _text(user, "id")]
    if not names[3]:
        raise _unfit('"user": {"id": …} was expected in the payload')
    return SlackAsk(
        id=_digest(*names, _text(_mapping(payload.get("team")), "id")),
        kind="press",
        action=names[0],
        value=names[1],
        user=names[3],
        name=_text(user, "name") or _text(user, "username") or names[3],
        reply=reply_of(payload.get("response_url")),
        at=at,
    )


def command_of(request: ApiRequest, *, at: float) -> SlackAsk:
    """Reads a slash command. Raises ApiError."""
    form = _form(request)
    user = form.get("user_id", "")
    if not form.get("command") or not user:
        raise _unfit("the fields command and user_id of a slash command were expected")
    return SlackAsk(
        id=_digest(form.get("trigger_id", ""), user, form.get("text", "")),
        kind="command",
        action=form["command"][:100],
        value=form.get("text", "")[:_TEXT],
        user=user[:100],
        name=form.get("user_name", "")[:100] or user[:100],
        reply=reply_of(form.get("response_url")),
        at=at,
    )


def reply_of(address: object) -> str:
    """Returns the address of an answer where it is Slack's own, else "": nothing else is ever asked."""
    if not isinstance(address, str) or not re.fullmatch(r"[!-~]{1,1000}", address):
        return ""
    try:
        parts = urlsplit(address)
        own = parts.scheme == "https" and parts.netloc == ANSWERED_BY
    except ValueError:
        return ""
    return address if own and "\\" not in address else ""


def _form(request: ApiRequest) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise ApiError(415, {"code": 415, "message": "a form was expected, as Slack posts it"})
    try:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError:
        raise _unfit(f"a form of at most {FIELDS} fields in UTF-8 was expected") from None


def _json(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, Mapping):
        raise _unfit("the field payload with a JSON object was expected")
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value[:_TEXT] if isinstance(value, str) else ""


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _unfit(message: str) -> ApiError:
    return ApiError(400, {"code": 400, "message": message})
