"""Renders the team's own texts for a message: the templates of its alertmanager.yml, run on the notification.

A text that fails is left out, so that ours stands in its place, and is named in the message and to ops.
A compiled text is a string without templates, {"t": tree}, {"m": mapping} or {"l": list} of such, or {"v": value}.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from alertrelay.config.channel import ConfigKey, Settings
from alertrelay.config.model import Target
from alertrelay.notification import Notification
from alertrelay.render.text import clean, cut, link, one_line, short

_SETTING = 1800


def with_team_texts(notification: Notification, texts: Mapping[str, Any]) -> Notification:
    """Returns the notification with the texts of its target rendered. A digest, which has no alerts of its own but a
    list, and a message whose alerts could not be read keep ours. Never raises."""
    if not texts.get("fields") or notification.listing is not None or not notification.alerts:
        return notification
    from alertrelay.render.template_run import rendered  # who has no templates does not wait for it

    found, failures = rendered(texts, notification)
    return replace(notification, texts=found, text_failures=failures)


def text(notification: Notification, key: str) -> str:
    """Returns the team's text for a key: "" where it set none, where it failed, or where nothing but space came out.

    This is the one way in which a channel takes a text of the team's own."""
    found = notification.texts.get(key, "")
    return clean(found).strip() if isinstance(found, str) else ""


def filled(settings: Settings, keys: Iterable[ConfigKey], notification: Notification) -> Settings:
    """Returns the settings with what the team's templates in them gave for this notification. What came out empty, or
    is none of a key's choices or no address where it has to be one, leaves the setting as it is."""
    found: dict[str, Any] = {}
    for key in keys:
        value = notification.texts.get(key.name) if key.use == "filled" else None
        if isinstance(value, Mapping):
            given = {name: clean(str(one)) for name, one in value.items()}
            found[key.field] = {name: one for name, one in given.items() if one}
        elif isinstance(value, str) and (words := _fitting(key, short(value, _SETTING))):
            found[key.field] = words
    return replace(settings, **found)


def _fitting(key: ConfigKey, words: str) -> str:
    if key.schemes:
        return link(words)
    if key.choices:
        return words.upper() if words.upper() in key.choices else ""
    return words


def failure_sentence(notification: Notification) -> str:
    """Returns the sentence that names the texts which could not be rendered, "" where all could."""
    if not notification.text_failures:
        return ""
    named = cut(one_line("; ".join(notification.text_failures)), 300)
    return f"A template of alertmanager.yml failed, and alertrelay's own text stands in its place: {named}"


def addressed(target: Target, notification: Notification) -> Target:
    """Returns the target with what decides where its message goes, rendered from the group's labels where that holds a
    template. Raises NotAllowed where the result is none of those that delivery.yml allows."""
    decides = target.texts.get("decides")
    if not decides:
        return target
    from alertrelay.render.template_run import decided  # who has no templates does not wait for it

    found = {}
    for key, rule in decides.items():
        value = decided(rule["t"], notification)
        if value not in rule["allowed"]:
            raise NotAllowed(f"the template of {key} gives what delivery.yml does not list: {cut(one_line(value), 80)}")
        found[key] = value
    return replace(target, settings=replace(target.settings, **found))


class NotAllowed(ValueError):
    """A place that delivery.yml does not list. Its text is safe to show."""
