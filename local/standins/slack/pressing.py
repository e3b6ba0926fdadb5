"""Presses buttons as Slack does: a signed form to the app's address, sent again where no answer came in time.

The stand-in lists at GET /messages what was posted to it, each with its buttons, and takes at POST /press a form of
`message` (its number), `button` (its name) and `user`, at POST /command one of `text` and `user`.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from alertrelay.intake.slack.signature import signature_of

from local.standins.peer import PeerAnswer
from local.standins.pressing import App, NotPressed, post

SECONDS, TRIES = 3.0, 4
"""Slack waits so long, and sends a request so often: once, and three retries."""
PREFIX = "alertrelay_"


def listed(messages: Sequence[Mapping[str, Any]]) -> str:
    """Returns each message with the names of its buttons, and an answer to a person whole."""
    found = list[str]()
    for number, message in enumerate(messages, start=1):
        head = str(message.get("text", "")).partition("\n")[0]
        found.append(f"{number}  {head[:160]}")
        found += [] if message.get("place") else [f"   | {line}" for line in _lines(message) if line != head]
        found.append(f"   {' '.join(_buttons(message)) or '-'}")
    return "\n".join(found or ["no message was posted yet"]) + "\n"


def _lines(message: Mapping[str, Any]) -> list[str]:
    texts = (block["text"]["text"] for block in message.get("blocks") or () if "text" in block)
    return [line for text in texts for line in str(text).splitlines()]


def press(app: App, messages: Sequence[Mapping[str, Any]], form: Mapping[str, str], *, base: str) -> PeerAnswer:
    """Presses a button of a message; `base` is where the answer is posted to. Raises NotPressed."""
    if not messages:
        raise NotPressed("message: none was posted since this stand-in began, so that there is no button to press")
    number = form.get("message", str(len(messages)))
    if not number.isdecimal() or not 0 < int(number) <= len(messages):
        raise NotPressed(f"message: a number of 1 to {len(messages)} was expected, got {number!r}; GET /messages")
    found = _buttons(messages[int(number) - 1])
    name = form.get("button", "")
    if name not in found:
        raise NotPressed(f"button: message {number} has {', '.join(found) or 'none'}, got {name!r}")
    user = form.get("user", "ana")
    payload = {
        "type": "block_actions",
        "user": {"id": user_id(user), "username": user, "name": user},
        "team": {"id": "TLOCAL"},
        "actions": [{**found[name], "action_ts": f"{time.time():.6f}"}],
        "response_url": f"{base}/actions/TLOCAL/1/{int(time.time() * 1000)}",
    }
    return _sent(app, "/slack/interactions", {"payload": json.dumps(payload)})


def command(app: App, form: Mapping[str, str], *, base: str) -> PeerAnswer:
    """Asks the slash command."""
    user = form.get("user", "ana")
    fields = {
        "command": "/alerts",
        "text": form.get("text", ""),
        "user_id": user_id(user),
        "user_name": user,
        "trigger_id": f"{time.time():.6f}",
        "response_url": f"{base}/commands/TLOCAL/1/{int(time.time() * 1000)}",
    }
    return _sent(app, "/slack/commands", fields)


def user_id(name: str) -> str:
    """Returns the id of a person: an id stays itself."""
    if re.fullmatch(r"[UW][A-Z0-9]{2,20}", name):
        return name
    return "U" + hashlib.sha256(name.encode()).hexdigest()[:8].upper()


def _buttons(message: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Returns the buttons of a message by their names."""
    return {str(one.get("action_id", "")).removeprefix(PREFIX): one for one in _elements(message)}


def _elements(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for block in message.get("blocks") or ():
        for one in (*(block.get("elements") or ()), block.get("accessory") or {}):
            if one.get("type") == "button":
                yield one


def _sent(app: App, path: str, fields: Mapping[str, str]) -> PeerAnswer:
    body, answered = urlencode(fields).encode(), ""
    for number in range(TRIES):
        stamp = str(int(app.now()))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature_of(app.secret.encode(), stamp, body),
            **({"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_error"} if number else {}),
        }
        status, answered = post(app.url + path, body, headers, seconds=SECONDS)
        if status == 200:
            return PeerAnswer(status=200, body=f"{answered}, try {number + 1}\n")
        if 400 <= status < 500:
            break
    return PeerAnswer(status=502, body=f"{answered}\n")
