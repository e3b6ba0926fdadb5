"""`receivers:` of alertmanager.yml: five kinds, each with all the keys that Alertmanager 0.33 knows.

What a key means is Alertmanager's own (config/notifiers.go); text templates are accepted and our own rendering is used.
A template in what decides who is told (channel, address, key) is refused: it would be decided by the alert's text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from alertrelay.alert import Channel, Integration
from alertrelay.config.model import Receiver, Target, WebhookSettings

from compiler.alertmanager.integrations import SETTINGS_OF, Reading
from compiler.alertmanager.secretkeys import SecretKeys
from compiler.reading.section import Section, check_texts, keys, section_of

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
_MAPPINGS = ("details", "headers", "attributes", "threading", "sigv4")
_TEXTS = ("headers", "attributes", "sigv4")
"""Mappings of texts; PagerDuty's details may be deeper."""
_LISTS = ("images", "links", "fields", "actions", "mrkdwn_in")
_NEEDED = {"fields": ("title", "value"), "actions": ("type", "text")}
_ITEM_KEYS: Mapping[str, tuple[str, ...]] = {
    "images": ("src", "alt", "text", "href"),
    "links": ("href", "text"),
    "fields": ("title", "value", "short"),
    "actions": ("type", "text", "url", "style", "name", "value", "confirm"),
}
_CONFIRM_KEYS = ("title", "text", "ok_text", "dismiss_text")
_FLAGS = ("short_fields", "link_names", "update_message", "force_implicit_tls")

_SEND_RESOLVED: Mapping[Channel, bool] = {
    "pagerduty": True,
    "slack": False,
    "email": False,
    "sns": True,
    "webhook": True,
}
"""Alertmanager's defaults."""

_SEND_RESOLVED_OTHERS_FALSE = ("rocketchat_configs", "wechat_configs")
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


def parse_receiver(section: Section, reading: Reading) -> Receiver:
    """One receiver with its targets in the order of the channels.

    A kind that is not served is an error; it stands as a webhook without an address, so that it counts as somebody who
    is told where a file is only tried out.
    """
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
    taken = len(section.list("webhook_configs"))
    for index, (kind, other) in enumerate(_others(section), start=taken):
        targets.append(_placeholder(other, kind, Integration(receiver=name, channel="webhook", index=index)))
    return Receiver(name=name, targets=tuple(targets))


def _others(section: Section) -> Iterator[tuple[str, Section]]:
    for kind in UNSUPPORTED:
        for item in section.list(kind):
            yield kind, Section(item, section.findings)


def _placeholder(section: Section, kind: str, integration: Integration) -> Target:
    return Target(
        integration=integration,
        send_resolved=section.flag("send_resolved", default=kind not in _SEND_RESOLVED_OTHERS_FALSE),
        settings=WebhookSettings(url="", url_key="", max_alerts=0),
    )


def _check_shapes(section: Section, channel: Channel, secrets: SecretKeys) -> None:
    """The types of the keys that are only looked at here: Alertmanager would not start with a wrong one."""
    for key in (*_RENDERED[channel], *_NOT_OBEYED[channel]):
        if key in _MAPPINGS:
            names = Counter(name.title() for name in section.mapping(key))
            if key in _TEXTS:
                check_texts(section.mapping(key).values(), section.findings)
            if key == "headers" and any(count > 1 for count in names.values()):
                message = "a header stands twice: capital letters make no difference"
                section.findings.error(section.at(key), "duplicate-name", message, "remove one of the two")
        elif key == "tls_config":
            secrets.tls_config(section)
        elif key in _LISTS:
            _check_items(section, key)
        elif key in _FLAGS:
            section.flag(key, default=False)
        elif key == "timeout":
            section.seconds(key)
        elif key != "payload":  # any YAML
            section.text(key)


def _check_items(section: Section, key: str) -> None:
    items = section.list(key)
    if key not in _ITEM_KEYS:
        check_texts(items, section.findings)
        return
    for item in items:
        inner = section_of(item, _ITEM_KEYS[key], section.findings)
        if inner is None:
            continue
        for needed in _NEEDED.get(key, ()):
            inner.require(needed, f"each of {key} has {' and '.join(_NEEDED[key])}")
        inner.flag("short", default=False)
        check_texts((inner.items[name] for name in inner.items if name != "confirm"), section.findings)
        if key == "actions":
            _check_action(inner)


def _check_action(action: Section) -> None:
    if not (action.has("url") or action.has("name")):
        action.require("url", "each of actions has a url or a name")
    confirm = action.section("confirm", _CONFIRM_KEYS)
    if confirm:
        confirm.require("text", "a confirm has a text")
        check_texts(confirm.items.values(), action.findings)


def _target(section: Section, integration: Integration, reading: Reading) -> Target:
    channel = integration.channel
    _check_templates(section, channel)
    _check_shapes(section, channel, reading.secrets)
    for key in _NOT_OBEYED[channel]:
        if section.has(key) and not (key == "sigv4" and _only_region(section)):
            section.findings.warning(section.at(key), "not-obeyed", f"{key!r} is not obeyed by alertrelay")
    return Target(
        integration=integration,
        send_resolved=_send_resolved(section, channel),
        settings=SETTINGS_OF[channel](section, reading),
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


def _only_region(section: Section) -> bool:
    sigv4 = section.get("sigv4")
    return sigv4 is not None and set(Section(sigv4, section.findings).items) <= {"region"}
