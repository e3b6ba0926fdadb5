"""The types of the keys that alertrelay only looks at: Alertmanager would not start with a wrong one."""

from __future__ import annotations

import re
from collections import Counter

from alertrelay.config.channel import ConfigKey

from compiler.alertmanager.secretkeys import SecretKeyPaths
from compiler.reading.section import Section, check_texts, section_of

_CONFIRM_KEYS = ("title", "text", "ok_text", "dismiss_text")


def check_shape(section: Section, key: ConfigKey, secrets: SecretKeyPaths) -> None:
    """Report a value of another shape than the key's own."""
    match key.shape:
        case "any":
            pass
        case "mapping":
            section.mapping(key.name)
        case "texts" | "sigv4":
            check_texts(section.mapping(key.name).values(), section.findings)
        case "headers":
            _check_headers(section, key.name)
        case "tls_config":
            secrets.tls_config(section, key.name)
        case "list":
            check_texts(section.list(key.name), section.findings)
        case "items" | "actions":
            item_sections(section, key)
        case "flag":
            section.flag(key.name, default=False)
        case "seconds":
            _check_go_duration(section, key.name)
        case _:
            section.text(key.name)


_GO_DURATION = re.compile(r"[+-]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)")
"""Source: go.dev/pkg/time#ParseDuration."""


def _check_go_duration(section: Section, key: str) -> None:
    """A time-out is a duration of Go, unlike the timers of a route: fractions are right, days are wrong."""
    text = section.text(key)
    if text and not _GO_DURATION.fullmatch(text):
        message = f"{text!r} is not a duration of Go"
        section.findings.error(section.at(key), "bad-duration", message, "write it as 1.5s, 5s or 1m30s")


def _check_headers(section: Section, key: str) -> None:
    headers = section.mapping(key)
    check_texts(headers.values(), section.findings)
    names = Counter(name.title() for name in headers)
    if any(count > 1 for count in names.values()):
        message = "a header is defined twice: capital letters make no difference"
        section.findings.error(section.at(key), "duplicate-name", message, "remove one of the two")


def item_sections(section: Section, key: ConfigKey) -> list[Section]:
    """Return each mapping of a list; an unknown key, a missing one and a value of another type are findings."""
    found = []
    for item in section.list(key.name):
        inner = section_of(item, key.items, section.findings)
        if inner is None:
            continue
        for needed in key.needed:
            inner.require(needed, f"each of {key.name} has {' and '.join(key.needed)}")
        inner.flag("short", default=False)
        check_texts((inner.items[name] for name in inner.items if name != "confirm"), section.findings)
        if key.shape == "actions":
            _check_action(inner)
        found.append(inner)
    return found


def _check_action(action: Section) -> None:
    if not (action.has("url") or action.has("name")):
        action.require("url", "each of actions has a url or a name")
    confirm = action.section("confirm", _CONFIRM_KEYS)
    if confirm:
        confirm.require("text", "a confirm has a text")
        check_texts(confirm.items.values(), action.findings)
