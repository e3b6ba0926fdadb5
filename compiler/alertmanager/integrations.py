"""One integration of a receiver: what each of the five kinds is told by, and with which key of the secret.

Keys and their fallbacks to `global`: prometheus/alertmanager config/notifiers.go and config/config.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formataddr, getaddresses
from urllib.parse import urlsplit

from alertrelay.alert import Channel
from alertrelay.config.model import (
    EmailSettings,
    PagerDutySettings,
    Settings,
    SlackSettings,
    SnsSettings,
    WebhookSettings,
)

from compiler.alertmanager.secretkeys import SecretKeys
from compiler.delivery import Transport
from compiler.reading.finding import Findings
from compiler.reading.section import Section, keys

_SIGV4 = keys("region access_key secret_key profile role_arn external_id use_fips_sts_endpoint")
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
    if section.get("url"):
        check_url(section, "url")
    return PagerDutySettings(
        routing_key=reading.secrets.one_of(section, "routing_key"),
        url=url,
        client=_plain(section, "client") or "alertrelay",
        client_url=_plain(section, "client_url"),
    )


def _slack(section: Section, reading: Reading) -> SlackSettings:
    """Three spellings: an app token (0.30 and later), a bot token behind chat.postMessage, or a webhook."""
    own = section.has("api_url") or section.has("api_url_file")
    post = section.text("api_url") if own else reading.global_.text("slack_api_url")
    if section.has("app_token") or section.has("app_token_file"):
        return _slack_app(section, section, "app_token", "app_url", reading)
    if is_slack_post(post):
        return _slack_bot(section, post, own, reading)
    if not own and (reading.global_.has("slack_app_token_file") or reading.global_.has("slack_app_token")):
        return _slack_app(section, reading.global_, "slack_app_token", "slack_app_url", reading)
    return _slack_webhook(section, own, reading)


def _slack_app(section: Section, holder: Section, token: str, url: str, reading: Reading) -> SlackSettings:
    reading.secrets.http_config(section)
    return SlackSettings(
        mode="bot",
        key=reading.secrets.one_of(holder, token),
        url=holder.text(url) or reading.global_.text("slack_app_url") or f"https://slack.com{SLACK_POST}",
        channel=_posted_to(section),
    )


def _slack_bot(section: Section, post: str, own: bool, reading: Reading) -> SlackSettings:
    if own:
        reading.secrets.one_of(section, "api_url", inline=True)
    key = reading.secrets.http_config(section, bearer=True)
    if not key:
        mend = "add `http_config: {authorization: {credentials_file: /etc/alertmanager/secrets/slack_bot_token}}`"
        section.findings.error(section.at("http_config"), "missing-secret", "chat.postMessage needs a bot token", mend)
    return SlackSettings(mode="bot", key=key, url=post, channel=_posted_to(section))


def _slack_webhook(section: Section, own: bool, reading: Reading) -> SlackSettings:
    reading.secrets.http_config(section)
    if own:
        key = reading.secrets.one_of(section, "api_url")
    else:
        key = reading.secrets.one_of(reading.global_, "slack_api_url")
        if not reading.global_.has("slack_api_url") and not reading.global_.has("slack_api_url_file"):
            section.require("api_url_file", "add `api_url_file: /etc/alertmanager/secrets/slack_webhook`")
    return SlackSettings(mode="webhook", key=key, url="", channel=section.text("channel"))


def _posted_to(section: Section) -> str:
    section.require("channel", 'a bot token can post anywhere: add `channel: "#alerts"`')
    return section.text("channel")


def is_slack_post(url: str) -> bool:
    """Whether it is the address of chat.postMessage, which is no secret (a webhook's is)."""
    return re.fullmatch(r"https?://[^/?#@]+" + re.escape(SLACK_POST), url) is not None


def _email(section: Section, reading: Reading) -> EmailSettings:
    smtp = reading.transport == "smtp"
    to: tuple[str, ...] = ()
    if section.require("to", "add `to: oncall@example.com`"):
        to = _addresses(section, "to")
    sender = section.text("from") or reading.global_.text("smtp_from")
    if not sender:
        section.require("from", "add `from: …`, or `smtp_from: …` under global")
    elif section.has("from"):
        _addresses(section, "from")
    smarthost = section.text("smarthost") or reading.global_.text("smtp_smarthost")
    if not smarthost and smtp:
        section.require("smarthost", "add `smarthost: smtp.example.com:587`, or `smtp_smarthost` under global")
    elif section.get("smarthost"):
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
        code = "bad-address" if port and ":" in section.text(key) else "bad-value"  # without a port nobody takes it
        section.findings.error(section.at(key), code, message, "as in smtp.example.com:587")


def _addresses(section: Section, key: str) -> tuple[str, ...]:
    """The addresses of a list with commas, each with its name if it has one. A template is refused elsewhere."""
    text = section.text(key)
    pairs = getaddresses([text])
    if "{{" not in text and not (text.isprintable() and all(_ADDRESS.fullmatch(address) for _, address in pairs)):
        message = f"{text!r} is not a list of e-mail addresses"
        mend = "as in oncall@example.com, Ops <ops@example.com>"
        section.findings.error(section.at(key), "bad-address", message, mend)
    return tuple(formataddr(pair) if pair[0] else pair[1] for pair in pairs)


def _sns(section: Section, reading: Reading) -> SnsSettings:
    reading.secrets.http_config(section)
    inner = section.section("sigv4", _SIGV4)
    if inner and inner.has("access_key") != inner.has("secret_key"):
        message = "access_key and secret_key go together"
        section.findings.error(inner.place, "one-of", message, "remove both: the function's own role may publish")
    if inner and inner.has("secret_key"):
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
            section.findings.error(section.at(key), "bad-address", message, 'as in "+15555550100", in quotes')
    elif not _ARN.fullmatch(value):
        example = "arn:aws:sns:eu-west-1:111122223333:name"
        section.findings.error(section.at(key), "bad-address", f"{value!r} is no ARN of SNS", f"as in {example}")
    elif _OWN_TOPIC.fullmatch(value.rsplit(":", 1)[-1]):
        message = f"{value!r} is one of alertrelay's own topics: each alert would come back"
        section.findings.error(section.at(key), "loop", message, "name a topic that alertrelay does not read")


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


def check_url(section: Section, key: str, *, template_is_named: bool = True) -> None:
    """http or https with a host. The address itself may be a secret, so it is not shown. A template is none either; in
    a receiver it has a finding of its own."""
    url = section.text(key)
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", parts.netloc)
    except ValueError:
        good = False
    if not good and not (template_is_named and "{{" in url):
        section.findings.error(section.at(key), "bad-value", f"{key!r} is no http or https address", "https://…")


def _plain(section: Section, key: str) -> str:
    """A text without templates; one with is named in a warning and left out."""
    text = section.text(key)
    if "{{" in text:
        message = f"{key}: alertrelay renders its own message"
        section.findings.warning(section.at(key), "own-rendering", message, "write it without a template to be used")
        return ""
    return text


SETTINGS_OF: Mapping[Channel, Callable[[Section, Reading], Settings]] = {
    "pagerduty": _pagerduty,
    "slack": _slack,
    "email": _email,
    "sns": _sns,
    "webhook": _webhook,
}
"""The reader of each kind."""
