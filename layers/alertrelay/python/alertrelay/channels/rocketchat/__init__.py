"""Rocket.Chat, by the personal access token of a user."""

from __future__ import annotations

from dataclasses import dataclass

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, keys, templated


@dataclass(frozen=True, slots=True, kw_only=True)
class RocketChatSettings(Settings):
    """`url` is the server's address. `token` and `token_id` name keys of the secret: of the token and of the user's id.
    `channel` is a room's name, `#` and all, or a user's."""

    url: str
    token: str
    token_id: str
    channel: str
    emoji: str
    icon_url: str

    @property
    def key_name(self) -> str:
        """The token and the user's id."""
        return " ".join(filter(None, (self.token, self.token_id)))

    @property
    def can_edit(self) -> bool:
        """Returns whether a message can be changed: a user's own, unless the server forbids it."""
        return True


CHANNEL = ChannelDescriptor(
    kind="rocketchat",
    title="Rocket.Chat",
    message="Rocket.Chat message",
    configs="rocketchat_configs",
    keys=(
        ConfigKey(
            name="api_url",
            use="decides",
            shape="url",
            field="url",
            inherits="rocketchat_api_url",
            default="https://open.rocket.chat/",
        ),
        ConfigKey(
            name="token",
            use="decides",
            shape="secret",
            field="token",
            inherits="rocketchat_token",
            missing="add `token_file: /etc/alertmanager/secrets/rocketchat_token`",
        ),
        ConfigKey(
            name="token_id",
            use="decides",
            shape="secret",
            field="token_id",
            inherits="rocketchat_token_id",
            missing="add `token_id_file: /etc/alertmanager/secrets/rocketchat_user`",
        ),
        ConfigKey(name="channel", use="decides", field="channel", missing='add `channel: "#alerts"`'),
        ConfigKey(name="emoji", use="filled", upstream="rocketchat.default.emoji", shape="plain", field="emoji"),
        ConfigKey(
            name="icon_url",
            use="filled",
            upstream="rocketchat.default.iconurl",
            schemes=("https", "http"),
            shape="plain",
            field="icon_url",
        ),
        *templated("rocketchat.default", "title=title title_link=titlelink text=text"),
        *keys("color image_url thumb_url", "rendered"),
        ConfigKey(name="fields", use="templated", shape="items", items=("title", "value", "short")),
        *keys("short_fields link_names", "rendered", "flag"),
        *keys("actions", "rendered", "any"),
    ),
    settings=RocketChatSettings,
    key_text="the access token; its user's id",
    receipt="`message_id`, `room_id` of the group's first message",
    send_resolved=False,
    limits={"text characters": 5000},
    # Ten calls a minute, unless the server's administrator sets another limit.
    rate=Rate(people=5, counted_by=("url", "channel")),
    acknowledged="the message is edited",
)
