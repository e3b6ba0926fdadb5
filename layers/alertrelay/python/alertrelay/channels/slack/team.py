"""The team's own texts in a Slack message: its title, text, fields and links, in place of ours.

`text` and `pretext` are the team's mrkdwn, as Alertmanager sends it: only a `<` that opens no link or mention of
Slack's is escaped, since Slack drops what it cannot read (docs.slack.dev, "Formatting message text").
"""

from __future__ import annotations

import re
from typing import Any

from alertrelay.channels.slack.mrkdwn import TEXT, escape, mrkdwn, section
from alertrelay.notification import Notification
from alertrelay.render import wording
from alertrelay.render.team_texts import text
from alertrelay.render.text import cut, link, one_line

_KEPT = re.compile(r"<(?:https?://|mailto:|tel:|[@#!])[^<>\n]*>|&(?:amp|lt|gt);|[&<>]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_FIELDS = 10
_FIELD = 1900
_TITLE = 600
LINKS = (("image_url", "Image"), ("thumb_url", "Image"))


def markup(given: str) -> str:
    """Returns the team's mrkdwn with every sign escaped that Slack would take for the beginning of a link."""
    return _KEPT.sub(_escaped, given)


def _escaped(found: re.Match[str]) -> str:
    quotes = found.group().startswith(">") and (found.start() == 0 or found.string[found.start() - 1] == "\n")
    return found.group() if quotes else _ESCAPES.get(found.group(), found.group())


def title(notification: Notification) -> str:
    """Returns the team's title as a line in bold, with its link; "" where it set none."""
    words = one_line(text(notification, "title"))
    if not words:
        return ""
    href = link(text(notification, "title_link"))
    shown = escape(words, _TITLE)
    return f"*<{href.replace('&', '&amp;')}|{shown.replace('|', '¦')}>*" if href else f"*{shown}*"


def words(notification: Notification) -> list[dict[str, Any]]:
    """Returns the team's pretext and text as blocks, and how many alerts of the group they cannot name."""
    blocks = [block for key in ("pretext", "text") for block in sections(text(notification, key))]
    hidden = wording.more(notification.not_shown)
    return [*blocks, section(f"_{hidden}_")] if hidden and text(notification, "text") else blocks


def sections(given: str) -> list[dict[str, Any]]:
    """Returns a text of the team's own as blocks, none longer than Slack takes; split at line ends."""
    parts, rest = list[str](), markup(given)
    while len(rest) > TEXT:
        end = rest.rfind("\n", TEXT // 2, TEXT)
        end = TEXT if end < 0 else end
        parts.append(rest[:end])
        rest = rest[end:].lstrip("\n")
    return [section(part) for part in [*parts, rest] if part.strip()]


def fields(notification: Notification) -> list[dict[str, Any]]:
    """Returns the team's fields, short ones side by side; none where it set none."""
    given = notification.texts.get("fields", ())
    blocks: list[dict[str, Any]] = []
    for entry in given:
        shown = mrkdwn(f"*{escape(one_line(str(entry.get('title', ''))), 200)}*\n{_value(entry)}")
        if entry.get("short") and blocks and len(blocks[-1].get("fields", ())) in range(1, _FIELDS):
            blocks[-1]["fields"].append(shown)
        elif entry.get("short"):
            blocks.append({"type": "section", "fields": [shown]})
        else:
            blocks.append(section(shown["text"]))
    return blocks


def _value(entry: dict[str, Any]) -> str:
    return cut(markup(str(entry.get("value", "")).strip()), _FIELD)


def links(notification: Notification) -> list[str]:
    """Returns the team's actions as links, and its pictures; none where it set none."""
    found = [(link(str(one.get("url", ""))), str(one.get("text", ""))) for one in notification.texts.get("actions", ())]
    found += [(link(text(notification, key)), name) for key, name in LINKS]
    return [f"*<{href.replace('&', '&amp;')}|{escape(one_line(name), 100)}>*" for href, name in found if href]


def sender(notification: Notification) -> dict[str, str]:
    """Returns the name and picture that a webhook of the older kind posts under; others ignore them."""
    found = {key: one_line(text(notification, key)) for key in ("username", "icon_emoji", "icon_url")}
    return {key: cut(value, 250) for key, value in found.items() if value}
