"""SNS: subject and text for a topic, a short text for a phone.

Limits: subject under 100 characters without line breaks, message 256 KB. A text of 300 characters is two SMS parts.
"""

from __future__ import annotations

from typing import Any

from alertrelay.channels.sns import FORMAT_ATTRIBUTE, SnsSettings
from alertrelay.channels.sns.amazon_q import custom_notification
from alertrelay.notification import Message, Notification
from alertrelay.render import facts, notice, plain, when, wording
from alertrelay.render.team_texts import text as team_text
from alertrelay.render.text import ascii_text, gsm_text, one_line

_SUBJECT = 99
_SMS = 300
_BYTES = 250_000
_ATTRIBUTES = 8
_SMS_LINK = 140
_SMS_NOTICE = 110


def render(notification: Notification, settings: SnsSettings) -> Message:
    """`subject`, `message` and `attributes`; what is sent to a phone or to Amazon Q has no subject.

    A message of the team's own is sent as it is: a program may read it. Where it is no JSON our notices stand above."""
    attributes = _attributes(notification)
    own = team_text(notification, "message")
    if settings.phone_number:
        return {"message": _own_sms(notification, own) or _sms(notification), **attributes}
    if settings.amazon_q:
        return {"message": custom_notification(notification), **attributes}
    subject = _short(ascii_text(_team_subject(notification) or plain.subject(notification)), _SUBJECT)
    message = _cut(_noticed(notification, own)) or plain.body(notification, facts.of(notification))
    return {"subject": subject, "message": message, **attributes}


def _team_subject(notification: Notification) -> str:
    words, mark = one_line(team_text(notification, "subject")), notice.mark(notification)
    return f"[{mark}] {words}" if words and mark else words


def _attributes(notification: Notification) -> dict[str, Any]:
    """Returns the attributes of the message, on which a subscriber may filter: an empty one is none, and ten are SNS's
    most with raw delivery, of which two are ours."""
    given = notification.texts.get("attributes", {})
    found = {name: str(value) for name, value in given.items() if str(value) and name != FORMAT_ATTRIBUTE}
    return {"attributes": dict(list(found.items())[:_ATTRIBUTES])} if found else {}


def _noticed(notification: Notification, own: str) -> str:
    sentences = notice.sentences(notification)
    if not own or not sentences or own[0] in "{[":
        return own
    return "\n\n".join([*(f"!! {sentence}" for sentence in sentences), own])


def _own_sms(notification: Notification, own: str) -> str:
    return _short(gsm_text(_noticed(notification, own)), _SMS) if own else ""


def _cut(text: str) -> str:
    """At most 256 KB, less what the attributes take."""
    raw = text.encode("utf-8")
    return text if len(raw) <= _BYTES else raw[:_BYTES].decode("utf-8", "ignore")


def _sms(notification: Notification) -> str:
    alert = wording.lead(notification)
    notices = [gsm_text(n.split(". ")[0].rstrip(".")) for n in notice.sentences(notification)[:1]]
    text = "".join(f"{_short(n, _SMS_NOTICE)}. " for n in notices) + gsm_text(wording.headline(notification))
    if wording.over(notification):
        return _short(text, _SMS)
    href = next((f.href for f in facts.of(notification).links if f.href and len(f.href) <= _SMS_LINK), "")
    word = "at" if alert.kind == "event" else "since"
    tail = f", {word} {when.clock(alert.starts_at, notification.at)}" + (f" {href}" if href else "")
    return _short(text.rstrip(". "), _SMS - len(tail)) + tail


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."
