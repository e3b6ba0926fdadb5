"""`slack_configs`: a webhook's address, a bot's token behind chat.postMessage, or an app's token."""

from __future__ import annotations

import re

from alertrelay.channels.slack import SlackSettings

from compiler.alertmanager.kinds.reading import ReceiverContext
from compiler.reading.section import Section

SLACK_POST = "/api/chat.postMessage"


def read_slack(section: Section, reading: ReceiverContext) -> SlackSettings:
    """Three spellings: an app token (0.30 and later), a bot token behind chat.postMessage, or a webhook."""
    own = section.has("api_url") or section.has("api_url_file")
    post = section.text("api_url") if own else reading.global_.text("slack_api_url")
    if section.has("app_token") or section.has("app_token_file"):
        for key in ("api_url", "api_url_file"):
            if section.has(key):
                message = f"{key!r} and an app token exclude each other"
                section.findings.error(section.at(key), "one-of", message, "keep app_token_file, or the address")
        return _slack_app(section, section, "app_token", "app_url", reading)
    if is_slack_post(post):
        return _slack_bot(section, post, own, reading)
    if not own and (reading.global_.has("slack_app_token_file") or reading.global_.has("slack_app_token")):
        return _slack_app(section, reading.global_, "slack_app_token", "slack_app_url", reading)
    return _slack_webhook(section, own, reading)


def _slack_app(section: Section, holder: Section, token: str, url: str, reading: ReceiverContext) -> SlackSettings:
    reading.secrets.http_config(section)
    return SlackSettings(
        mode="bot",
        key=reading.secrets.one_of(holder, token),
        url=holder.text(url) or reading.global_.text("slack_app_url") or f"https://slack.com{SLACK_POST}",
        channel=_posted_to(section),
    )


def _slack_bot(section: Section, post: str, own: bool, reading: ReceiverContext) -> SlackSettings:
    if own:
        reading.secrets.one_of(section, "api_url", inline=True)
    key = reading.secrets.http_config(section, bearer=True)
    if not key:
        mend = "add `http_config: {authorization: {credentials_file: /etc/alertmanager/secrets/slack_bot_token}}`"
        section.findings.error(section.at("http_config"), "missing-secret", "chat.postMessage needs a bot token", mend)
    return SlackSettings(mode="bot", key=key, url=post, channel=_posted_to(section))


def _slack_webhook(section: Section, own: bool, reading: ReceiverContext) -> SlackSettings:
    reading.secrets.http_config(section)
    if own:
        key = reading.secrets.one_of(section, "api_url")
    else:
        key = reading.secrets.one_of(reading.global_, "slack_api_url")
        if not reading.global_.has("slack_api_url") and not reading.global_.has("slack_api_url_file"):
            section.require("api_url_file", "add `api_url_file: /etc/alertmanager/secrets/slack_webhook`")
    return SlackSettings(mode="incoming", key=key, url="", channel=section.text("channel"))


def _posted_to(section: Section) -> str:
    if not section.has("channel"):
        message = "a bot posts to no channel: Slack refuses each message, and the fallbacks are notified"
        section.findings.warning(section.at("channel"), "missing-key", message, 'add `channel: "#alerts"`')
    return section.text("channel")


def is_slack_post(url: str) -> bool:
    """Returns whether it is the address of chat.postMessage, which is no secret (a webhook's is)."""
    return re.fullmatch(r"https?://[^/?#@]+" + re.escape(SLACK_POST), url) is not None
