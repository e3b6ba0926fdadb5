"""A webhook of the team's own, in Alertmanager's version 4 or with a body that the configuration has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, HttpAuth, Settings, keys


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings(Settings):
    """`url` inline, or `url_key`: the name of the secret's key that holds it. `max_alerts` 0 = all. `payload` is
    the whole body where the configuration has one."""

    url: str
    url_key: str
    max_alerts: int
    auth: HttpAuth = field(default_factory=HttpAuth)
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key_name(self) -> str:
        """The address, where it is a secret, and what authorizes the call."""
        return " ".join(filter(None, (self.url_key, *self.auth.keys)))


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
        ConfigKey(
            name="payload",
            shape="json",
            field="payload",
            problem="'payload' holds templates, and alertrelay would send another body than was asked for",
            mend="write it without templates, or remove it to send Alertmanager's version 4",
        ),
        *keys("timeout", "not_obeyed", "seconds"),
    ),
    auth="auth",
    settings=WebhookSettings,
    key_text="the address, with `url_file`; the token, password or headers of `http_config`",
    receipt="none",
)
