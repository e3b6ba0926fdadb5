"""Shares what the readers of all kinds need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from compiler.alertmanager.secretkeys import SecretKeyPaths
from compiler.delivery import Transport
from compiler.reading.finding import Findings
from compiler.reading.section import Section
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
    """A text without templates; one with is named in a warning and left out."""
    text = section.text(key)
    if "{{" in text:
        message = f"{key}: alertrelay renders its own message"
        section.findings.warning(section.at(key), "own-rendering", message, "write it without a template to be used")
        return ""
    return text
