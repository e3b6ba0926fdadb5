"""Pushover: a title and plain text, since HTML would drop what stands in angle brackets.

Source: pushover.net/api: message 1,024, title 250, url 512, url_title 100 characters; an emergency (priority 2) needs
`retry` of at least 30 and `expire` of at most 10,800 seconds, and rings on until somebody acknowledges it.
"""

from __future__ import annotations

from html import escape
from typing import Any

from alertrelay.channels.pushover import EMERGENCY, PushoverSettings
from alertrelay.notification import Message, Notification, Reason
from alertrelay.render import facts, notice, plain, wording
from alertrelay.render import team_texts as team
from alertrelay.render.chat_team import untagged
from alertrelay.render.facts import Fact
from alertrelay.render.text import cut, link, one_line, short

_MESSAGE = 1000
_TITLE = 240
_URL = 512
_URL_TITLE = 90
_FAILURE = 300


def render(notification: Notification, settings: PushoverSettings) -> Message:
    """Returns the body without `token` and `user`, which the sender adds. Whatever fires rings on, as Alertmanager has
    it, unless a priority is configured; what has resolved is of normal priority, and `cancel` names the emergencies
    that end with it. An acknowledgement has `cancel` alone."""
    if notification.reason is Reason.ACKNOWLEDGED:
        return {"cancel": notification.dedup_key}
    mark, found = notice.mark(notification), facts.of(notification)
    title = f"{notice.icon(notification)} {mark}: " if mark else ""
    words = one_line(team.text(notification, "title")) or wording.headline(notification)
    title += f"{wording.icon(notification)} {words}"
    priority = _priority(notification, settings)
    shown = _link(notification, found)
    message: dict[str, Any] = {
        "title": cut(title, _TITLE),
        **(_team(notification, settings) or {"message": cut(_text(notification, found), _MESSAGE)}),
        "priority": int(priority),
        "timestamp": int(notification.at.timestamp()),
        "url": shown.href if shown else "",
        "url_title": shown.name if shown else "",
        "device": settings.device,
        "sound": settings.sound,
    }
    if priority == EMERGENCY:
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
    return settings.priority or EMERGENCY


def _text(notification: Notification, found: facts.FactSheet) -> str:
    """Returns the facts in the order in which a person asks for them, without what a phone has no room for."""
    rows = [found.timing, *found.measure, *found.impact, *found.where]
    parts = [
        *notice.sentences(notification),
        cut(found.description, 250 if notification.text_failures else 450),
        "\n".join(f"{row.name}: {row.text}" for row in rows),
        plain.others(notification),
        cut(team.failure_sentence(notification), _FAILURE),
    ]
    return "\n\n".join(part for part in parts if part)


def _link(notification: Notification, found: facts.FactSheet) -> Fact | None:
    """The team's link, or the first of ours that is short enough."""
    own = link(team.text(notification, "url"))
    name = short(team.text(notification, "url_title"), _URL_TITLE)
    if own and len(own) <= _URL:
        return Fact(name=name or "Open", text=own, href=own)
    return next((fact for fact in found.links if fact.href and len(fact.href) <= _URL), None)


def _team(notification: Notification, settings: PushoverSettings) -> dict[str, Any]:
    """Returns the team's message with our notices above, as HTML or in a fixed width where it says so; nothing where it
    set none. HTML that is too long loses its tags, since half a tag is none."""
    own = team.text(notification, "message")
    if not own:
        return {}
    above = "\n".join(notice.sentences(notification))
    below = cut(team.failure_sentence(notification), _FAILURE)
    tagged = "\n\n".join(part for part in (escape(above), own, escape(below)) if part)
    if settings.html and len(tagged) <= _MESSAGE:
        return {"message": tagged, "html": 1}
    words = untagged(own) if settings.html else own
    room = _MESSAGE - sum(len(part) + 2 for part in (above, below) if part)
    message = "\n\n".join(part for part in (above, cut(words, max(room, 100)), below) if part)
    look = {"monospace": 1} if settings.monospace and not settings.html else {}
    return {"message": cut(message, _MESSAGE), **look}
