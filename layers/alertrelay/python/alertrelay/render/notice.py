"""What the reader must know about the message itself: that it is a fallback and why, or that state is missing."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Channel
from alertrelay.notification import Notification, Reason
from alertrelay.render import wording
from alertrelay.render.text import cut, one_line

_CHANNEL_NAMES: Mapping[Channel, str] = {
    "pagerduty": "PagerDuty",
    "slack": "Slack",
    "email": "e-mail",
    "sns": "SNS",
    "webhook": "the webhook",
}
_MESSAGE_NAMES: Mapping[Channel, str] = {
    "pagerduty": "page",
    "slack": "Slack message",
    "email": "e-mail",
    "sns": "SNS message",
    "webhook": "webhook call",
}


def is_fallback(notification: Notification) -> bool:
    """Whether the reader gets this because another channel did not take it."""
    return notification.failed is not None and notification.reason is not Reason.REACHED_AGAIN


def mark(notification: Notification) -> str:
    """`PagerDuty FAILED` on a fallback, `PagerDuty NOT TRIED` where nothing was sent to it, `PagerDuty answers again`
    on that notice, else ""."""
    name = _CHANNEL_NAMES[notification.failed.integration.channel] if notification.failed else "First channel"
    name = f"{name[:1].upper()}{name[1:]}"
    if notification.reason is Reason.REACHED_AGAIN:
        return f"{name} answers again"
    if not is_fallback(notification):
        return ""
    return f"{name} FAILED" if notification.failed and notification.failed.tried else f"{name} NOT TRIED"


def icon(notification: Notification) -> str:
    """One character for what is said about the message itself."""
    return "\u2139\ufe0f" if notification.reason is Reason.REACHED_AGAIN else "\u26a0\ufe0f"


def sentences(notification: Notification) -> list[str]:
    """Sentences that stand at the top: a fallback and why, the first channel answers again, no state."""
    told = []
    if notification.reason is Reason.REACHED_AGAIN:
        told.append(_reached_again(notification))
    elif notification.failed:
        told.append(_not_delivered(notification))
    if notification.without_state:
        told.append(
            "The state table did not answer: duplicates are possible, and others of the group may be missing here."
        )
    return told


def _not_delivered(notification: Notification) -> str:
    failed = notification.failed
    assert failed is not None
    channel = failed.integration.channel
    why = _failure_text(notification)
    if failed.attempts:
        tries = "1 try" if failed.attempts == 1 else f"{failed.attempts} tries"
        why += f", {tries} in {wording.span(failed.seconds)}"
    why += "."
    if wording.over(notification):
        told = f"{_CHANNEL_NAMES[channel]} was NOT told that this ended, it may still show it as open: {why}"
    else:
        what = "NOT delivered" if failed.tried else "NOT sent"
        told = f"This {_MESSAGE_NAMES[channel]} was {what}: {why}"
    if notification.next_try_at:
        told += f" It is tried again at {wording.clock(notification.next_try_at, notification.at)}."
    return f"{told} You are told instead of receiver {cut(one_line(failed.integration.receiver), 100)}."


def _reached_again(notification: Notification) -> str:
    told = f"{mark(notification)} and was told."
    return f"{told} Before: {_failure_text(notification)}." if notification.failed else told


def _failure_text(notification: Notification) -> str:
    text = one_line(notification.failed.text) if notification.failed else ""
    return cut(text.rstrip("."), 300) or "no answer"
