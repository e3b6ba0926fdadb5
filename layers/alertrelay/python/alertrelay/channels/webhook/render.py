"""A webhook's body: Alertmanager's version 4, or what `payload` says."""

from __future__ import annotations

from alertrelay.channels.webhook import WebhookSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import alertmanager_json


def render(notification: Notification, settings: WebhookSettings) -> Message:
    """Returns the body."""
    return settings.payload or alertmanager_json.body(notification, max_alerts=settings.max_alerts)
