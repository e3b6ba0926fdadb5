"""What each folder of tests/channels/ states of its kind, so that the shared suites try it: `EXAMPLE` in example.py."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import cast

from alertrelay.alert import Integration
from alertrelay.channels import KINDS, channel
from alertrelay.config.channel import Settings
from alertrelay.config.model import Target
from alertrelay.notification import Message
from alertrelay.ports import Key


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
    return {kind: cast(Example, import_module(f"tests.channels.{kind}.example").EXAMPLE) for kind in KINDS}


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
            title = sent.answers or (channel(kind).title if way == kind else way)
            found[title[:1].upper() + title[1:]] = way
    return found
