"""Slack, by incoming webhook or by bot token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, keys, templated
from alertrelay.config.model import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Mentions `who` in a message about an alert that all `matchers` match: `@here`, `@channel`, `@everyone`, or the
    ids of users (`U…`, `W…`) and user groups (`S…`)."""

    matchers: tuple[Matcher, ...]
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings(Settings):
    """`key` names the webhook address or the bot token in the secret; `mode` says which of the two it is.

    `url` is the Web API's chat.postMessage address for a bot, "" for a webhook (its address is the secret).
    `buttons`: the app of the bot has interactivity, and its requests come to the intake. `silencers` are the ids of the
    users and user groups who may silence, none for everybody. `time_zone` is the one in which tomorrow begins.
    """

    key_field: ClassVar[str] = "key"
    mode: Literal["incoming", "bot"]
    key: str
    url: str
    channel: str
    buttons: bool = False
    silencers: tuple[str, ...] = ()
    time_zone: str = ""
    mentions: tuple[Mention, ...] = ()

    @property
    def can_edit(self) -> bool:
        """Only a bot's message can be changed."""
        return self.mode == "bot"


CHANNEL = ChannelDescriptor(
    kind="slack",
    title="Slack",
    message="Slack message",
    configs="slack_configs",
    keys=(
        *keys("channel api_url api_url_file app_url app_token_file", "decides"),
        *keys("app_token", "setting"),
        *templated(
            "slack.default",
            "title=title title_link=titlelink pretext=pretext text=text fallback=fallback footer=footer message_text "
            "image_url thumb_url username=username icon_emoji=iconemoji icon_url=iconurl",
        ),
        ConfigKey(
            name="fields", use="templated", shape="items", items=("title", "value", "short"), needed=("title", "value")
        ),
        *keys("color callback_id", "rendered"),
        *keys("short_fields", "rendered", "flag"),
        *keys("link_names", "rendered", "flag"),
        *keys("mrkdwn_in", "rendered", "list"),
        ConfigKey(
            name="actions",
            use="templated",
            shape="actions",
            items=("type", "text", "url", "style", "name", "value", "confirm"),
            needed=("type", "text"),
        ),
        *keys("timeout", "not_obeyed", "seconds"),
        *keys("update_message", "not_obeyed", "flag"),
    ),
    settings=SlackSettings,
    sender="SlackSender",
    key_text="the webhook's whole address, or the bot's token (`xoxb-…`, scope `chat:write`)",
    receipt="for a bot `channel`, `ts` of the thread's first message",
    send_resolved=False,
    limits={"section characters": 3000, "field characters": 2000, "fields": 10, "blocks": 50},
    # One message a second a channel, short bursts allowed.
    rate=Rate(people=5, counted_by=("key", "channel")),
    acknowledged="a bot's message is edited",
    charts=True,
)
