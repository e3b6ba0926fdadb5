"""States the buttons of a Slack message: their names, and what the value of each holds.

Limits: action_id 255, button text 75, value 2000 characters (slackapi/python-slack-sdk, models/blocks). A value holds
no secret, and is checked when it comes back: Slack signs the request that carries it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from alertrelay.alert import JUDGED, Alert
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.slack.mrkdwn import escape, section
from alertrelay.notification import Notification
from alertrelay.render import wording
from alertrelay.render.text import cut, link
from alertrelay.values import shadow

Deed = Literal["acknowledge", "silence", "unsilence", "helpful", "not_helpful", "open"]
Span = Literal["1h", "4h", "tomorrow"]
SPANS: Mapping[Span, str] = {"1h": "for 1 h", "4h": "for 4 h", "tomorrow": "until tomorrow"}
MORNING = 9
"""The hour at which "until tomorrow" ends, in the time zone of delivery.yml."""
_PREFIX = "alertrelay_"
_NAME = re.compile(
    r"alertrelay_(acknowledge|silence|unsilence|helpful|not_helpful|open)(?:_(1h|4h|tomorrow))?(?:_\d+)?"
)
_GROUP = re.compile(r"[a-z0-9]{1,40}-[0-9a-f]{32}")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_SILENCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_VALUE = 1_800
_FINDINGS = 9_500
"""Characters of the findings of a digest: of what a message holds (render.py) the rest has its place too."""


class NotAButton(ValueError):
    """Raised for a button that no message of ours has; the text says what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAnomaly:
    """The anomaly that a person judges: its `fingerprint`, when it began in seconds, the entry of anomaly.yml that
    found it, and its service."""

    fingerprint: str
    started: int
    watch: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """The meaning of a button. `group` is the id of the message's group, "" in a list; `span` of a silence to be made,
    `silence` the id of one to be ended."""

    deed: Deed
    group: str = ""
    span: Span | None = None
    silence: str = ""
    judged: JudgedAnomaly | None = None


def element(button: Button, text: str, *, place: int = 0, style: str = "", url: str = "") -> dict[str, Any]:
    """Returns the block element of a button. `place` keeps the names of several apart in one block."""
    name = _PREFIX + button.deed + (f"_{button.span}" if button.span else "") + (f"_{place}" if place else "")
    return {
        "type": "button",
        "action_id": name,
        "text": {"type": "plain_text", "text": cut(text, 70), "emoji": True},
        **({"url": url} if url else {"value": _value(button)}),
        **({"style": style} if style else {}),
    }


def _value(button: Button) -> str:
    judged = button.judged
    fields = {"g": button.group, "s": button.silence}
    if judged:
        fields |= {"f": judged.fingerprint, "at": str(judged.started), "w": judged.watch, "v": judged.service}
    value = urlencode({name: text for name, text in fields.items() if text}, errors="replace")
    if judged and len(value) > _VALUE:  # a service of that length is none that feedback is counted by
        return urlencode({"g": button.group, "f": judged.fingerprint, "at": str(judged.started)})
    return value


def read(action_id: object, value: object) -> Button:
    """Reads what Slack sends of a pressed button. Raises NotAButton."""
    named = _NAME.fullmatch(action_id) if isinstance(action_id, str) else None
    if named is None:
        raise NotAButton(f"a button of alertrelay was expected, got {str(action_id)[:60]!r}")
    if named[1] == "open":
        return Button(deed="open")
    try:
        fields = dict(parse_qsl(value, strict_parsing=True, max_num_fields=6)) if isinstance(value, str) else {}
    except ValueError:
        fields = {}
    group, silence = fields.get("g", ""), fields.get("s", "")
    if group and not _GROUP.fullmatch(group):
        raise NotAButton(f"the id of a group was expected, got {group[:60]!r}")
    match named[1]:
        case "acknowledge" if group:
            return Button(deed="acknowledge", group=group)
        case "silence" if group and named[2]:
            return Button(deed="silence", group=group, span=_span(named[2]))
        case "unsilence" if _SILENCE.fullmatch(silence):
            return Button(deed="unsilence", group=group, silence=silence)
        case "helpful":
            return Button(deed="helpful", group=group, judged=_judged(fields))
        case "not_helpful":
            return Button(deed="not_helpful", group=group, judged=_judged(fields))
    raise NotAButton(f"the value of the button {named[1]} does not hold what it must: {str(value)[:60]!r}")


def _span(text: str) -> Span:
    return next(span for span in SPANS if span == text)


def _judged(fields: Mapping[str, str]) -> JudgedAnomaly:
    mark, started = fields.get("f", ""), fields.get("at", "")
    if not _FINGERPRINT.fullmatch(mark) or not re.fullmatch(r"\d{1,11}", started, re.ASCII):
        raise NotAButton(f"the fingerprint of an anomaly and when it began were expected, got {mark[:40]!r}")
    return JudgedAnomaly(fingerprint=mark, started=int(started), watch=fields.get("w", ""), service=fields.get("v", ""))


def of_message(notification: Notification, settings: SlackSettings) -> list[dict[str, Any]]:
    """Returns the block of buttons of a message, none where nobody could press them, or where nothing is open."""
    if not settings.buttons or settings.mode != "bot" or not notification.gid or wording.over(notification):
        return []
    found: list[dict[str, Any]] = []
    if notification.listing is None and not wording.only_events(notification):
        found.append(element(Button(deed="acknowledge", group=notification.gid), "✋ Acknowledge", style="primary"))
        found += [
            element(Button(deed="silence", group=notification.gid, span=span), f"Silence {words.removeprefix('for ')}")
            for span, words in SPANS.items()
        ]
    alert = wording.lead(notification)
    if href := link(alert.annotations.get("runbook_url", "")):
        found.append(element(Button(deed="open"), "Runbook", url=href))
    if is_judged(alert):
        found += verdict(notification.gid, judged_of(alert))
    return [{"type": "actions", "elements": found}] if found else []


def of_shadow(notification: Notification, settings: SlackSettings) -> list[dict[str, Any]]:
    """Returns the findings of a digest of the shadow, each with the buttons that judge it; none where nobody could
    press them: its description lists them too."""
    alert = wording.lead(notification)
    if alert.source != JUDGED[0] or not settings.buttons or settings.mode != "bot":
        return []
    found: list[dict[str, Any]] = []
    findings = shadow.read(alert.annotations.get(shadow.ANNOTATION, ""))
    for place, one in enumerate(findings, start=1):
        judged = JudgedAnomaly(
            fingerprint=one.fingerprint, started=one.started, watch=one.watch, service=one.service[:100]
        )
        pair = [
            section(escape(one.text, 300)),
            {"type": "actions", "elements": verdict("", judged, place=place)},
        ]
        if len(json.dumps([*found, *pair], ensure_ascii=False)) > _FINDINGS:
            return [*found, section(f"_{wording.more(len(findings) - place + 1)}: alertrelay anomaly status_")]
        found += pair
    return found


def is_judged(alert: Alert) -> bool:
    """Returns whether people are asked about an alert: it is an anomaly."""
    return (alert.source, alert.name) == JUDGED


def judged_of(alert: Alert) -> JudgedAnomaly:
    """Returns what a verdict on an anomaly's alert is about."""
    labels = alert.labels
    return JudgedAnomaly(
        fingerprint=alert.fingerprint,
        started=int(alert.starts_at.timestamp()),
        watch=labels.get("alarm_name", ""),
        service=labels.get("service", ""),
    )


def verdict(group: str, judged: JudgedAnomaly, *, place: int = 0) -> list[dict[str, Any]]:
    """Returns the two buttons by which a person judges an anomaly."""
    return [
        element(Button(deed="helpful", group=group, judged=judged), "👍 Helpful", place=place),
        element(Button(deed="not_helpful", group=group, judged=judged), "👎 Not helpful", place=place),
    ]


def began(judged: JudgedAnomaly) -> datetime:
    """Returns when the judged anomaly began."""
    return datetime.fromtimestamp(judged.started, UTC)
