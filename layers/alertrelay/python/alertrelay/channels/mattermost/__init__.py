"""Mattermost, by an incoming webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, keys, templated


@dataclass(frozen=True, slots=True, kw_only=True)
class MattermostSettings(Settings):
    """`webhook_url` names the secret's key that holds the webhook's whole address. `priority` is the message's own, as
    Mattermost has it."""

    key_field: ClassVar[str] = "webhook_url"
    webhook_url: str
    channel: str
    username: str
    icon_url: str
    icon_emoji: str
    priority: Mapping[str, Any] = field(default_factory=dict)


CHANNEL = ChannelDescriptor(
    kind="mattermost",
    title="Mattermost",
    message="Mattermost message",
    configs="mattermost_configs",
    keys=(
        ConfigKey(
            name="webhook_url",
            use="decides",
            shape="secret",
            field="webhook_url",
            inherits="mattermost_webhook_url",
            missing="add `webhook_url_file: /etc/alertmanager/secrets/mattermost_webhook`",
        ),
        ConfigKey(name="channel", use="decides", field="channel"),
        ConfigKey(
            name="username", use="filled", upstream="mattermost.default.username", shape="plain", field="username"
        ),
        ConfigKey(name="icon_url", use="filled", schemes=("https", "http"), shape="plain", field="icon_url"),
        ConfigKey(name="icon_emoji", use="filled", shape="plain", field="icon_emoji"),
        ConfigKey(name="priority", shape="json", field="priority"),
        *templated("mattermost.default", "text=text title=title title_link=titlelink pretext"),
        *keys("fallback color author_name author_link author_icon", "rendered"),
        *keys("thumb_url footer footer_icon image_url type", "rendered"),
        ConfigKey(
            name="fields", use="templated", shape="items", items=("title", "value", "short"), needed=("title", "value")
        ),
        *keys("attachments props", "rendered", "any"),
    ),
    settings=MattermostSettings,
    key_text="the webhook's whole address",
    receipt="none: a webhook gives no message to change",
    limits={"text characters": 16_383},
    rate=Rate(people=5, counted_by=("webhook_url", "channel")),
)
