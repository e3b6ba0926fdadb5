"""Microsoft Teams, by the webhook of a workflow: its address is the secret.

https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from alertrelay.channels.transport.answer import AUTH_STATUSES, shown
from alertrelay.channels.transport.http import Response
from alertrelay.channels.transport.service import Call, address, asked, taken
from alertrelay.notification import Message

_INNER = re.compile(r"HTTP error (\d{3})", re.IGNORECASE)
"""What Teams itself answered, repeated by its connector in the text of a 200."""


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Posts the card. 2xx means that the workflow took it: whether Teams then shows it is not ours to see. Only the
    workflow learns the message's id, so there is none to answer or to change."""
    url = address(call, call.key_name)
    response = asked(call, url, message)
    answer = replace(response, status=_status(response))
    taken(call, answer, said=_said(response, url), auth=AUTH_STATUSES | {410})  # 410 is how a retired address answers
    return {}


def _status(response: Response) -> int:
    """Return the answer's status, or the one that the text of a 200 repeats."""
    inner = _INNER.search(response.text) if 200 <= response.status < 300 else None
    return int(inner[1]) if inner else response.status


def _said(response: Response, url: str) -> str:
    """`{"error": {"code": …, "message": …}}` of Power Automate, as one line."""
    answer = response.json() or {}
    error = answer.get("error")
    parts = [error.get("code"), error.get("message")] if isinstance(error, dict) else []
    return shown(": ".join(part for part in parts if isinstance(part, str)), url)
