"""A webhook of the team's own, in Alertmanager's version 4 or with a body that the configuration has."""

from __future__ import annotations

from dataclasses import dataclass, field

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, HttpAuth, Settings, keys

PAYLOAD = "payload"
"""The key of a whole body of the team's own, in alertmanager.yml and in a rendered message: it may be a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings(Settings):
    """`url` inline, or `url_key`: the name of the secret's key that holds it. `max_alerts` 0 = all."""

    url: str
    url_key: str
    max_alerts: int
    auth: HttpAuth = field(default_factory=HttpAuth)

    @property
    def most_alerts(self) -> int:
        """As many as `max_alerts` says, as in Alertmanager."""
        return self.max_alerts

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
        ConfigKey(name=PAYLOAD, use="body", shape="any"),
        *keys("timeout", "not_obeyed", "seconds"),
    ),
    auth="auth",
    settings=WebhookSettings,
    key_text="the address, with `url_file`; the token, password, client secret or headers of `http_config`",
    receipt="none",
    accepted="what the webhook does with it is not known here",
)
