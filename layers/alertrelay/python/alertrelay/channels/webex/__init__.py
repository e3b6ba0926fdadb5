"""Webex, by a bot's token."""

from __future__ import annotations

from dataclasses import dataclass

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, HttpAuth, Rate, Settings, templated


@dataclass(frozen=True, slots=True, kw_only=True)
class WebexSettings(Settings):
    """`url` is the address of messages. `auth` names the bot's token."""

    url: str
    room_id: str
    auth: HttpAuth

    @property
    def key_name(self) -> str:
        """The bot's token."""
        return " ".join(self.auth.keys)

    @property
    def can_edit(self) -> bool:
        """Returns whether a message can be changed: a bot's own, ten times."""
        return True


CHANNEL = ChannelDescriptor(
    kind="webex",
    title="Webex",
    message="Webex message",
    configs="webex_configs",
    keys=(
        ConfigKey(
            name="api_url",
            use="decides",
            shape="url",
            field="url",
            inherits="webex_api_url",
            default="https://webexapis.com/v1/messages",
        ),
        ConfigKey(name="room_id", use="decides", field="room_id", missing="add `room_id: …`"),
        *templated("webex.default", "message=message"),
    ),
    auth="auth",
    auth_needed="add `http_config: {authorization: {credentials_file: /etc/alertmanager/secrets/webex_bot}}`",
    settings=WebexSettings,
    key_text="the bot's token",
    receipt="`message_id` of the group's first message",
    limits={"markdown bytes": 7439, "edits": 10},
    rate=Rate(people=5, counted_by=("room_id",)),
    acknowledged="the message is edited, ten times at most",
)
