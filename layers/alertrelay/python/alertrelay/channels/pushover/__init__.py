"""Pushover, which rings phones."""

from __future__ import annotations

from dataclasses import dataclass

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, templated

EMERGENCY = "2"
"""The priority that rings on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushoverSettings(Settings):
    """`token` and `user_key` name keys of the secret: of the application, and of the user or group. `priority` is that
    of what fires, "" for Alertmanager's 2; `retry` and `expire` are seconds of an emergency, `ttl` those of others.
    `html` and `monospace` say how the team's own message is shown."""

    token: str
    user_key: str
    device: str
    sound: str
    priority: str
    retry: int
    expire: int
    ttl: int
    html: bool = False
    monospace: bool = False

    @property
    def key_name(self) -> str:
        """The application's token and the user's key."""
        return " ".join(filter(None, (self.token, self.user_key)))

    @property
    def acknowledges(self) -> bool:
        """Returns whether phones ring on until somebody acknowledges it: an emergency's do."""
        return (self.priority or EMERGENCY) == EMERGENCY


CHANNEL = ChannelDescriptor(
    kind="pushover",
    title="Pushover",
    message="Pushover message",
    configs="pushover_configs",
    keys=(
        ConfigKey(
            name="token",
            use="decides",
            shape="secret",
            field="token",
            missing="add `token_file: /etc/alertmanager/secrets/pushover_token`",
        ),
        ConfigKey(
            name="user_key",
            use="decides",
            shape="secret",
            field="user_key",
            missing="add `user_key_file: /etc/alertmanager/secrets/pushover_user`",
        ),
        ConfigKey(name="device", use="decides", field="device"),
        ConfigKey(name="sound", use="filled", shape="plain", field="sound"),
        ConfigKey(name="priority", use="filled", shape="plain", field="priority", choices=("-2", "-1", "0", "1", "2")),
        ConfigKey(name="retry", shape="seconds", field="retry", default=60),
        ConfigKey(name="expire", shape="seconds", field="expire", default=3600),
        ConfigKey(name="ttl", shape="seconds", field="ttl", default=0),
        *templated("pushover.default", "title=title url=url url_title"),
        ConfigKey(name="message", use="templated", upstream="pushover.default.message", html_by="html"),
        ConfigKey(name="html", shape="flag", field="html", default=False),
        ConfigKey(name="monospace", shape="flag", field="monospace", default=False),
    ),
    settings=PushoverSettings,
    key_text="the application's token; the user's or group's key",
    receipt="none: a message cannot be edited, an emergency is cancelled by its tag",
    limits={"message characters": 1024, "title characters": 250, "url characters": 512},
    rate=Rate(people=5, counted_by=("token", "user_key")),
    acknowledged="the phones stop ringing, where it was an emergency",
)
