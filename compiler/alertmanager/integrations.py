"""One integration of a receiver: its channel's settings, read by the data of the channel's keys.

Keys and their fallbacks to `global`: prometheus/alertmanager config/notifiers.go and config/config.go. What needs more
than data has a reader of its own in kinds/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Settings

from compiler.alertmanager.http_auth import read_http_auth
from compiler.alertmanager.kinds.email import read_email
from compiler.alertmanager.kinds.reading import ReceiverContext, check_url, plain_text
from compiler.alertmanager.kinds.slack import read_slack
from compiler.alertmanager.kinds.sns import read_sns
from compiler.alertmanager.shapes import item_sections
from compiler.reading.section import Section

__all__ = ["ReceiverContext", "read_settings"]

_READERS: Mapping[str, Callable[[Section, ReceiverContext], Settings]] = {
    "slack": read_slack,
    "email": read_email,
    "sns": read_sns,
}


_MOST_ITEMS = 20


def read_settings(section: Section, channel: ChannelDescriptor, reading: ReceiverContext) -> Settings:
    """Return the settings of one integration; faults are findings and count as absent."""
    if own := _READERS.get(channel.kind):
        return own(section, reading)
    values: dict[str, Any] = {}
    if channel.auth:
        values[channel.auth] = read_http_auth(section, reading.secrets)
    else:
        reading.secrets.http_config(section)
    refused = _refuse(section, channel)
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
        case "secret" | "number_or_file":
            return _secret(section, key, reading, required=required)
        case "flag":
            inherited = reading.global_.flag(key.inherits, default=key.default) if key.inherits else key.default
            return {key.field: section.flag(key.name, default=inherited)}
        case "whole":
            return {key.field: section.whole(key.name, key.default, low=0, high=2**31)}
        case "plain":
            return {key.field: plain_text(section, key.name) or key.default}
        case "items":
            return {key.field: _items(section, key)}
    text = section.text(key.name) or (reading.global_.text(key.inherits) if key.inherits else "") or key.default
    if required and not text:
        section.require(key.name, key.missing)
    if key.shape == "url" and section.get(key.name):
        check_url(section, key.name)
    return {key.field: text}


def _items(section: Section, key: ConfigKey) -> tuple[Any, ...]:
    """The entries of a list that are sent; each of the others has a warning."""
    entries = [(entry, _left_out(entry, key)) for entry in item_sections(section, key)]
    for entry, (code, problem, mend) in ((entry, found) for entry, found in entries if found):
        section.findings.warning(entry.place, code, f"{key.name}: {problem}", mend)
    sent = [entry for entry, found in entries if not found]
    if len(sent) > _MOST_ITEMS:
        message = f"{key.name}: {_MOST_ITEMS} are sent with each message, and {len(sent)} stand here"
        section.findings.warning(sent[_MOST_ITEMS].place, "not-obeyed", message, "remove some of them")
    assert key.made is not None
    return tuple(key.made(**{name: _text(entry, name) for name in key.items}) for entry in sent[:_MOST_ITEMS])


def _left_out(entry: Section, key: ConfigKey) -> tuple[str, str, str] | None:
    """Returns code, problem and mend of an entry that is not sent."""
    if any("{{" in _text(entry, name) for name in key.items):
        return "own-rendering", "alertrelay renders its own message", "write it without a template to be used"
    if not _text(entry, key.items[0]).lower().startswith(tuple(f"{scheme}://" for scheme in key.schemes)):
        return "not-obeyed", f"{key.items[0]!r} is no {' or '.join(key.schemes)} address", "https://…"
    return None


def _text(entry: Section, name: str) -> str:
    value = entry.get(name)
    return value.text if value is not None else ""


def _secret(section: Section, key: ConfigKey, reading: ReceiverContext, *, required: bool) -> dict[str, str]:
    """The name of the key that `<name>_file` names, here or under `global`; a value that may stand inline is kept."""
    values = {}
    held = section.has(key.name) or section.has(f"{key.name}_file")
    if key.inline_field:
        values[key.inline_field] = section.text(key.name)
        if section.has(key.name) and key.shape == "number_or_file":
            _check_number(section, key.name)
        elif section.has(key.name):
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


def _check_number(section: Section, name: str) -> None:
    """A whole number, which Alertmanager reads: a name such as @alerts is none."""
    text = section.text(name)
    if "{{" not in text and not re.fullmatch(r"-?[0-9]{1,19}", text):
        message = f"{text!r} is not a whole number"
        section.findings.error(section.at(name), "bad-value", message, "write the number, as in -1001234567890")
