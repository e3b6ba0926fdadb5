"""A chat message with texts of the team's own: their markup as it is, our notices above and our footer below."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import unescape

from alertrelay.notification import Notification
from alertrelay.render import chat, notice, plain, wording
from alertrelay.render.chat import Markup
from alertrelay.render.team_texts import text
from alertrelay.render.text import cut, link, one_line, width

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_FOOTER = 700
_TITLE = 600
_FIELDS = 20

Safe = Callable[[str], str]
"""Returns the team's markup without what the chat would drop or take for something else."""


def as_it_is(given: str) -> str:
    """Return the team's markup where a chat shows all of it."""
    return given


def untagged(given: str) -> str:
    """Return the words of a text in HTML."""
    return unescape(_TAG.sub("", given))


def fitted(given: str, limit: int, size: Callable[[str], int] = width) -> str:
    """Return the team's text, cut where it is more than fits."""
    shown = given
    for most in (limit, limit // 3, limit // 6):
        shown = cut(given, most)
        if size(shown) <= limit:
            break
    return shown


def framed(notification: Notification, markup: Markup, limit: int, own: Callable[[int], str]) -> str:
    """Return what `own` makes of the room that is left for it, with our notices above, and how many alerts it cannot
    name and our footer below."""
    sign, gap = notice.icon(notification), 2 * markup.line
    above = [f"{sign} {markup.bold(markup.text(one, limit // 6))}" for one in notice.sentences(notification)]
    more = wording.more(notification.not_shown)
    below = [markup.italic(markup.escape(more))] if more else []
    below.append(markup.text(plain.footer(notification), min(_FOOTER, limit // 4)))
    room = limit - sum(markup.size(part) + markup.size(gap) for part in (*above, *below))
    return gap.join([*above, own(room), *below])


def body(notification: Notification, markup: Markup, limit: int, key: str, safe: Safe = as_it_is) -> str:
    """Return the team's text of a key, framed, with its fields behind; "" where it set none."""
    given = text(notification, key)
    if not given:
        return ""
    own = "\n\n".join(part for part in (safe(given), "\n".join(fields(notification, markup, safe))) if part)
    return framed(notification, markup, limit, lambda room: fitted(_lines(own, markup), room, markup.size))


def headline(notification: Notification, markup: Markup, limit: int) -> str:
    """Return the line that a phone shows: with the team's title and its link, or ours."""
    words = one_line(text(notification, "title"))
    if not words:
        return chat.headline(notification, markup, limit)
    mark, href = notice.mark(notification), link(text(notification, "title_link"))
    head = f"{notice.icon(notification)} {markup.escape(mark)}: " if mark else ""
    shown = markup.text(words, min(_TITLE, limit // 2))
    linked = markup.link(shown, href) if href else shown
    whole = f"{head}{wording.icon(notification)} {markup.bold(linked)}"
    return whole if markup.size(whole) <= limit else f"{head}{wording.icon(notification)} {markup.bold(shown)}"


def whole(notification: Notification, markup: Markup, limit: int, *, safe: Safe = as_it_is) -> str:
    """Return the message of a chat that knows `title`, `title_link`, `pretext`, `text` and `fields`: each is ours that
    the team did not set."""
    head, gap = headline(notification, markup, min(2000, limit // 3)), 2 * markup.line
    if pretext := text(notification, "pretext"):
        head += gap + fitted(_lines(safe(pretext), markup), limit // 6, markup.size)
    room = limit - markup.size(head) - markup.size(gap)
    if own := body(notification, markup, room, "text", safe):
        return head + gap + own
    return head + gap + chat.details(notification, markup, room, fields=fields(notification, markup, safe))


def fields(notification: Notification, markup: Markup, safe: Safe) -> Sequence[str]:
    """Return the team's fields, a line each."""
    found = notification.texts.get("fields", ())
    return [
        f"{markup.bold(markup.text(one_line(str(one.get('title', ''))), 200))}: "
        f"{fitted(_lines(safe(str(one.get('value', '')).strip()), markup), 500, markup.size)}"
        for one in found[:_FIELDS]
    ]


def _lines(given: str, markup: Markup) -> str:
    return given.replace("\n", markup.line)
