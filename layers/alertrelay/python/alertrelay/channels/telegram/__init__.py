"""Telegram, by a bot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, keys


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramSettings(Settings):
    """`bot_token` names the secret's key. `chat_id` is the chat's number, or `chat_id_key` names the secret's key of
    it. `thread` is a topic of a forum, 0 for none. `parse_mode` is that of the team's own message, in capital
    letters."""

    key_field: ClassVar[str] = "bot_token"
    bot_token: str
    url: str
    chat_id: str
    chat_id_key: str
    thread: int
    quiet: bool
    parse_mode: str = "HTML"

    @property
    def key_name(self) -> str:
        """The token, and the chat where it is a secret."""
        return " ".join(filter(None, (self.bot_token, self.chat_id_key)))

    @property
    def can_edit(self) -> bool:
        """Returns whether a message can be changed: a bot's own always."""
        return True


CHANNEL = ChannelDescriptor(
    kind="telegram",
    title="Telegram",
    message="Telegram message",
    configs="telegram_configs",
    keys=(
        ConfigKey(
            name="bot_token",
            use="decides",
            shape="secret",
            field="bot_token",
            inherits="telegram_bot_token",
            missing="add `bot_token_file: /etc/alertmanager/secrets/telegram_bot`",
        ),
        ConfigKey(
            name="api_url",
            use="decides",
            shape="url",
            field="url",
            inherits="telegram_api_url",
            default="https://api.telegram.org",
        ),
        ConfigKey(
            name="chat_id",
            use="decides",
            shape="number_or_file",
            field="chat_id_key",
            inline_field="chat_id",
            missing="add `chat_id: -1001234567890`, the number of the chat",
        ),
        ConfigKey(name="message_thread_id", shape="whole", field="thread", default=0),
        ConfigKey(name="disable_notifications", shape="flag", field="quiet", default=False),
        ConfigKey(name="message", use="templated", upstream="telegram.default.message", html_by="parse_mode"),
        ConfigKey(
            name="parse_mode",
            shape="plain",
            field="parse_mode",
            default="HTML",
            choices=("HTML", "MARKDOWN", "MARKDOWNV2", ""),
        ),
        *keys("timeout", "not_obeyed", "seconds"),
    ),
    settings=TelegramSettings,
    key_text="the bot's token",
    receipt="`message_id` of the group's first message",
    limits={"text characters": 4096},
    # Twenty messages a minute a group, one a second a chat.
    rate=Rate(people=5, counted_by=("bot_token", "chat_id", "chat_id_key")),
    acknowledged="the message is edited",
    retried=None,
)
