"""Messages: one file a channel, each `render(notification, settings)`. Pure: nothing is read, nothing is sent.

A message is plain JSON without any secret. Every text in it has been cleaned, escaped for its channel and cut to its
limits, so that no alert can break a message or be refused for its length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from alertrelay.alert import Channel
from alertrelay.config.model import Target
from alertrelay.notification import Message, Notification
from alertrelay.render import email, pagerduty, slack, sns, webhook

RENDERERS: Mapping[Channel, Callable[[Notification, Any], Message]] = {
    "pagerduty": pagerduty.render,
    "slack": slack.render,
    "email": email.render,
    "sns": sns.render,
    "webhook": webhook.render,
}


def render(notification: Notification, target: Target) -> Message:
    """The message that `target`'s channel is to be sent about `notification`, in that channel's own shape."""
    return RENDERERS[target.integration.channel](notification, target.settings)
