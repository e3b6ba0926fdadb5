"""`receivers:` of alertmanager.yml: five kinds, each with all the keys that Alertmanager 0.33 knows.

What a key means is Alertmanager's own (config/notifiers.go); text templates are accepted and our own rendering is used.
A template in what decides who is told (channel, address, key) is refused: it would be decided by the alert's text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from alertrelay.alert import Channel, Integration
from alertrelay.config.delivery import Transport
from alertrelay.config.finding import Findings
from alertrelay.config.model import (
    EmailSettings,
    PagerDutySettings,
    Receiver,
    Settings,
    SlackSettings,
    SnsSettings,
    Target,
    WebhookSettings,
)
from alertrelay.config.secretkeys import SecretKeys
from alertrelay.config.section import Section, keys

_COMMON = ("send_resolved", "http_config")
_RENDERED: Mapping[Channel, tuple[str, ...]] = {
    "pagerduty": keys("description details images links source severity class component group"),
    "slack": keys(
        "username color title title_link pretext text message_text fields short_fields footer fallback "
        "callback_id icon_emoji icon_url image_url thumb_url link_names mrkdwn_in actions"
    ),
    "email": ("headers", "html", "text"),
    "sns": ("subject", "message", "attributes"),
    "webhook": ("payload",),
}
"""Keys that say how a message looks. alertrelay renders its own."""

_DECIDING: Mapping[Channel, tuple[str, ...]] = {
    "pagerduty": ("url", "routing_key_file"),
    "slack": ("channel", "api_url", "api_url_file", "app_url", "app_token_file"),
    "email": ("to", "from", "smarthost", "hello", "auth_username", "auth_password_file"),
    "sns": ("topic_arn", "phone_number", "target_arn"),
    "webhook": ("url", "url_file"),
}
"""Keys that decide who is told, or by which way."""

_NOT_OBEYED: Mapping[Channel, tuple[str, ...]] = {
    "pagerduty": ("timeout",),
    "slack": ("timeout", "update_message"),
    "email": ("auth_identity", "tls_config", "threading", "force_implicit_tls"),
    "sns": ("api_url", "sigv4"),
    "webhook": ("timeout",),
}
_OTHER: Mapping[Channel, tuple[str, ...]] = {
    "pagerduty": ("routing_key", "service_key", "service_key_file", "client", "client_url"),
    "slack": ("app_token",),
    "email": ("auth_password", "auth_secret", "auth_secret_file", "require_tls"),
    "sns": (),
    "webhook": ("max_alerts",),
}
_SEND_RESOLVED: Mapping[Channel, bool] = {
    "pagerduty": True,
    "slack": False,
    "email": False,
    "sns": True,
    "webhook": True,
}
"""Alertmanager's defaults."""

UNSUPPORTED = tuple(
    f"{kind}_configs"
    for kind in keys(
        "discord incidentio jira mattermost msteams msteamsv2 opsgenie pushover rocketchat telegram "
        "victorops webex wechat"
    )
)
_KINDS: Mapping[str, Channel] = {
    "pagerduty_configs": "pagerduty",
    "slack_configs": "slack",
    "email_configs": "email",
    "sns_configs": "sns",
    "webhook_configs": "webhook",
}
KEYS = ("name", "labels", *_KINDS, *UNSUPPORTED)
PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"
SLACK_POST = "/api/chat.postMessage"
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_./:-]+")
_OWN_TOPIC = re.compile(r"alertrelay-.*(critical|warning|info|slo-violations|infrastructure)", re.IGNORECASE)
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What every receiver needs: `global`, the secret's keys, where findings go, and the e-mail transport."""

    global_: Section
    secrets: SecretKeys
    findings: Findings
    transport: Transport


def parse_receiver(section: Section, reading: Reading) -> Receiver:
    """One receiver with its targets in the order of the channels; faulty integrations are left out."""
    name = section.text("name")
    if not name:
        section.findings.error(section.at("name"), "missing-key", "a receiver needs a name", "add `name: …`")
    targets: list[Target] = []
    for key in section.items:
        if key in UNSUPPORTED:
            kinds = ", ".join(_KINDS)
            message = f"alertrelay does not send to {key.removesuffix('_configs')}"
            section.findings.error(section.at(key), "unsupported-receiver", message, f"it knows {kinds}")
        elif key == "labels":
            section.findings.warning(section.at(key), "not-obeyed", "labels of a receiver are not obeyed by alertrelay")
    for key, channel in _KINDS.items():
        known = (*_COMMON, *_RENDERED[channel], *_DECIDING[channel], *_NOT_OBEYED[channel], *_OTHER[channel])
        for index, item in enumerate(section.sections(key, known)):
            targets.append(_target(item, Integration(receiver=name, channel=channel, index=index), reading))
    return Receiver(name=name, targets=tuple(targets))


def _target(section: Section, integration: Integration, reading: Reading) -> Target:
    channel = integration.channel
    _check_templates(section, channel)
    for key in _NOT_OBEYED[channel]:
        if section.has(key) and not (key == "sigv4" and _only_region(section)):
            section.findings.warning(section.at(key), "not-obeyed", f"{key!r} is not obeyed by alertrelay")
    return Target(
        integration=integration,
        send_resolved=_send_resolved(section, channel),
        settings=_SETTINGS[channel](section, reading),
    )


def _check_templates(section: Section, channel: Channel) -> None:
    for key in _DECIDING[channel]:
        if "{{" in section.text(key):
            message = f"{key!r} holds a template: who is told would depend on the text of an alert"
            section.findings.error(section.at(key), "template", message, "write it out, with a route for each")
    own = [key for key in _RENDERED[channel] if section.has(key)]
    if own:
        message = f"{', '.join(own)}: alertrelay renders its own message"
        section.findings.warning(section.at(own[0]), "own-rendering", message, "it may stay for Alertmanager's sake")


def _send_resolved(section: Section, channel: Channel) -> bool:
    value = section.flag("send_resolved", default=_SEND_RESOLVED[channel])
    if value:
        return True
    if channel == "pagerduty":
        message = "PagerDuty is told of the end all the same: an incident must not hang open"
    elif section.has("send_resolved"):
        message = "the end of an alert is not announced here"
    else:
        message = f"the end of an alert is not announced here: the default of {channel} is false"
    section.findings.warning(section.at("send_resolved"), "send-resolved", message, "write `send_resolved: true`")
    return False


def _pagerduty(section: Section, reading: Reading) -> PagerDutySettings:
    reading.secrets.http_config(section)
    for key in ("service_key", "service_key_file"):
        if section.has(key):
            mend = "make an integration 'Events API v2' in PagerDuty and name its key with `routing_key_file`"
            section.findings.error(section.at(key), "unsupported", f"{key!r} is of PagerDuty's old Events API v1", mend)
            break
    else:
        if not section.has("routing_key"):
            section.require("routing_key_file", "add `routing_key_file: /etc/alertmanager/secrets/pagerduty_key`")
    url = section.text("url") or reading.global_.text("pagerduty_url") or PAGERDUTY_URL
    if section.has("url"):
        check_url(section, "url")
    return PagerDutySettings(
        routing_key=reading.secrets.one_of(section, "routing_key"),
        url=url,
        client=_plain(section, "client") or "alertrelay",
        client_url=_plain(section, "client_url"),
    )


def _slack(section: Section, reading: Reading) -> SlackSettings:
    channel = section.text("channel")
    source = section if section.has("api_url") or section.has("api_url_file") else None
    bot_url = (section if source else reading.global_).text("api_url" if source else "slack_api_url")
    if section.has("app_token") or section.has("app_token_file"):
        reading.secrets.http_config(section)
        return SlackSettings(
            mode="bot",
            key=reading.secrets.one_of(section, "app_token"),
            url=section.text("app_url") or "https://slack.com/api/chat.postMessage",
            channel=_bot_channel(section, channel),
        )
    if _is_slack_post(bot_url):
        key = reading.secrets.http_config(section, bearer=True)
        if not key:
            mend = "add `http_config: {authorization: {credentials_file: /etc/alertmanager/secrets/slack_bot_token}}`"
            section.findings.error(section.at("http_config"), "missing-key", "chat.postMessage needs a bot token", mend)
        return SlackSettings(mode="bot", key=key, url=bot_url, channel=_bot_channel(section, channel))
    reading.secrets.http_config(section)
    key = reading.secrets.one_of(section, "api_url")
    if source is None:
        key = reading.secrets.one_of(reading.global_, "slack_api_url")
        if not reading.global_.has("slack_api_url") and not reading.global_.has("slack_api_url_file"):
            section.require("api_url_file", "add `api_url_file: /etc/alertmanager/secrets/slack_webhook`")
    return SlackSettings(mode="webhook", key=key, url="", channel=channel)


def _bot_channel(section: Section, channel: str) -> str:
    section.require("channel", 'a bot token can post anywhere: add `channel: "#alerts"`')
    return channel


def _is_slack_post(url: str) -> bool:
    return urlsplit(url).path.endswith(SLACK_POST) if url.startswith(("https://", "http://")) else False


def _email(section: Section, reading: Reading) -> EmailSettings:
    smtp = reading.transport == "smtp"
    to = tuple(part.strip() for part in section.text("to").split(",") if part.strip())
    if section.require("to", "add `to: oncall@example.com`"):
        _check_addresses(section, "to", to)
    sender = section.text("from") or reading.global_.text("smtp_from")
    if not sender:
        section.require("from", "add `from: …`, or `smtp_from: …` under global")
    elif section.has("from"):
        _check_addresses(section, "from", (sender,))
    smarthost = section.text("smarthost") or reading.global_.text("smtp_smarthost")
    if not smarthost and smtp:
        section.require("smarthost", "add `smarthost: smtp.example.com:587`, or `smtp_smarthost` under global")
    elif section.has("smarthost"):
        check_smarthost(section, "smarthost")
    if section.has("auth_secret") or section.has("auth_secret_file"):
        reading.secrets.one_of(section, "auth_secret")
        message = "auth_secret (CRAM-MD5) is not spoken by alertrelay"
        place = section.at("auth_secret" if section.has("auth_secret") else "auth_secret_file")
        section.findings.error(place, "unsupported", message, "use auth_username and auth_password_file")
    password = reading.secrets.one_of(section, "auth_password")
    if not password and not section.has("auth_password"):
        password = reading.secrets.name(reading.global_, "smtp_auth_password_file")
    return EmailSettings(
        to=to,
        sender=sender,
        transport=reading.transport,
        smarthost=smarthost,
        hello=section.text("hello") or reading.global_.text("smtp_hello", "localhost"),
        username=section.text("auth_username") or reading.global_.text("smtp_auth_username"),
        password=password,
        require_tls=section.flag("require_tls", default=reading.global_.flag("smtp_require_tls", default=True)),
    )


def check_smarthost(section: Section, key: str) -> None:
    """host:port with a port from 1 to 65535."""
    host, _, port = section.text(key).rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        message = f"{section.text(key)!r} is not host:port"
        section.findings.error(section.at(key), "bad-value", message, "as in smtp.example.com:587")


def _check_addresses(section: Section, key: str, addresses: tuple[str, ...]) -> None:
    for address in addresses:
        bare = address[address.rfind("<") + 1 : -1] if address.endswith(">") else address
        if "{{" not in address and (not _ADDRESS.fullmatch(bare) or not address.isprintable()):
            message = f"{address!r} is not an e-mail address"
            section.findings.error(section.at(key), "bad-value", message, "as in oncall@example.com")


def _sns(section: Section, reading: Reading) -> SnsSettings:
    reading.secrets.http_config(section)
    sigv4 = section.get("sigv4")
    if sigv4 is not None:
        inner = Section(sigv4, section.findings)
        if inner.has("secret_key"):
            message = "'secret_key' holds a secret in plain text"
            mend = "remove access_key and secret_key: the function's own role may publish"
            section.findings.error(inner.at("secret_key"), "inline-secret", message, mend)
    ways = ("topic_arn", "phone_number", "target_arn")
    named = [key for key in ways if section.has(key)]
    if len(named) != 1:
        message = f"one of {', '.join(ways)} is expected, {' and '.join(named) or 'none'} came"
        section.findings.error(section.place, "one-of", message, "keep one; another sns_config takes another")
    for key in named:
        _check_sns_address(section, key)
    return SnsSettings(
        topic_arn=section.text("topic_arn"),
        phone_number=section.text("phone_number"),
        target_arn=section.text("target_arn"),
    )


def _check_sns_address(section: Section, key: str) -> None:
    value = section.text(key)
    if "{{" in value:
        return
    if key == "phone_number":
        if not _PHONE.fullmatch(value):
            message = f"{value!r} is not a phone number in E.164"
            section.findings.error(section.at(key), "bad-value", message, 'as in "+15555550100", in quotes')
    elif not _ARN.fullmatch(value):
        example = "arn:aws:sns:eu-west-1:111122223333:name"
        section.findings.error(section.at(key), "bad-value", f"{value!r} is no ARN of SNS", f"as in {example}")
    elif _OWN_TOPIC.fullmatch(value.rsplit(":", 1)[-1]):
        message = f"{value!r} is one of alertrelay's own topics: each alert would come back"
        section.findings.error(section.at(key), "loop", message, "name a topic that alertrelay does not read")


def _only_region(section: Section) -> bool:
    sigv4 = section.get("sigv4")
    return sigv4 is not None and set(Section(sigv4, section.findings).items) <= {"region"}


def _webhook(section: Section, reading: Reading) -> WebhookSettings:
    reading.secrets.http_config(section)
    url = section.text("url")
    if section.has("url"):
        check_url(section, "url")
        mend = "if it holds a token: `url_file: /etc/alertmanager/secrets/NAME`"
        section.findings.warning(section.at("url"), "inline-url", "the address stands in plain text", mend)
    elif not section.has("url_file"):
        section.require("url_file", "add `url_file: /etc/alertmanager/secrets/NAME`, or `url: …`")
    return WebhookSettings(
        url=url,
        url_key=reading.secrets.one_of(section, "url", inline=True),
        max_alerts=section.whole("max_alerts", 0, low=0, high=2**31),
    )


def check_url(section: Section, key: str) -> None:
    """http or https with a host. The address itself may be a secret, so it is not shown."""
    url = section.text(key)
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good and "{{" not in url:
        section.findings.error(section.at(key), "bad-value", f"{key!r} is no http or https address", "https://…")


def _plain(section: Section, key: str) -> str:
    """A text without templates; one with is named in a warning and left out."""
    text = section.text(key)
    if "{{" in text:
        message = f"{key}: alertrelay renders its own message"
        section.findings.warning(section.at(key), "own-rendering", message, "write it without a template to be used")
        return ""
    return text


_SETTINGS: Mapping[Channel, Callable[[Section, Reading], Settings]] = {
    "pagerduty": _pagerduty,
    "slack": _slack,
    "email": _email,
    "sns": _sns,
    "webhook": _webhook,
}
