"""Microsoft Teams: an Adaptive Card 1.2 that a workflow posts as it is.

Teams shows no card of more than 28 KB, counted on its own form of it: a body of 24,453 bytes was refused as 28,897
(MicrosoftDocs/msteams-docs issue 11274). We stay far below, counted with every character outside ASCII escaped. Of
Markdown, text blocks and facts show bold, italic, lists and links; headings, tables, code and HTML are shown raw, and a
new line needs two line ends.
"""

from __future__ import annotations

import json
import re
from typing import Any

from alertrelay.channels.msteamsv2 import MsTeamsSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import facts, group_lines, notice, plain, wording
from alertrelay.render.facts import Fact, FactSheet
from alertrelay.render.team_texts import text as team_text
from alertrelay.render.text import cut, one_line

BUDGET = 20_000
"""Bytes of a message as ASCII."""
STYLES = {"critical": "attention", "error": "attention", "warning": "warning", "info": "accent"}
OTHER_STYLE = "emphasis"
RESOLVED_STYLE = "good"
_SHARES = (1.0, 0.6, 0.35, 0.2, 0.1)
"""Each text gets this part of its limit: the first at which the card is within the budget."""
_LINES = 12
_NAMES = 200
"""Alerts of a digest."""
_NAME = 120
_LINK = 1800
_ACTIONS = 6
_ESCAPES = {"\\": "\\\\", "*": "\\*", "_": "\\_", "[": "\\[", "]": "\\]", "`": "\\`", "\n": "\n\n"}
_INDENT = re.compile(r"(?<=\n) +")
_FUNCTION = re.compile(r"\{(?=\{(?:DATE|TIME)\()")
"""A card formats `{{DATE(…)}}` in its texts."""


def render(notification: Notification, _settings: MsTeamsSettings) -> Message:
    """Returns the body of the workflow's webhook."""
    found, message = facts.of(notification), dict[str, Any]()
    for share in _SHARES:
        message = _message(_body(notification, found, share))
        if len(json.dumps(message)) <= BUDGET:
            break
    return message


def escape(text: str, limit: float) -> str:
    """`text` for a text block, at most `limit` UTF-16 units long with its escapes, as plain text. An indent of four
    spaces would make code of a line, which Teams does not show."""
    shown = cut(_FUNCTION.sub("{\u2060", text), int(limit), _ESCAPES)
    return _INDENT.sub(lambda found: "\u00a0" * len(found[0]), shown) if "\n " in shown else shown


def _message(body: list[dict[str, Any]]) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": body,
        "msteams": {"width": "Full"},
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _body(notification: Notification, found: FactSheet, share: float) -> list[dict[str, Any]]:
    raw = wording.lead(notification).source == "raw"
    return [
        _banner(notification, share),
        *(
            _text(f"**{escape(sentence, 1000 * share)}**", color="Warning")
            for sentence in notice.sentences(notification)
        ),
        *(_own(notification, share) or _description(found.description, share, raw=raw)),
        _facts([found.timing, *found.measure, *found.impact], share),
        # Above the place: on a phone what to do must not be out of sight.
        *_links(found.links, share),
        *([_facts(found.where, share)] if found.where else []),
        *(_text(f"**{escape(f.name, 60)}**: {escape(f.text, 1200 * share)}") for f in found.long_texts),
        *(_text(f"**{f.name}**: {escape(f.text, 2000)}") for f in found.silence),
        *_others(notification, share),
        *_listing(notification, share),
        _text(escape(plain.footer(notification), 700 * share), size="Small", isSubtle=True),
    ]


def _text(text: str, **how: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **how}


def _banner(notification: Notification, share: float) -> dict[str, Any]:
    style = STYLES.get(notification.severity.lower(), OTHER_STYLE)
    if wording.over(notification):
        style = RESOLVED_STYLE
    mark = notice.mark(notification)
    head = f"{notice.icon(notification)} {mark}: " if mark else ""
    title = one_line(team_text(notification, "title")) or wording.headline(notification)
    head += f"{wording.icon(notification)} {title}"
    line = _text(escape(head, 700 * share), weight="Bolder", size="Medium")
    return {"type": "Container", "style": style, "bleed": True, "items": [line]}


def _own(notification: Notification, share: float) -> list[dict[str, Any]]:
    """Returns the team's text: its Markdown as it is, but for a card's functions."""
    own = _FUNCTION.sub("{\u2060", team_text(notification, "text"))
    return [_text(cut(own, int(6000 * share), {"\n": "\n\n"}))] if own else []


def _description(text: str, share: float, *, raw: bool) -> list[dict[str, Any]]:
    if not text:
        return []
    how = {"fontType": "Monospace"} if raw else {}
    return [_text(escape(text, 2000 * share), **how)]


def _facts(rows: list[Fact], share: float) -> dict[str, Any]:
    return {"type": "FactSet", "facts": [{"title": f.name, "value": _value(f, share)} for f in rows]}


def _value(fact: Fact, share: float) -> str:
    text = escape(fact.text, 1200 * share)
    return f"_{text}_" if fact.missing else text


def _links(links: list[Fact], share: float) -> list[dict[str, Any]]:
    """Buttons; a link is whole or said in words, since half of one leads nowhere."""
    whole = [f for f in links if f.href and len(f.href) <= _LINK * share][:_ACTIONS]
    actions = [{"type": "Action.OpenUrl", "title": f.name, "url": f.href} for f in whole]
    words = [
        f"_{escape(f.text, 300)}_" if f.missing else f"{f.name}: {escape(f.text, 500 * share)}"
        for f in links
        if f not in whole
    ]
    shown = [{"type": "ActionSet", "actions": actions}] if actions else []
    return [*shown, *(_text(line) for line in words)]


def _listing(notification: Notification, share: float) -> list[dict[str, Any]]:
    """Alerts of a digest by name, as many as fit, and how many each service has."""
    found, resolved = notification.listing, plain.all_resolved(notification, lines=max(1, int(_LINES * share)))
    if found is None or not (found.firing or resolved):
        return []
    names = [*found.firing, *(f"{wording.RESOLVED_ICON} {name}" for name in resolved)]
    shown = [escape(line, _NAME) for line in names[: int(_NAMES * share)]]
    title = plain.services(found) if found.firing else f"All {len(resolved)} resolved:"
    head = _text(f"**{escape(title, 600)}**", separator=True)
    blocks = ["\n\n".join(shown[start : start + _LINES]) for start in range(0, len(shown), _LINES)]
    hidden = wording.more(len(names) - len(shown))
    return [head, *(_text(text, spacing="None") for text in [*blocks, *([f"_{hidden}_"] if hidden else [])])]


def _others(notification: Notification, share: float) -> list[dict[str, Any]]:
    shown = notification.alerts[1 : max(1, int(_LINES * share)) + 1]
    hidden = wording.total(notification) - 1 - len(shown)
    if not shown and hidden <= 0:
        return []
    differs = group_lines.differing(notification)
    lines = [f"{wording.alert_icon(a)} {escape(group_lines.line(notification, a, differs), 210)}" for a in shown]
    if hidden > 0:
        lines.append(f"_{wording.more(hidden)}_")
    head = _text("**Others of this group**", separator=True)
    return [head, *(_text(line, spacing="None") for line in lines)]
