"""A webhook of the team's own, in Alertmanager's version 4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Settings, keys


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings(Settings):
    """`url` inline, or `url_key`: the name of the secret's key that holds it. `max_alerts` 0 = all."""

    key_field: ClassVar[str] = "url_key"
    url: str
    url_key: str
    max_alerts: int


CHANNEL = ChannelDescriptor(
    kind="webhook",
    title="the webhook",
    message="webhook call",
    configs="webhook_configs",
    keys=(
        ConfigKey(
            name="url",
            use="decides",
            shape="secret",
            field="url_key",
            inline_field="url",
            missing="add `url_file: /etc/alertmanager/secrets/NAME`, or `url: …`",
        ),
        ConfigKey(name="max_alerts", shape="whole", field="max_alerts", default=0),
        *keys("payload", "rendered", "any"),
        *keys("timeout", "not_obeyed", "seconds"),
    ),
    settings=WebhookSettings,
    sender="WebhookSender",
    key_text="the address, with `url_file`",
    receipt="none",
)
