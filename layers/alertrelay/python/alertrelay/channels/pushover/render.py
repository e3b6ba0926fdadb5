"""Pushover: a title and plain text, since HTML would drop what stands in angle brackets.

Source: pushover.net/api: message 1,024, title 250, url 512, url_title 100 characters; an emergency (priority 2) needs
`retry` of at least 30 and `expire` of at most 10,800 seconds, and rings on until somebody acknowledges it.
"""

from __future__ import annotations

from typing import Any

from alertrelay.channels.pushover import PushoverSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import facts, notice, plain, wording
from alertrelay.render.text import cut

_MESSAGE = 1000
_TITLE = 240
_URL = 512
_EMERGENCY = "2"


def render(notification: Notification, settings: PushoverSettings) -> Message:
    """Returns the body without `token` and `user`, which the sender adds. Whatever fires rings on, as Alertmanager has
    it, unless a priority is configured; what has resolved is of normal priority, and `cancel` names the emergencies
    that end with it."""
    mark, found = notice.mark(notification), facts.of(notification)
    title = f"{notice.icon(notification)} {mark}: " if mark else ""
    title += f"{wording.icon(notification)} {wording.headline(notification)}"
    priority = _priority(notification, settings)
    link = next((fact for fact in found.links if fact.href and len(fact.href) <= _URL), None)
    message: dict[str, Any] = {
        "title": cut(title, _TITLE),
        "message": cut(_text(notification, found), _MESSAGE),
        "priority": int(priority),
        "timestamp": int(notification.at.timestamp()),
        "url": link.href if link else "",
        "url_title": link.name if link else "",
        "device": settings.device,
        "sound": settings.sound,
    }
    if priority == _EMERGENCY:
        message |= {"retry": max(30, settings.retry), "expire": min(10_800, settings.expire)}
        message["tags"] = notification.dedup_key
    elif settings.ttl:
        message["ttl"] = settings.ttl
    if wording.over(notification):
        message["cancel"] = notification.dedup_key
    return {name: value for name, value in message.items() if value != ""}


def _priority(notification: Notification, settings: PushoverSettings) -> str:
    if wording.over(notification):
        return "0"
    return settings.priority or _EMERGENCY


def _text(notification: Notification, found: facts.FactSheet) -> str:
    """The facts in the order in which a person asks for them, without what a phone has no room for."""
    rows = [found.timing, *found.measure, *found.impact, *found.where]
    parts = [
        *notice.sentences(notification),
        cut(found.description, 450),
        "\n".join(f"{row.name}: {row.text}" for row in rows),
        plain.others(notification),
    ]
    return "\n\n".join(part for part in parts if part)
