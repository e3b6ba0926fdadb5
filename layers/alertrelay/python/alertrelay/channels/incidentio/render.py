"""incident.io: Alertmanager's JSON in version 1, which its alert source knows a group by.

Source: prometheus/alertmanager notify/incidentio: more than 512 KB are answered with 429, so the first alert is sent
alone then.
"""

from __future__ import annotations

import json

from alertrelay.channels.incidentio import IncidentIoSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import alertmanager_json

_BYTES = 500 * 1024
_VERSION = "1"
_TEXTS = (4000, 1000, 250)
"""Characters of each text: the first at which the event is small enough."""


def render(notification: Notification, settings: IncidentIoSettings) -> Message:
    """Returns the body, with fewer alerts where all are too many, and shorter texts where one is too large."""
    for most in (settings.max_alerts, 20, 1):
        message = alertmanager_json.body(notification, version=_VERSION, max_alerts=most)
        if _fits(message):
            return message
    for limit in _TEXTS:
        message = alertmanager_json.shortened(message, limit)
        if _fits(message):
            break
    return message


def _fits(message: Message) -> bool:
    return len(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")) <= _BYTES
