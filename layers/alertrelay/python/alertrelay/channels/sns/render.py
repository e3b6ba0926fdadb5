"""SNS: subject and text for a topic, a short text for a phone.

Limits: subject under 100 characters without line breaks, message 256 KB. A text of 300 characters is two SMS parts.
"""

from __future__ import annotations

from alertrelay.channels.sns import SnsSettings
from alertrelay.channels.sns.amazon_q import custom_notification
from alertrelay.notification import Message, Notification
from alertrelay.render import facts, notice, plain, wording
from alertrelay.render.text import ascii_text, gsm_text

_SUBJECT = 99
_SMS = 300
_SMS_LINK = 140
_SMS_NOTICE = 110


def render(notification: Notification, settings: SnsSettings) -> Message:
    """`subject` and `message`; what is sent to a phone or to Amazon Q has no subject. Attributes are the sender's."""
    if settings.phone_number:
        return {"message": _sms(notification)}
    if settings.amazon_q:
        return {"message": custom_notification(notification)}
    subject = _short(ascii_text(plain.subject(notification)), _SUBJECT)
    return {"subject": subject, "message": plain.body(notification, facts.of(notification))}


def _sms(notification: Notification) -> str:
    alert = wording.lead(notification)
    notices = [gsm_text(n.split(". ")[0].rstrip(".")) for n in notice.sentences(notification)[:1]]
    text = "".join(f"{_short(n, _SMS_NOTICE)}. " for n in notices) + gsm_text(wording.headline(notification))
    if wording.over(notification):
        return _short(text, _SMS)
    href = next((f.href for f in facts.of(notification).links if f.href and len(f.href) <= _SMS_LINK), "")
    word = "at" if alert.kind == "event" else "since"
    tail = f", {word} {wording.clock(alert.starts_at, notification.at)}" + (f" {href}" if href else "")
    return _short(text.rstrip(". "), _SMS - len(tail)) + tail


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."
