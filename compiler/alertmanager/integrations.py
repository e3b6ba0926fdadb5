"""One integration of a receiver: its channel's settings, read by the data of the channel's keys.

Keys and their fallbacks to `global`: prometheus/alertmanager config/notifiers.go and config/config.go. What needs more
than data has a reader of its own in kinds/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from alertrelay.config.channel import FILES, ChannelDescriptor, ConfigKey, Settings, Shape

from compiler.alertmanager.http_auth import AUTHORIZATIONS, read_http_auth
from compiler.alertmanager.kinds.email import read_email
from compiler.alertmanager.kinds.reading import ReceiverContext, check_url, left_out, plain, plain_text, texts_of
from compiler.alertmanager.kinds.slack import read_slack
from compiler.alertmanager.kinds.sns import read_sns
from compiler.alertmanager.secret_urls import held_in
from compiler.alertmanager.shapes import item_sections
from compiler.reading.section import Section, check_texts

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
        auth = read_http_auth(section, reading.secrets)
        values[channel.auth] = auth
        if channel.auth_needed and not auth.keys and not _authorized(section, channel):
            _note_missing(section, channel)
    else:
        reading.secrets.http_config(section)
    refused = _refuse(section, channel)
    for key in channel.keys:
        if key.field:
            instead = key.instead and (section.has(key.instead) or section.has(f"{key.instead}_file"))
            values |= _value(section, key, reading, required=bool(key.missing) and not refused and not instead)
    return channel.settings(**values)


def _note_missing(section: Section, channel: ChannelDescriptor) -> None:
    """The finding for a call without any authorization: an error where Alertmanager would not start either."""
    if channel.auth_optional:
        message = f"{channel.title} is called without authorization, and refuses a call that not everybody may make"
        section.findings.warning(section.place, "no-authorization", message, channel.auth_needed)
    else:
        section.require("http_config.authorization", channel.auth_needed)


def _authorized(section: Section, channel: ChannelDescriptor) -> bool:
    """Returns whether it is said how a call is authorized, rightly or not: then that has a finding of its own."""
    if any(section.has(name) for key in channel.keys if key.shape == "secret" for name in key.names):
        return True
    inner = section.get("http_config")
    return inner is not None and any(Section(inner, section.findings).has(way) for way in AUTHORIZATIONS)


def _refuse(section: Section, channel: ChannelDescriptor) -> bool:
    """Returns whether a key stands there that is refused; one finding is enough, also for what is missing beside it."""
    for key in channel.keys:
        if key.use == "refused" and section.has(key.name):
            section.findings.error(section.at(key.name), "unsupported", key.problem, key.mend)
            return True
    return False


def _value(section: Section, key: ConfigKey, reading: ReceiverContext, *, required: bool) -> dict[str, Any]:
    if key.shape in FILES:
        return _secret(section, key, reading, required=required)
    if read := _SHAPES.get(key.shape):
        return {key.field: read(section, key)}
    if key.shape == "flag":
        inherited = reading.global_.flag(key.inherits, default=key.default) if key.inherits else key.default
        return {key.field: section.flag(key.name, default=inherited)}
    text = section.text(key.name) or (reading.global_.text(key.inherits) if key.inherits else "") or key.default
    if required and not text:
        section.require(key.name, key.missing)
    if key.shape == "url" and section.get(key.name):
        check_url(section, key.name)
    return {key.field: text}


def _plain(section: Section, key: ConfigKey) -> str:
    given = section.get(key.name)
    if "" in key.choices and given is not None and given.data == "":
        return ""
    if key.use == "filled" and "{{" in section.text(key.name):
        return str(key.default)
    return _choice(section, key, plain_text(section, key.name)) or str(key.default)


def _seconds(section: Section, key: ConfigKey) -> int:
    given = section.seconds(key.name)
    return int(key.default if given is None else given)


def _list(section: Section, key: ConfigKey) -> tuple[str, ...]:
    """The entries of a list of texts, without those in which a template stands."""
    found = section.list(key.name)
    check_texts(found, section.findings)
    for value in (one for one in found if "{{" in one.text and key.use != "filled"):
        left_out(section, key.name, value.place)
    return tuple(one.text for one in found if "{{" not in one.text)


def _choice(section: Section, key: ConfigKey, text: str) -> str:
    """Returns the one of the key's choices that a text is; any text where it has none."""
    if not text or not key.choices or text.upper() in key.choices:
        return text.upper() if key.choices else text
    mend = f"one of {', '.join(filter(None, key.choices))}"
    section.findings.error(section.at(key.name), "bad-value", f"{text!r} is not a {key.name}", mend)
    return ""


def _texts(section: Section, key: ConfigKey) -> dict[str, str]:
    """The entries of a mapping without templates; each of the others has a warning."""
    found = section.mapping(key.name)
    check_texts(found.values(), section.findings)
    for name in sorted(key.reserved & set(found)):
        message = f"{name!r} is a field of its own"
        section.findings.error(found[name].place, "bad-value", message, "give it another name")
    for value in (one for one in found.values() if "{{" in one.text and key.use != "filled"):
        left_out(section, key.name, value.place)
    return {name: one.text for name, one in found.items() if "{{" not in one.text}


def _json(section: Section, key: ConfigKey) -> dict[str, Any]:
    """A mapping of anything, without the entries in which a template stands: what they give stands in a message."""
    given = section.mapping(key.name)
    return {name: plain(one) for name, one in given.items() if not any("{{" in text for text in texts_of(one))}


def _items(section: Section, key: ConfigKey) -> tuple[Any, ...]:
    """The entries of a list that are sent as they stand; each that never is has a warning."""
    entries = [
        entry for entry in item_sections(section, key) if not any("{{" in _text(entry, name) for name in key.items)
    ]
    wrong = [entry for entry in entries if key.schemes and not _is_address(_text(entry, key.items[0]), key)]
    for entry in wrong:
        message = f"{key.name}: {key.items[0]!r} is no {' or '.join(key.schemes)} address"
        section.findings.warning(entry.place, "not-obeyed", message, "https://…")
    sent = [entry for entry in entries if entry not in wrong]
    if len(sent) > _MOST_ITEMS:
        message = f"{key.name}: {_MOST_ITEMS} are sent with each message, and {len(sent)} stand here"
        section.findings.warning(sent[_MOST_ITEMS].place, "not-obeyed", message, "remove some of them")
    assert key.made is not None
    return tuple(key.made(**{name: _text(entry, name) for name in key.items}) for entry in sent[:_MOST_ITEMS])


def _is_address(text: str, key: ConfigKey) -> bool:
    return text.lower().startswith(tuple(f"{scheme}://" for scheme in key.schemes))


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
            _note_address(section, key)
    found = reading.secrets.one_of(section, key.name, inline=bool(key.inline_field))
    if not held and key.inherits:
        found = reading.secrets.one_of(reading.global_, key.inherits)
        held = reading.global_.has(key.inherits) or reading.global_.has(f"{key.inherits}_file")
    if required and not held:
        section.require(f"{key.name}_file", key.missing)
    return values | {key.field: found}


def _note_address(section: Section, key: ConfigKey) -> None:
    """The finding for an address in plain text, by what it holds. It is not shown."""
    held, place = held_in(section.text(key.name)), section.at(key.name)
    instead = f"write `{key.name}_file: /etc/alertmanager/secrets/NAME` and put it in the secret as NAME"
    if held == "a password":
        other = "" if key.shape == "url_or_file" else ", or use http_config.basic_auth with a password_file"
        mend = f"{instead}{other}: `check --fix` does it"
        section.findings.error(place, "inline-secret", f"{key.name!r} holds a password in plain text", mend)
    elif held == "a token":
        message = "the address holds what looks like a token, in plain text"
        section.findings.warning(place, "inline-url", message, f"{instead}: `check --fix` does it")
    elif key.shape != "url_or_file":
        mend = f"if it holds a token: `{key.name}_file: /etc/alertmanager/secrets/NAME`"
        section.findings.warning(place, "inline-url", "the address stands in plain text", mend)


def _check_number(section: Section, name: str) -> None:
    """A whole number, which Alertmanager reads: a name such as @alerts is none."""
    text = section.text(name)
    if "{{" not in text and not re.fullmatch(r"-?[0-9]{1,19}", text):
        message = f"{text!r} is not a whole number"
        section.findings.error(section.at(name), "bad-value", message, "write the number, as in -1001234567890")


_SHAPES: Mapping[Shape, Callable[[Section, ConfigKey], Any]] = {
    "whole": lambda section, key: section.whole(key.name, key.default, low=0, high=2**31),
    "plain": _plain,
    "seconds": _seconds,
    "list": _list,
    "json": _json,
    "texts": _texts,
    "items": _items,
}
"""The readers of the shapes whose value is the integration's own alone."""
