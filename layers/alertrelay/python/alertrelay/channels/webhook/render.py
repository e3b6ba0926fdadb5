"""A webhook's body: Alertmanager's version 4, or what `payload` says."""

from __future__ import annotations

from alertrelay.channels.webhook import PAYLOAD, WebhookSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import alertmanager_json
from alertrelay.render.team_texts import NotRendered
from alertrelay.render.templates.structured import valued
from alertrelay.render.text import short


def render(notification: Notification, settings: WebhookSettings) -> Message:
    """Returns version 4, or `{"payload": …}` around a body of the team's own. Raises NotRendered for one that is no
    JSON."""
    if PAYLOAD not in notification.texts:
        return alertmanager_json.body(notification, max_alerts=settings.max_alerts)
    body = valued(notification.texts[PAYLOAD])
    if isinstance(body, str):
        raise NotRendered(f"the template of {PAYLOAD} gives no JSON: {short(body, 80) or 'nothing'}")
    return {PAYLOAD: body}
