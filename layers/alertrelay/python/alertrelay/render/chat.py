"""A notification as the text of a chat message, in the chat's own markup and within its limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alertrelay.notification import Notification
from alertrelay.render import facts, group_lines, notice, plain, wording
from alertrelay.render.facts import Fact
from alertrelay.render.text import cut, one_line, width

_MENTION = re.compile(r"(?<![\w.])@(?=\w)")
_LINES = 12
_LISTED = 60
_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """How a chat marks text up. `escape` takes text as it came, and so do `code` (on one line) and `block`; `bold` and
    `italic` take what is escaped, `link` an escaped name and an address. `size` counts as the service does, and `line`
    ends a line. `broken`: characters that do not come through code as they are."""

    escape: Callable[[str], str]
    bold: Callable[[str], str]
    italic: Callable[[str], str]
    code: Callable[[str], str]
    block: Callable[[str], str]
    link: Callable[[str, str], str]
    size: Callable[[str], int] = width
    line: str = "\n"
    broken: frozenset[str] = frozenset("`")

    def text(self, text: str, limit: int) -> str:
        """Returns a text, escaped and at most `limit` long with its escapes."""
        shown = ""
        for most in (limit, limit // 2, limit // 6):
            shown = self.escape(cut(text, most))
            if self.size(shown) <= limit:
                break
        return shown


def unmentioned(text: str) -> str:
    """Return a text that mentions nobody: an invisible joiner stands behind each `@` that begins a word."""
    return _MENTION.sub("@\u2060", text) if "@" in text else text


def headline(notification: Notification, markup: Markup, limit: int) -> str:
    """Return the line that a phone shows: mark, icon, state, and what it is about."""
    mark = notice.mark(notification)
    head = f"{notice.icon(notification)} {markup.escape(mark)}: " if mark else ""
    head += f"{wording.icon(notification)} {markup.bold(markup.text(wording.state(notification), _NAME))} "
    return head + markup.text(wording.what(notification), limit - markup.size(head))


def details(notification: Notification, markup: Markup, limit: int, *, fields: Sequence[str] = ()) -> str:
    """Return all other facts, as many as fit; `fields` of the team stand in place of measures and place."""
    found, raw = facts.of(notification), wording.lead(notification).source == "raw"
    long = limit // 4
    sign = notice.icon(notification)
    described = cut(found.description, min(2000, long))
    sections = [
        [f"{sign} {markup.bold(markup.text(one, long))}" for one in notice.sentences(notification)],
        [markup.block(described) if raw else markup.text(described, long)] if described else [],
        [_row(fact, markup, long) for fact in (found.timing, *(() if fields else found.measure), *found.impact)],
        _links(found.links, markup, limit),
        fields or [_row(fact, markup, 400) for fact in found.where],
        [line for fact in found.silence for line in _silence(fact, markup)],
        *([_row(fact, markup, long)] for fact in found.long_texts),
        _others(notification, markup),
        _listing(notification, markup),
    ]
    footer = markup.text(plain.footer(notification), min(700, long))
    shown = _fitted(sections, limit - markup.size(footer) - 2 * len(markup.line), markup)
    return (2 * markup.line).join([*shown, footer])


def whole(notification: Notification, markup: Markup, limit: int) -> str:
    """Return the headline and all other facts, as many as fit."""
    head = headline(notification, markup, min(700, limit // 3))
    rest = details(notification, markup, limit - markup.size(head) - 2 * len(markup.line))
    return head + 2 * markup.line + rest


def _fitted(sections: Sequence[Sequence[str]], limit: int, markup: Markup) -> list[str]:
    """Returns the sections with those of their lines that fit, and a note where one does not."""
    note = markup.italic(markup.escape("The rest does not fit into this message."))
    room, shown, whole_ = limit - markup.size(note) - 2 * len(markup.line), list[str](), True
    for section in sections:
        lines = []
        for line in section:
            size = markup.size(line) + 2 * len(markup.line)
            if size > room:
                whole_ = False
                continue
            room -= size
            lines.append(line)
        shown += [markup.line.join(lines)] if lines else []
    return shown if whole_ else [*shown, note]


def _row(fact: Fact, markup: Markup, limit: int) -> str:
    text = markup.text(fact.text, limit)
    return f"{markup.bold(markup.escape(fact.name))}: {markup.italic(text) if fact.missing else text}"


def _links(links: Sequence[Fact], markup: Markup, limit: int) -> list[str]:
    """A link is whole or said in words: half of one leads nowhere."""
    shown = [markup.link(markup.text(f.name, _NAME), f.href) for f in links if f.href]
    words = [
        markup.italic(markup.text(f.text, 300)) if f.missing else f"{markup.escape(f.name)}: {markup.text(f.text, 300)}"
        for f in links
        if not f.href
    ]
    joined = "  ·  ".join(shown)
    return [*([joined] if joined and markup.size(joined) < limit // 2 else shown), *words]


def _silence(fact: Fact, markup: Markup) -> list[str]:
    """Returns a command to copy. A backtick would end the code, and with another character in its place it would be
    another command; so it is with all that is `broken` in code."""
    if not markup.broken.isdisjoint(fact.text):
        return []
    return [f"{markup.bold(markup.escape(fact.name))}:", markup.code(fact.text)]


def _others(notification: Notification, markup: Markup) -> list[str]:
    rest = notification.alerts[1 : _LINES + 1]
    hidden = wording.total(notification) - 1 - len(rest)
    if not rest and hidden <= 0:
        return []
    differs = group_lines.differing(notification)
    lines = [f"{wording.alert_icon(a)} {markup.text(group_lines.line(notification, a, differs), 200)}" for a in rest]
    more = [markup.italic(markup.escape(wording.more(hidden)))] if hidden > 0 else []
    return [markup.bold(markup.escape("Others of this group")), *lines, *more]


def _listing(notification: Notification, markup: Markup) -> list[str]:
    """Returns all alerts of a digest by name, and how many each service has."""
    found, resolved = notification.listing, plain.all_resolved(notification, lines=_LINES)
    if found is None or not (found.firing or resolved):
        return []
    head = [markup.text(plain.services(found), 600)] if found.firing else []
    icons = [*zip("•" * len(found.firing), found.firing, strict=True)]
    icons += [(wording.RESOLVED_ICON, name) for name in resolved]
    lines = [f"{icon} {markup.text(one_line(name), _NAME)}" for icon, name in icons[:_LISTED]]
    more = wording.more(len(icons) - _LISTED)
    return [*head, *lines, *([markup.escape(more)] if more else [])]
