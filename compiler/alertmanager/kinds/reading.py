"""Shares what the readers of all kinds need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from compiler.alertmanager.secretkeys import SecretKeyPaths
from compiler.delivery import Transport
from compiler.reading.finding import Findings, Place
from compiler.reading.section import Section
from compiler.reading.yamlfile import Value
from compiler.templates.files import TemplateFiles
from compiler.templates.library import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverContext:
    """The needs of every receiver: `global`, the secret's keys, where findings go, and of e-mail the transport, the
    addresses that are on call, and the zone of its times; of texts the templates that they may call, and by
    receiver and key what a template may give that decides who is notified."""

    global_: Section
    secrets: SecretKeyPaths
    findings: Findings
    transport: Transport
    on_call: tuple[str, ...] = ()
    time_zone: str = ""
    allowed: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    templates: TemplateFiles = field(default_factory=lambda: TemplateFiles(Library()))


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
        section.findings.error(section.at(key), "bad-value", f"{key!r} is not an http or https address", "https://…")


def plain_text(section: Section, key: str) -> str:
    """A text of the operator's own that is sent as it stands: every such field is read here. One with a template is
    named in a warning and left out."""
    text = section.text(key)
    if "{{" in text:
        left_out(section, key, section.at(key))
        return ""
    return text


def left_out(section: Section, key: str, place: Place) -> None:
    """The warning for a text that is not sent, because a template stands in it."""
    message = f"{key}: alertrelay renders its own message"
    section.findings.warning(place, "own-rendering", message, "write it without a template to be used")


def texts_of(value: Value | None) -> Iterator[str]:
    """Yield the texts of a value, also of what stands within it."""
    if value is not None and not isinstance(value.data, tuple | Mapping):
        yield value.text
    for inner in _inner(value):
        yield from texts_of(inner)


def _inner(value: Value | None) -> Iterable[Value]:
    data = value.data if value is not None else None
    return data.values() if isinstance(data, Mapping) else data if isinstance(data, tuple) else ()


def plain(value: Value) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value.data, Mapping):
        return {name: plain(inner) for name, inner in value.data.items()}
    return [plain(inner) for inner in value.data] if isinstance(value.data, tuple) else value.data
