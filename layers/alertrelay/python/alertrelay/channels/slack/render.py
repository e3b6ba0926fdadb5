"""Slack: blocks at the top level, and their first line as `text` for the phone's notification.

Slack folds attachments behind "Show more", so a message has none: its colour is the icon at the beginning.
`attachments` is an empty list because chat.update keeps those of an older message where the key is absent.

Limits: section text 3000, field 2000, context element 3000 characters; we stay 10 % below (docs.slack.dev, Block Kit).
All blocks together: about 13,200 characters as JSON, else `msg_blocks_too_long` (undocumented; slackapi/bolt-js 2509).
Escaping: exactly `&`, `<` and `>`. Links are plain links: a button of an app without interactivity shows a warning sign
when it is pressed, so that there are buttons only where delivery.yml says that the app has it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from alertrelay.alert import Alert
from alertrelay.channels.slack import SlackSettings, buttons, chart, mentions, team
from alertrelay.channels.slack.mrkdwn import BROADCAST, ESCAPES, TEXT, UNBROADCAST, escape, mrkdwn, section
from alertrelay.notification import Message, Notification
from alertrelay.render import facts, group_lines, notice, plain, when, wording
from alertrelay.render.facts import Fact, FactSheet
from alertrelay.render.team_texts import text as team_text
from alertrelay.render.text import cut

_FIELD = 450
_FIELDS = 10
_LINE = 210
_LINES = 12
_NAME = 90
_WHOLE = 11_900
"""Characters of all blocks as JSON."""
_RAW_ESCAPES = {**ESCAPES, "`": "\u02cb"}
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def render(notification: Notification, settings: SlackSettings) -> Message:
    """Returns the body of chat.postMessage and chat.update without `ts`, or of an incoming webhook. An edit to resolved
    is the same call with the resolved notification."""
    found, mark = facts.of(notification), notice.mark(notification)
    line = f"{notice.icon(notification)} {mark}: " if mark else ""
    line += f"{wording.icon(notification)} {team.title(notification) or _headline(notification, found)}"
    spoken = team_text(notification, "message_text") or team_text(notification, "fallback")
    findings = buttons.of_shadow(notification, settings)
    if findings:  # they stand with their buttons in place of the description
        found = replace(found, description="")
    row = [*chart.block(notification, settings), *findings, *buttons.of_message(notification, settings)]
    message: dict[str, Any] = {
        "text": cut(team.markup(spoken), TEXT) or line,
        "blocks": _blocks(notification, found, line, row, mentions.of_message(notification, settings)),
        "attachments": [],
    }
    if settings.mode == "bot":
        message["channel"] = settings.channel
        return message
    return {**message, **team.sender(notification)}


def _headline(notification: Notification, found: FactSheet) -> str:
    return f"*{escape(wording.state(notification), 100)}* {escape(found.what, 600)}"


def _blocks(
    notification: Notification, found: FactSheet, line: str, row: list[dict[str, Any]], named: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Returns the message from its first line to its footer; `row` are its chart and buttons, `named` whom it mentions.
    What is long comes in as far as a message holds it."""
    sign = notice.icon(notification)
    head = [section(line, expand=True), *named]
    head += [section(f"{sign} *{escape(n, 2000)}*", expand=True) for n in notice.sentences(notification)]
    own = team.fields(notification)
    timing = _timing(notification, wording.lead(notification), found.timing.name)
    tail = own or [{"type": "section", "fields": [timing, *map(_field, found.measure)]}]
    tail += _texts(found.impact)
    # Above the place: on a phone the fields stand below each other, and what to do must not be out of sight.
    tail += _links(team.links(notification) or [_link(fact) for fact in found.links])
    tail += row
    if found.where and not own:
        tail.append({"type": "section", "fields": [_field(fact) for fact in found.where[:_FIELDS]]})
    tail += _silence(found.silence)
    footers = filter(None, (team_text(notification, "footer"), plain.footer(notification)))
    foot = [{"type": "context", "elements": [mrkdwn(escape(one, 700)) for one in footers]}]
    written = bool(team_text(notification, "text"))  # it names the other alerts itself
    raw = wording.lead(notification).source == "raw"
    body = team.words(notification) + ([] if written else _description(found.description, raw=raw))
    texts, others = ([], []) if written else (_texts(found.long_texts), _others(notification))
    whole = [*head, *body, *tail, *texts, *others, *foot]
    if notification.listing is None and _at_most(whole) <= _WHOLE:
        return whole
    room = _WHOLE - _size([*head, *tail, *foot])
    body, room = _fitting(body, room)
    texts, room = _fitting(texts, room)
    others, room = _fitting(others, room)
    return [*head, *body, *tail, *texts, *others, *_listing(notification, room), *foot]


def _at_most(blocks: list[dict[str, Any]]) -> int:
    """Returns a bound of `_size` that takes no encoding: of a character JSON makes six at most, "\\u0000"."""
    rows = [block for block in blocks if block["type"] in ("actions", chart.BLOCK)]
    held = [
        text["text"] for block in blocks if block not in rows for text in (block.get("text"), *_inner(block)) if text
    ]
    return 6 * sum(map(len, held)) + 60 * len(held) + 90 * len(blocks) + (_size(rows) if rows else 0)


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
            fitting = [*blocks[: max(0, count - 1)], section("_The rest does not fit into a Slack message._")]
            return fitting, room - _size(fitting)
        left -= size
    return blocks, left


def _silence(found: list[Fact]) -> list[dict[str, Any]]:
    """Returns a command to copy: Slack keeps what stands in a code block as it is."""
    blocks = []
    for fact in found:
        # A backtick would end the block, and with another character in its place it would be another command.
        if "`" not in fact.text and not BROADCAST.search(fact.text):
            blocks.append(section(f"*{fact.name}*\n```{cut(fact.text, TEXT, ESCAPES)}```"))
    return blocks


def _texts(found: list[Fact]) -> list[dict[str, Any]]:
    return [section(f"*{escape(fact.name, 100)}*: {escape(fact.text, 2500)}") for fact in found]


def _description(text: str, *, raw: bool) -> list[dict[str, Any]]:
    if not text:
        return []
    if raw:
        return [section(f"```{cut(BROADCAST.sub(UNBROADCAST, text), 2000, _RAW_ESCAPES)}```")]
    return [section(escape(text, 2000))]


def _field(fact: Fact) -> dict[str, Any]:
    text = escape(fact.text, _FIELD)
    return mrkdwn(f"*{fact.name}*\n" + (f"_{text}_" if fact.missing else text))


def _timing(notification: Notification, alert: Alert, name: str) -> dict[str, Any]:
    if wording.over(notification):
        start, end = wording.bounds(notification)
        lasted = wording.lasted(notification)
        text = f"*Lasted*\n{lasted}, {_date(start)} to {_date(end)}" if lasted else f"*Resolved*\n{_date(end)}"
        return mrkdwn(text)
    ago = _date(alert.starts_at, "{ago}", wording.ago(notification, alert))
    return mrkdwn(f"*{name}*\n{_date(alert.starts_at)} ({ago})")


def _date(at: datetime, form: str = "{date_short_pretty} {time}", otherwise: str = "") -> str:
    """Shown in the reader's own time zone, and counted until the reader looks; `otherwise` is for what cannot."""
    return f"<!date^{int(at.timestamp())}^{form}|{otherwise or when.moment(at)}>"


def _links(links: list[str]) -> list[dict[str, Any]]:
    rows: list[str] = []
    for shown in links:
        joined = f"{rows[-1]}  ·  {shown}" if rows else shown
        rows = [*rows[:-1], joined] if len(joined) <= TEXT else [*rows, shown]
    return [section(row) for row in rows]


def _link(fact: Fact) -> str:
    """A link is whole or not there: half of one leads nowhere, and its rest would be read as text."""
    link = f"*<{fact.href.replace('&', '&amp;')}|{escape(fact.name, 100)}>*"
    if fact.href and len(link) <= TEXT:
        return link
    return f"_{escape(fact.text, 300)}_" if fact.missing else f"{fact.name}: {escape(fact.text, 500)}"


def _others(notification: Notification) -> list[dict[str, Any]]:
    rest = notification.alerts[1 : _LINES + 1]
    hidden = wording.total(notification) - 1 - len(rest)
    if not rest and hidden <= 0:
        return []
    differs = group_lines.differing(notification)
    lines = [_other(notification, alert, differs) for alert in rest]
    if hidden > 0:
        lines.append(f"_{wording.more(hidden)}_")
    return [{"type": "divider"}, section("\n".join(["*Others of this group*", *lines]))]


def _other(notification: Notification, alert: Alert, differs: frozenset[str]) -> str:
    """Returns one alert in a line; how long ago one that fires began is counted until the reader looks."""
    counts = alert.kind != "event" and not wording.ended(alert)
    began = f", {_date(alert.starts_at, '{ago}', wording.ago(notification, alert))}" if counts else ""
    shown = escape(group_lines.line(notification, alert, differs, timed=not counts), _LINE - len(began))
    return f"{wording.alert_icon(alert)} {shown}{began}"


def _listing(notification: Notification, room: int) -> list[dict[str, Any]]:
    """Returns all alerts of a digest by name, as many as fit into `room` characters, and how many each service has."""
    found, resolved = notification.listing, plain.all_resolved(notification, lines=_LINES)
    if found is None or not (found.firing or resolved):
        return []
    sections, shown = [f"*{escape(plain.services(found), 600)}*\n" if found.firing else ""], 0
    lines = [*(f"• {escape(line, _NAME)}" for line in found.firing)]
    lines += [f"{wording.RESOLVED_ICON} {escape(line, _NAME)}" for line in resolved]
    for line in lines:
        name = f"{line}\n"
        if len(sections[-1]) + len(name) > TEXT:
            sections.append("")
        if _size([section(text) for text in sections]) + len(name) > room - _NAME:
            break
        sections[-1] += name
        shown += 1
    if hidden := wording.more(len(lines) - shown):
        sections[-1] += f"_{hidden}_"
    return [section(text.rstrip()) for text in sections if text]
