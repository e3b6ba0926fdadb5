"""The channels: one folder a kind, each with the same three files.

`__init__.py` states the kind as data (`CHANNEL`) and holds its settings, `render.py` shapes a message and is pure,
`sender.py` sends it and alone opens a socket. What senders share is in transport/. To add a kind: its folder, and its
name in `KINDS` (docs/channels.md).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from importlib import import_module
from typing import Any, cast

from alertrelay.config.channel import ChannelDescriptor, Settings
from alertrelay.config.model import Target
from alertrelay.notification import Message, Notification
from alertrelay.render.team_texts import filled, with_team_texts

KINDS = (
    "pagerduty",
    "slack",
    "email",
    "sns",
    "webhook",
    "msteamsv2",
    "telegram",
    "discord",
    "opsgenie",
    "victorops",
    "webex",
    "pushover",
    "rocketchat",
    "mattermost",
    "incidentio",
    "jira",
)
OWN_FORWARDERS = ("pagerduty", "slack")
"""The kinds that a function of their own sends to, named `<kind>-forwarder`; SHARED_FORWARDER sends to all others."""
SHARED_FORWARDER = "email-forwarder"
SHARED_SURVEY = "email-msteamsv2-sns-webhook"
"""The name that the table keeps the shared forwarder's survey under, of the kinds that it once had."""
Renderer = Callable[[Notification, Any], Message]
"""Takes a notification and the settings of its target."""


@functools.cache
def channel(kind: str) -> ChannelDescriptor:
    """Return the descriptor of a kind. Raises ValueError for one that there is not."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a channel: one of {', '.join(KINDS)} was expected")
    return cast(ChannelDescriptor, import_module(f"{__name__}.{kind}").CHANNEL)


def settings_of(kind: str) -> type[Settings]:
    """Return the settings' type of a kind, for Config.from_json. Raises ValueError."""
    return channel(kind).settings


def forwarders() -> dict[str, tuple[str, ...]]:
    """Return the kinds that each forwarder sends to, by its name."""
    own = {f"{kind}-forwarder": (kind,) for kind in OWN_FORWARDERS}
    return {**own, SHARED_FORWARDER: shared_forwarder()}


def shared_forwarder() -> tuple[str, ...]:
    """Return the kinds that have no forwarder of their own: the e-mail forwarder sends to them."""
    return tuple(kind for kind in KINDS if kind not in OWN_FORWARDERS)


def survey_name(kinds: Collection[str]) -> str:
    """Return the name that a forwarder of some kinds keeps its survey under. A further kind changes none."""
    return SHARED_SURVEY if set(kinds) == set(shared_forwarder()) else "-".join(sorted(kinds))


def load(kinds: Iterable[str]) -> None:
    """Import the renderers and senders of some kinds, so that the first message does not wait for it."""
    for kind in kinds:
        import_module(f"{__name__}.{kind}.render")
        import_module(f"{__name__}.{kind}.sender")


def named(notification: Notification) -> Notification:
    """Return the notification with the own words of the channel that failed: a renderer knows its own channel only."""
    failed = notification.failed
    if not failed or failed.title or failed.integration.channel not in KINDS:
        return notification
    names = channel(failed.integration.channel)
    return replace(notification, failed=replace(failed, title=names.title, message=names.message))


def prepared(notification: Notification, target: Target) -> Notification:
    """Return the notification as its target's renderer takes it: with names, and with the team's own texts."""
    return with_team_texts(named(notification), target.texts, most=target.settings.most_alerts)


def renderer(target: Target) -> Renderer:
    """Return the function that gives a notification the shape of the target's channel."""
    render = cast(Renderer, import_module(f"{__name__}.{target.integration.channel}.render").render)
    keys = channel(target.integration.channel).keys if target.texts.get("fields") else ()
    if not any(key.use == "filled" and key.name in target.texts["fields"] for key in keys):
        return render
    return lambda notification, settings: render(notification, filled(settings, keys, notification))


def render(notification: Notification, target: Target) -> Message:
    """Return the message that the target's channel is to be sent, in that channel's own shape."""
    return renderer(target)(prepared(notification, target), target.settings)
