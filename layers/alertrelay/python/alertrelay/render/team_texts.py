"""Renders the team's own texts for a message: the templates of its alertmanager.yml, run on the notification.

A text that fails is left out, so that ours stands in its place, and is named in the message and to ops.
A compiled text is a string without templates, {"t": tree}, {"m": mapping} or {"l": list} of such, {"p": pairs} for a
mapping whose names are texts too, or {"v": value}.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from alertrelay.alert import Labels
from alertrelay.config.channel import ConfigKey, Settings
from alertrelay.config.model import Target
from alertrelay.notification import Notification
from alertrelay.render.templates.structured import valued
from alertrelay.render.text import clean, cut, link, one_line, short

_SETTING = 1800
_MOST_ITEMS = 20


def with_team_texts(notification: Notification, texts: Mapping[str, Any], *, most: int = 0) -> Notification:
    """Returns the notification with the texts of its target rendered, which see `most` alerts, 0 for all. A digest,
    which has no alerts of its own but a list, and a message whose alerts could not be read keep ours, but for a whole
    body of the team's own. Raises NotRendered where that fails, and nothing else."""
    fields, body = texts.get("fields", {}), texts.get("body", {})
    if notification.listing is not None or not notification.alerts:
        fields = {}
    if not fields and not body:
        return notification
    from alertrelay.render.template_run import rendered  # who has no templates does not wait for it

    seen = replace(notification, alerts=notification.alerts[: most or None])
    found, failures = rendered(texts["templates"], {**fields, **body}, seen)
    if not body.keys() <= found.keys():
        raise NotRendered(f"a template failed ({'; '.join(failures)})")
    return replace(notification, texts=found, text_failures=failures)


def text(notification: Notification, key: str) -> str:
    """Returns the team's text for a key: "" where it set none, where it failed, or where nothing but space came out.

    This is the one way in which a channel takes a text of the team's own."""
    found = notification.texts.get(key, "")
    return clean(found).strip() if isinstance(found, str) else ""


def filled(settings: Settings, keys: Iterable[ConfigKey], notification: Notification) -> Settings:
    """Returns the settings with what the team's templates in them gave for this notification. What came out empty, or
    is none of a key's choices or no address where it has to be one, leaves the setting as it is."""
    given = {
        key: notification.texts[key.name] for key in keys if key.use == "filled" and key.name in notification.texts
    }
    found = {key.field: made for key, value in given.items() if (made := _made(key, value))}
    return replace(settings, **found)


def _made(key: ConfigKey, value: Any) -> Any:
    """Returns what a setting becomes by a rendered value; nothing where that says nothing."""
    match value:
        case Mapping() if key.shape == "json":
            return {name: made for name, made in valued(value).items() if made not in ("", None)}
        case Mapping():
            texts = {name: clean(str(one)) for name, one in value.items()}
            return {name: one for name, one in texts.items() if one}
        case list() if key.made is not None:
            entries = [{name: clean(str(one.get(name, ""))) for name in key.items} for one in value]
            return tuple(key.made(**one) for one in entries[:_MOST_ITEMS] if one[key.items[0]])
        case list():
            return tuple(words for one in value if (words := short(str(one), _SETTING)))
        case str():
            return _fitting(key, short(value, _SETTING))
    return None


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


def addressed(target: Target, group_labels: Labels, *, now: datetime) -> Target:
    """Returns the target with what decides where its messages of a group go, rendered from the group's labels where
    that holds a template. Raises NotAllowed where the result is none of those that delivery.yml allows."""
    decides = target.texts.get("decides")
    if not decides:
        return target
    from alertrelay.render.template_run import decided  # who has no templates does not wait for it

    found = {}
    for key, rule in decides.items():
        value = decided(rule, group_labels, now)
        if value not in rule["allowed"]:
            raise NotAllowed(f"the template of {key} gives what delivery.yml does not list: {cut(one_line(value), 80)}")
        found[key] = value
    return replace(target, settings=target.settings.at(found))


def addressed_if_allowed(target: Target | None, group_labels: Labels, *, now: datetime) -> Target | None:
    """Returns `addressed`; the target as it is where that would raise, which its delivery then reports."""
    try:
        return addressed(target, group_labels, now=now) if target else None
    except NotAllowed:
        return target


class NotRendered(ValueError):
    """A whole body of the team's own that its templates do not give. Its text is safe to show."""


class NotAllowed(ValueError):
    """A place that delivery.yml does not list. Its text is safe to show."""
