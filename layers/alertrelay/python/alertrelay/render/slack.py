"""Slack: the notification line as `text`, everything else in one coloured attachment of blocks.

Limits: section text 3000, field 2000, context element 3000 characters; we stay 10 % below (docs.slack.dev, Block Kit).
Escaping: exactly `&`, `<` and `>`. Links are plain links, no buttons: a button of an app without interactivity shows
a warning sign when it is pressed.
"""

from __future__ import annotations

import re
from typing import Any

from alertrelay.alert import Alert, Message, Notification
from alertrelay.config.model import SlackSettings
from alertrelay.render import facts, plain, wording
from alertrelay.render.facts import Fact
from alertrelay.render.text import cut

COLOURS = {"critical": "#d7263d", "error": "#f46036", "warning": "#f2b134", "info": "#2f80ed"}
OTHER_COLOUR = "#8d99ae"
RESOLVED_COLOUR = "#2eb67d"
_TEXT = 2700
_FIELD = 450
_LINE = 220
_LINES = 12
# A backtick cannot be escaped, and an odd one swallows the rest of the text.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'"}
_RAW_ESCAPES = {**_ESCAPES, "`": "\u02cb"}
_BROADCAST = re.compile(r"@(?=channel|here|everyone|group)", re.IGNORECASE)


def render(notification: Notification, settings: SlackSettings) -> Message:
    """The body of chat.postMessage and chat.update without `ts`, or of an incoming webhook. An edit to resolved is
    the same call with the resolved notification."""
    line = f"{wording.icon(notification)} {wording.headline(notification)}"
    if wording.is_fallback(notification):
        line = f"{wording.NOTICE_ICON} FALLBACK {line}"
    message: dict[str, Any] = {
        "text": escape(line, 600),
        "attachments": [{"color": colour(notification), "blocks": _blocks(notification)}],
    }
    if settings.mode == "bot":
        message["channel"] = settings.channel
    return message


def escape(text: str, limit: int = _TEXT) -> str:
    """`text` for mrkdwn, at most `limit` long with its escapes, without mentions."""
    return cut(_BROADCAST.sub("@\u2060", text), limit, _ESCAPES)


def colour(notification: Notification) -> str:
    """The bar at the side."""
    if wording.over(notification):
        return RESOLVED_COLOUR
    return COLOURS.get(notification.severity.lower(), OTHER_COLOUR)


def _blocks(notification: Notification) -> list[dict[str, Any]]:
    alert = wording.lead(notification)
    blocks = [_section(f"{wording.NOTICE_ICON} *{escape(n)}*") for n in wording.notices(notification)]
    blocks += _description(alert)
    fields = [*facts.where(notification), *facts.measure(alert)][:9]
    blocks.append({"type": "section", "fields": [_field(f) for f in fields] + [_timing(notification)]})
    blocks += [_section(f"*{escape(f.name, 80)}*\n{escape(f.text)}") for f in facts.long_texts(alert)]
    blocks += _links(notification)
    blocks += _others(notification)
    blocks.append({"type": "context", "elements": [_mrkdwn(escape(plain.footer(notification), 700))]})
    return blocks


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _description(alert: Alert) -> list[dict[str, Any]]:
    text = wording.description(alert)
    if not text:
        return []
    if alert.source == "raw":
        return [_section(f"```{cut(text, 2000, _RAW_ESCAPES)}```")]
    return [_section(escape(text, 2000))]


def _field(fact: Fact) -> dict[str, Any]:
    text = escape(fact.text, _FIELD)
    return _mrkdwn(f"*{fact.name}*\n" + (f"_{text}_" if fact.missing else text))


def _timing(notification: Notification) -> dict[str, Any]:
    alert = wording.lead(notification)
    if wording.over(notification):
        start, end = wording.bounds(notification)
        return _mrkdwn(f"*Lasted*\n{wording.lasted(notification)}, {_date(start)} to {_date(end)}")
    name = facts.timing(notification).name
    return _mrkdwn(f"*{name}*\n{_date(alert.starts_at)} ({wording.age(notification, alert)} ago)")


def _date(at: Any) -> str:
    """Shown in the reader's own time zone; the fallback is for what cannot."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{wording.moment(at)}>"


def _links(notification: Notification) -> list[dict[str, Any]]:
    told = []
    for fact in facts.links(notification):
        if fact.href:
            told.append(f"<{cut(fact.href, 3000, {'&': '&amp;'})}|{fact.name}>")
        else:
            told.append(f"_{escape(fact.text, 300)}_" if fact.missing else f"{fact.name}: {escape(fact.text, 500)}")
    return [_section("  ·  ".join(told))] if told else []


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
