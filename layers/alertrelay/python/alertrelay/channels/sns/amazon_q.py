"""A custom notification of Amazon Q Developer in chat applications, which posts it to Slack or Microsoft Teams.

Source: its administrator guide, "Custom notifications": version 1.0, source `custom`, `content.description` required.
Whatever is not of this schema is dropped there, and the publisher hears nothing of it. The text is Markdown of the
target chat, which is not known here: nothing of the two dialects is used, and none of an alert's text may become a
mention or a link. Lengths are not documented; titles of 250 and descriptions of 8,000 characters were seen to pass.
"""

from __future__ import annotations

import json
import re
from typing import Any

from alertrelay.alert import Alert
from alertrelay.notification import Notification
from alertrelay.render import facts, plain, wording
from alertrelay.render.text import cut, one_line

TITLE = 250
DESCRIPTION = 8_000
_LISTED = 60
_STEPS = 10
_RESOURCES = 10
_CONTEXT = ("alertname", "severity", "service", "env", "cluster", "team", "account_id", "region")
_KEYWORDS = ("severity", "service", "env", "alertname")
_OPEN = "\u2039"
_SPECIAL = re.compile(r"<(?=[!@#/a-zA-Z])|\]\(")


def custom_notification(notification: Notification) -> str:
    """Returns the message as JSON. Messages of one group have one thread, in which a resolve follows its alerts."""
    lead, found = wording.lead(notification), facts.of(notification)
    body: dict[str, Any] = {
        "version": "1.0",
        "source": "custom",
        "id": notification.id,
        "content": {
            "textType": "client-markdown",
            "title": _text(_title(notification), TITLE),
            "description": _text(plain.body(notification, found, listed=_LISTED).strip(), DESCRIPTION),
            "nextSteps": [_text(f"{f.name}: {f.href or f.text}", 600) for f in found.links[:_STEPS]],
            "keywords": _keywords(notification, lead),
        },
        "metadata": {
            "threadId": notification.dedup_key,
            "summary": _text(wording.headline(notification), TITLE),
            "eventType": f"alertrelay.{'resolved' if wording.over(notification) else 'firing'}",
            "relatedResources": _resources(notification),
            "additionalContext": _context(notification, lead),
        },
    }
    body["content"] = {name: value for name, value in body["content"].items() if value}
    return json.dumps(body, ensure_ascii=False)


def _title(notification: Notification) -> str:
    return f"{wording.icon(notification)} {plain.subject(notification)}"


def _text(text: str, limit: int) -> str:
    return cut(_SPECIAL.sub(lambda found: _OPEN if found[0] == "<" else "] (", text), limit)


def _keywords(notification: Notification, lead: Alert) -> list[str]:
    words = [wording.state_word(notification), *(lead.labels.get(name, "") for name in _KEYWORDS)]
    return list(dict.fromkeys(_text(one_line(word), 60) for word in words if word))


def _resources(notification: Notification) -> list[str]:
    """Returns the alarms' ARNs, by which custom actions of Amazon Q choose."""
    keys = (alert.state_key.partition("#")[0] for alert in notification.alerts)
    return list(dict.fromkeys(key for key in keys if key.startswith("arn:") and key.isprintable()))[:_RESOURCES]


def _context(notification: Notification, lead: Alert) -> dict[str, str]:
    found = {name: lead.labels[name] for name in _CONTEXT if lead.labels.get(name)}
    found |= {"status": notification.status, "receiver": notification.integration.receiver}
    return {name: _text(one_line(value), 200) for name, value in found.items()}
