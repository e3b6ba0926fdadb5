"""An example of each kind, which the shared suites try: that of the ways which its stand-in states, or `EXAMPLE` of
tests/channels/<kind>/example.py where there is one."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from alertrelay.alert import Integration
from alertrelay.channels import KINDS, channel, render
from alertrelay.config.channel import Settings
from alertrelay.config.model import Target
from alertrelay.notification import Message
from alertrelay.ports import Key

from compiler.alertmanager.file import parse_alertmanager
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse
from local.standins import peer
from tests.render.checks import check_clean, check_json
from tests.render.notifications import CASES

SOME_CASES = ("critical-everything", "group-of-four", "resolved", "fallback", "hostile")
"""What has golden files where an example names no cases."""


def as_json(message: Message) -> dict[str, str]:
    """The message as one golden file."""
    return {"json": json.dumps(message, indent=2, ensure_ascii=False) + "\n"}


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """One way in which the channel renders. `check` holds what the service accepts, from its own documents. `cases` are
    those of tests/render/notifications.py that have golden files, None for all; `files` makes them, by ending."""

    settings: Settings
    check: Callable[[Message], None]
    cases: Collection[str] | None = None
    files: Callable[[Message], Mapping[str, str]] = as_json


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One way in which the channel sends. `secret` is the value of its key, obviously none, and `parts` are texts of it
    that must be seen nowhere. `delivered` are the faults that this peer's sender takes for success. `answers` is its
    section of docs/answers.md, where that is not the channel's title or the way's name."""

    settings: Settings
    message: Message
    secret: str
    parts: tuple[str, ...]
    delivered: tuple[str, ...] = ()
    answers: str = ""


@dataclass(frozen=True, kw_only=True)
class Example:
    """`rendered` by the name of golden files, `sent` by the name of a test's case."""

    rendered: Mapping[str, Rendered]
    sent: Mapping[str, Sent] = field(default_factory=dict)


@functools.cache
def examples() -> Mapping[str, Example]:
    """The example of each kind."""
    return {kind: _own(kind) if _has_own(kind) else _stated(kind) for kind in KINDS}


def _has_own(kind: str) -> bool:
    return bool(find_spec(f"tests.channels.{kind}") and find_spec(f"tests.channels.{kind}.example"))


def _own(kind: str) -> Example:
    return cast(Example, import_module(f"tests.channels.{kind}.example").EXAMPLE)


def _stated(kind: str) -> Example:
    """The example that follows from a stand-in's own words."""
    ways = {way: read(kind, config)[0][0] for way, config in peer(kind).ways.items()}
    return Example(
        rendered={way: Rendered(settings=one, check=_taken_by(kind), cases=SOME_CASES) for way, one in ways.items()},
        sent={way: _sent(kind, one) for way, one in ways.items()},
    )


def _taken_by(kind: str) -> Callable[[Message], None]:
    def check(message: Message) -> None:
        check_json(message)
        if peer(kind).for_people:
            check_clean(message)
        assert list(peer(kind).problems(message)) == []

    return check


def _sent(kind: str, settings: Settings) -> Sent:
    secrets = [peer(kind).fake_key(name, settings) for name in settings.key_name.split()]
    return Sent(
        settings=settings,
        message=render(CASES["critical-everything"], target(settings)),
        secret="\n".join(secrets),
        parts=tuple(piece for secret in secrets for piece in re.split(r"[/?&=:]", secret) if "FAKE" in piece),
    )


def read(kind: str, config: str) -> tuple[list[Settings], list[Finding]]:
    """The settings of an integration as it stands in alertmanager.yml, in YAML's flow style, and what is found in it.
    What stands before a `|` is of `global`."""
    findings = Findings()
    global_, _, own = config.rpartition("|")
    text = f"global: {{{global_}}}\nroute: {{receiver: r}}\nreceivers:\n  - name: r\n"
    root = parse(f"{text}    {channel(kind).configs}: [{{{own}}}]\n", findings, file="alertmanager.yml")
    assert root is not None
    parsed = parse_alertmanager(root, findings)
    assert parsed is not None
    return [target.settings for target in parsed.receivers[0].targets], list(findings.sorted())


def target(settings: Settings) -> Target:
    """A target of the channel that these settings are of."""
    kind = next(kind for kind in KINDS if channel(kind).settings is type(settings))
    integration = Integration(receiver="oncall", channel=kind, index=0)
    return Target(integration=integration, send_resolved=True, settings=settings)


def key(sent: Sent) -> Key:
    """The key that is needed to send."""
    return Key(sent.settings.key_name, sent.secret, "0a1b2c3d")


def all_rendered() -> dict[str, Rendered]:
    """Every way of rendering, by the name of its golden files."""
    return {name: rendered for example in examples().values() for name, rendered in example.rendered.items()}


def all_sent() -> dict[str, Sent]:
    """Every way of sending by a socket of ours, by its name."""
    return {name: sent for example in examples().values() for name, sent in example.sent.items()}


def answers_of() -> dict[str, str]:
    """Every way of sending by the title of its section in docs/answers.md."""
    found = {}
    for kind, example in examples().items():
        for way, sent in example.sent.items():
            title = sent.answers or (channel(kind).title.removeprefix("the ") if way == kind else way)
            found[title[:1].upper() + title[1:]] = way
    return found
