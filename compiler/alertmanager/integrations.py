"""One integration of a receiver: its channel's settings, read by the data of the channel's keys.

Keys and their fallbacks to `global`: prometheus/alertmanager config/notifiers.go and config/config.go. What needs more
than data has a reader of its own in kinds/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Settings

from compiler.alertmanager.kinds.email import read_email
from compiler.alertmanager.kinds.reading import ReceiverContext, check_url, plain_text
from compiler.alertmanager.kinds.slack import read_slack
from compiler.alertmanager.kinds.sns import read_sns
from compiler.reading.section import Section

__all__ = ["ReceiverContext", "read_settings"]

_READERS: Mapping[str, Callable[[Section, ReceiverContext], Settings]] = {
    "slack": read_slack,
    "email": read_email,
    "sns": read_sns,
}


def read_settings(section: Section, channel: ChannelDescriptor, reading: ReceiverContext) -> Settings:
    """Return the settings of one integration; faults are findings and count as absent."""
    if own := _READERS.get(channel.kind):
        return own(section, reading)
    reading.secrets.http_config(section)
    refused = _refuse(section, channel)
    values: dict[str, Any] = {}
    for key in channel.keys:
        if key.field:
            values |= _value(section, key, reading, required=bool(key.missing) and not refused)
    return channel.settings(**values)


def _refuse(section: Section, channel: ChannelDescriptor) -> bool:
    """Returns whether a key stands there that is refused; one finding is enough, also for what is missing beside it."""
    for key in channel.keys:
        if key.use == "refused" and section.has(key.name):
            section.findings.error(section.at(key.name), "unsupported", key.problem, key.mend)
            return True
    return False


def _value(section: Section, key: ConfigKey, reading: ReceiverContext, *, required: bool) -> dict[str, Any]:
    match key.shape:
        case "secret":
            return _secret(section, key, reading, required=required)
        case "flag":
            inherited = reading.global_.flag(key.inherits, default=key.default) if key.inherits else key.default
            return {key.field: section.flag(key.name, default=inherited)}
        case "whole":
            return {key.field: section.whole(key.name, key.default, low=0, high=2**31)}
        case "plain":
            return {key.field: plain_text(section, key.name) or key.default}
    text = section.text(key.name) or (reading.global_.text(key.inherits) if key.inherits else "") or key.default
    if required and not text:
        section.require(key.name, key.missing)
    if key.shape == "url" and section.get(key.name):
        check_url(section, key.name)
    return {key.field: text}


def _secret(section: Section, key: ConfigKey, reading: ReceiverContext, *, required: bool) -> dict[str, str]:
    """The name of the key that `<name>_file` names, here or under `global`; a value that may stand inline is kept."""
    values = {}
    held = section.has(key.name) or section.has(f"{key.name}_file")
    if key.inline_field:
        values[key.inline_field] = section.text(key.name)
        if section.has(key.name):
            check_url(section, key.name)
            mend = f"if it holds a token: `{key.name}_file: /etc/alertmanager/secrets/NAME`"
            section.findings.warning(section.at(key.name), "inline-url", "the address stands in plain text", mend)
    found = reading.secrets.one_of(section, key.name, inline=bool(key.inline_field))
    if not held and key.inherits:
        found = reading.secrets.one_of(reading.global_, key.inherits)
        held = reading.global_.has(key.inherits) or reading.global_.has(f"{key.inherits}_file")
    if required and not held:
        section.require(f"{key.name}_file", key.missing)
    return values | {key.field: found}
