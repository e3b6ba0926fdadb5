"""Slack: blocks at the top level, and their first line as `text` for the phone's notification.

Slack folds attachments behind "Show more", so a message has none: its colour is the icon at the beginning.
`attachments` is an empty list because chat.update keeps those of an older message where the key is absent.

Limits: section text 3000, field 2000, context element 3000 characters; we stay 10 % below (docs.slack.dev, Block Kit).
All blocks together: about 13,200 characters as JSON, else `msg_blocks_too_long` (undocumented; slackapi/bolt-js 2509).
Escaping: exactly `&`, `<` and `>`. Links are plain links, no buttons: a button of an app without interactivity shows
a warning sign when it is pressed.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from alertrelay.alert import Alert
from alertrelay.channels.slack import SlackSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import facts, notice, plain, wording
from alertrelay.render.facts import Fact, FactSheet
from alertrelay.render.text import cut

_TEXT = 2700
_FIELD = 450
_FIELDS = 10
_LINE = 210
_LINES = 12
_NAME = 90
_WHOLE = 11_900
"""Characters of all blocks as JSON."""
# A backtick cannot be escaped, and an odd one swallows the rest of the text.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'"}
_RAW_ESCAPES = {**_ESCAPES, "`": "\u02cb"}
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_BROADCAST = re.compile(r"@(?=channel|here|everyone|group)", re.IGNORECASE)
_UNBROADCAST = "@\u2060"


def render(notification: Notification, settings: SlackSettings) -> Message:
    """Returns the body of chat.postMessage and chat.update without `ts`, or of an incoming webhook. An edit to resolved
    is the same call with the resolved notification."""
    found, mark = facts.of(notification), notice.mark(notification)
    line = f"{notice.icon(notification)} {mark}: " if mark else ""
    line += f"{wording.icon(notification)} *{escape(wording.state(notification), 100)}* "
    line += escape(found.what, 600)
    message: dict[str, Any] = {"text": line, "blocks": _blocks(notification, found, line), "attachments": []}
    if settings.mode == "bot":
        message["channel"] = settings.channel
    return message


def escape(text: str, limit: int) -> str:
    """`text` for mrkdwn, at most `limit` long with its escapes, without mentions."""
    return cut(_BROADCAST.sub(_UNBROADCAST, text) if "@" in text else text, limit, _ESCAPES)


def _blocks(notification: Notification, found: FactSheet, line: str) -> list[dict[str, Any]]:
    alert = wording.lead(notification)
    sign = notice.icon(notification)
    blocks = [_section(line, expand=True)]
    blocks += [_section(f"{sign} *{escape(n, 2000)}*", expand=True) for n in notice.sentences(notification)]
    blocks += _description(found.description, raw=alert.source == "raw")
    timing = _timing(notification, alert, found.timing.name)
    blocks.append({"type": "section", "fields": [timing, *map(_field, found.measure)]})
    blocks += _texts(found.impact)
    # Above the place: on a phone the fields stand below each other, and what to do must not be out of sight.
    blocks += _links([_link(fact) for fact in found.links])
    if found.where:
        blocks.append({"type": "section", "fields": [_field(fact) for fact in found.where[:_FIELDS]]})
    blocks += _silence(found.silence)
    context = {"type": "context", "elements": [_mrkdwn(escape(plain.footer(notification), 700))]}
    texts, others = _texts(found.long_texts), _others(notification)
    further = [*texts, *others]
    if notification.listing is None and _at_most([*blocks, *further, context]) <= _WHOLE:
        return [*blocks, *further, context]
    room = _WHOLE - _size([*blocks, context])
    for each in (texts, others):
        fitting, room = _fitting(each, room)
        blocks += fitting
    return [*blocks, *_listing(notification, room), context]


def _at_most(blocks: list[dict[str, Any]]) -> int:
    """Returns a bound of `_size` that takes no encoding: of a character JSON makes six at most, "\\u0000"."""
    held = [text["text"] for block in blocks for text in (block.get("text"), *_inner(block)) if text]
    return 6 * sum(map(len, held)) + 60 * len(held) + 90 * len(blocks)


def _inner(block: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = block.get("fields") or block.get("elements") or []
    return found


def _size(blocks: list[dict[str, Any]]) -> int:
    return len(_ENCODE(blocks))


def _fitting(blocks: list[dict[str, Any]], room: int) -> tuple[list[dict[str, Any]], int]:
    """Returns the first blocks that fit into `room` characters, and a note where one does not; and the room left."""
    left = room
    for count, block in enumerate(blocks):
        size = _size([block])
        if size > left:
            fitting = [*blocks[: max(0, count - 1)], _section("_The rest does not fit into a Slack message._")]
            return fitting, room - _size(fitting)
        left -= size
    return blocks, left


def _silence(found: list[Fact]) -> list[dict[str, Any]]:
    """A command to copy: Slack keeps what stands in a code block as it is."""
    blocks = []
    for fact in found:
        # A backtick would end the block, and with another character in its place it would be another command.
        if "`" not in fact.text and not _BROADCAST.search(fact.text):
            blocks.append(_section(f"*{fact.name}*\n```{cut(fact.text, _TEXT, _ESCAPES)}```"))
    return blocks


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _section(text: str, *, expand: bool = False) -> dict[str, Any]:
    """`expand` keeps a long text from being folded behind "see more"."""
    return {"type": "section", "text": _mrkdwn(text), **({"expand": True} if expand else {})}


def _texts(found: list[Fact]) -> list[dict[str, Any]]:
    return [_section(f"*{escape(fact.name, 100)}*: {escape(fact.text, 2500)}") for fact in found]


def _description(text: str, *, raw: bool) -> list[dict[str, Any]]:
    if not text:
        return []
    if raw:
        return [_section(f"```{cut(_BROADCAST.sub(_UNBROADCAST, text), 2000, _RAW_ESCAPES)}```")]
    return [_section(escape(text, 2000))]


def _field(fact: Fact) -> dict[str, Any]:
    text = escape(fact.text, _FIELD)
    return _mrkdwn(f"*{fact.name}*\n" + (f"_{text}_" if fact.missing else text))


def _timing(notification: Notification, alert: Alert, name: str) -> dict[str, Any]:
    if wording.over(notification):
        start, end = wording.bounds(notification)
        lasted = wording.lasted(notification)
        text = f"*Lasted*\n{lasted}, {_date(start)} to {_date(end)}" if lasted else f"*Resolved*\n{_date(end)}"
        return _mrkdwn(text)
    ago = _date(alert.starts_at, "{ago}", wording.ago(notification, alert))
    return _mrkdwn(f"*{name}*\n{_date(alert.starts_at)} ({ago})")


def _date(at: datetime, form: str = "{date_short_pretty} {time}", otherwise: str = "") -> str:
    """Shown in the reader's own time zone, and counted until the reader looks; `otherwise` is for what cannot."""
    return f"<!date^{int(at.timestamp())}^{form}|{otherwise or wording.moment(at)}>"


def _links(links: list[str]) -> list[dict[str, Any]]:
    rows: list[str] = []
    for shown in links:
        joined = f"{rows[-1]}  ·  {shown}" if rows else shown
        rows = [*rows[:-1], joined] if len(joined) <= _TEXT else [*rows, shown]
    return [_section(row) for row in rows]


def _link(fact: Fact) -> str:
    """A link is whole or not there: half of one leads nowhere, and its rest would be read as text."""
    link = f"*<{fact.href.replace('&', '&amp;')}|{escape(fact.name, 100)}>*"
    if fact.href and len(link) <= _TEXT:
        return link
    return f"_{escape(fact.text, 300)}_" if fact.missing else f"{fact.name}: {escape(fact.text, 500)}"


def _others(notification: Notification) -> list[dict[str, Any]]:
    rest = notification.alerts[1 : _LINES + 1]
    hidden = wording.total(notification) - 1 - len(rest)
    if not rest and hidden <= 0:
        return []
    differs = facts.differing(notification)
    lines = [f"{wording.alert_icon(a)} {escape(facts.line(notification, a, differs), _LINE)}" for a in rest]
    if hidden > 0:
        lines.append(f"_{wording.more(hidden)}_")
    return [{"type": "divider"}, _section("\n".join(["*Others of this group*", *lines]))]


def _listing(notification: Notification, room: int) -> list[dict[str, Any]]:
    """All alerts of a digest by name, as many as fit into `room` characters, and how many each service has."""
    found = notification.listing
    if found is None or not found.firing:
        return []
    sections, shown = [f"*{escape(plain.services(found), 600)}*\n"], 0
    for line in found.firing:
        name = f"• {escape(line, _NAME)}\n"
        if len(sections[-1]) + len(name) > _TEXT:
            sections.append("")
        if _size([_section(text) for text in sections]) + len(name) > room - _NAME:
            break
        sections[-1] += name
        shown += 1
    if hidden := wording.more(len(found.firing) - shown):
        sections[-1] += f"_{hidden}_"
    return [_section(text.rstrip()) for text in sections]
