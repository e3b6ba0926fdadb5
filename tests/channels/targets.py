"""A target, a message and a key for each channel. The secrets here are obviously none."""

from __future__ import annotations

from alertrelay.alert import Channel, Integration
from alertrelay.channels.email import EmailSettings
from alertrelay.channels.pagerduty import PagerDutySettings
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.webhook import WebhookSettings
from alertrelay.config.channel import Settings
from alertrelay.config.model import Target
from alertrelay.notification import Message
from alertrelay.ports import Key

ROUTING_KEY = "not0a0real0routing0key0123456789"
WEBHOOK_PATH = "/services/T0NOTREAL/B0NOTREAL/notarealwebhook1234567"
WEBHOOK_ADDRESS = f"https://hooks.slack.com{WEBHOOK_PATH}"
BOT_TOKEN = "xoxb-not-a-real-token-1234567890"
PASSWORD = "not-a-real-password-1"
HOOK_ADDRESS = "https://hooks.example.com/in/notarealsecret99?token=notarealtoken77"


def target(channel: Channel, settings: Settings) -> Target:
    return Target(
        integration=Integration(receiver="oncall", channel=channel, index=0), send_resolved=True, settings=settings
    )


def email_settings(
    *,
    to: tuple[str, ...] = ("On call <oncall@example.com>", "db@example.com"),
    require_tls: bool = True,
    username: str = "relay",
    password: str = "smtp_password",
    smarthost: str = "mail.example.com:587",
) -> EmailSettings:
    return EmailSettings(
        to=to,
        sender="Alert relay <relay@example.com>",
        transport="smtp",
        smarthost=smarthost,
        hello="relay.example.com",
        username=username,
        password=password,
        require_tls=require_tls,
    )


PAGERDUTY = target(
    "pagerduty",
    PagerDutySettings(
        routing_key="pagerduty_key", url="https://events.pagerduty.com/v2/enqueue", client="", client_url=""
    ),
)
SLACK_WEBHOOK = target("slack", SlackSettings(mode="webhook", key="slack_webhook", url="", channel="#critical"))
SLACK_BOT = target(
    "slack",
    SlackSettings(
        mode="bot", key="slack_token", url="https://slack.com/api/chat.postMessage", channel="#critical-alerts"
    ),
)
WEBHOOK = target("webhook", WebhookSettings(url="", url_key="hook_url", max_alerts=0))
EMAIL = target("email", email_settings())

TRIGGER: Message = {
    "event_action": "trigger",
    "dedup_key": "d1",
    "payload": {"summary": "CPU high", "source": "orders", "severity": "critical"},
}
SLACK_MESSAGE: Message = {"text": "CPU high"}
MAIL: Message = {"subject": "[CRITICAL] CPU high", "text": "CPU is at 97 %", "html": "<p>CPU is at 97 %</p>"}
HOOK_MESSAGE: Message = {"version": "4", "alerts": []}

KEYS = {
    "pagerduty_key": ROUTING_KEY,
    "slack_webhook": WEBHOOK_ADDRESS,
    "slack_token": BOT_TOKEN,
    "hook_url": HOOK_ADDRESS,
    "smtp_password": PASSWORD,
}


def key(name: str) -> Key:
    return Key(name, KEYS[name], "0a1b2c3d")
