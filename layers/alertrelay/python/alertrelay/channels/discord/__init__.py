"""Discord, by a channel's webhook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, templated


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordSettings(Settings):
    """`webhook_url` names the secret's key that holds the webhook's whole address."""

    key_field: ClassVar[str] = "webhook_url"
    webhook_url: str
    username: str
    avatar_url: str

    @property
    def can_edit(self) -> bool:
        """Returns whether a message can be changed: a webhook's own always."""
        return True


CHANNEL = ChannelDescriptor(
    kind="discord",
    title="Discord",
    message="Discord message",
    configs="discord_configs",
    keys=(
        ConfigKey(
            name="webhook_url",
            use="decides",
            shape="secret",
            field="webhook_url",
            missing="add `webhook_url_file: /etc/alertmanager/secrets/discord_webhook`",
        ),
        ConfigKey(name="username", use="filled", shape="plain", field="username"),
        ConfigKey(name="avatar_url", use="filled", schemes=("https", "http"), shape="plain", field="avatar_url"),
        *templated("discord.default", "content=content title=title message=message"),
    ),
    settings=DiscordSettings,
    key_text="the webhook's whole address",
    receipt="`message_id` of the group's first message",
    limits={"content characters": 2000, "embed characters": 4096, "embeds' characters": 6000},
    # Thirty messages a minute a channel were seen to pass.
    rate=Rate(people=5, counted_by=("webhook_url",)),
    acknowledged="the message is edited",
)
